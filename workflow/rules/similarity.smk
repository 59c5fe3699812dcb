"""Similarity: activations/*.h5 -> similarity/bc_<noise>.csv -> tables/similarity.csv"""


rule compare_clones:
    input:
        expert=expert_file("activations/expert.h5"),
        untrained=expert_file("activations/untrained.h5"),
        clones=expert_file("activations/bc_{noise}.h5"),
        returns=expert_file("returns/bc_{noise}.csv"),
    output:
        similarity=expert_file("similarity/bc_{noise}.csv"),
    log:
        log_file("compare_clones/{expert}_{noise}.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        settings=lambda wildcards: settings(
            expert=wildcards.expert, level=int(wildcards.noise)
        ),
        code=code("compare_clones.py"),
    message:
        "Comparing {wildcards.expert} with its clones at {wildcards.noise} %"
    script:
        "../scripts/compare_clones.py"
