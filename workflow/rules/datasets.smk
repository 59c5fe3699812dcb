"""Data sets from elsewhere -> rollouts.npz, demonstrations/noise_0.npz, and the returns of both
and for other libraries, when they are asked for by name: demonstrations/noise_<noise>.npz -> minari/noise_<noise>/
"""


rule place_dataset:
    input:
        dataset=lambda wildcards: EXPERTS[wildcards.expert]["dataset"],
    output:
        rollouts=expert_file("rollouts.npz"),
        returns=expert_file("returns/rollouts.csv"),
        demonstrations=expert_file("demonstrations/noise_0.npz"),
        demonstrated=expert_file("returns/demonstrations_0.csv"),
    log:
        log_file("place_dataset/{expert}.log"),
    wildcard_constraints:
        expert=any_of(DATASETS),
    group:
        "walks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    resources:
        **READING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise.clones",
            "noise.samples",
            "recording.expert_episodes",
            expert=wildcards.expert,
        ),
        code=code("place_dataset.py"),
    message:
        "Taking demonstrations and the gait from the data set {wildcards.expert}"
    script:
        "../scripts/place_dataset.py"


rule write_minari:
    input:
        demonstrations=expert_file("demonstrations/noise_{noise}.npz"),
        record=expert_file("checkpoint.json"),
        returns=expert_file("returns/rollouts.csv"),
    output:
        dataset=directory(expert_file("minari/noise_{noise}")),
    log:
        log_file("write_minari/{expert}_{noise}.log"),
    group:
        "walks_{expert}_{noise}"
    conda:
        "../../envs/rl.yaml"
    resources:
        **DEMONSTRATING,
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
