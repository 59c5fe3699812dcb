"""Data sets for other libraries: demonstrations/noise_<noise>.npz -> minari/noise_<noise>/

They are made when they are asked for by name.
"""


rule write_minari:
    input:
        demonstrations=expert_file("demonstrations/noise_{noise}.npz"),
        record=expert_file("checkpoint.json"),
        returns=expert_file("returns/rollouts.csv"),
    output:
        dataset=directory(expert_file("minari/noise_{noise}")),
    log:
        log_file("write_minari/{expert}_{noise}.log"),
    conda:
        "../../envs/rl.yaml"
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise.meaning",
            "noise.clones",
            "noise.samples",
            expert=wildcards.expert,
            level=int(wildcards.noise),
        ),
        code=code("write_minari.py"),
    message:
        "Writing the demonstrations of {wildcards.expert} under {wildcards.noise} % noise for Minari"
    script:
        "../scripts/write_minari.py"
