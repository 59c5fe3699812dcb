"""Gaits: rollouts.npz, bc_<noise>/rollouts.npz -> gait_map.csv, gait_cycles.csv -> tables/"""


rule map_gaits:
    input:
        expert_file("rollouts.npz"),
        expand(expert_file("bc_{noise}/rollouts.npz"), noise=DRAWN, allow_missing=True),
    output:
        cells=expert_file("gait_map.csv"),
        cycles=expert_file("gait_cycles.csv"),
    log:
        log_file("map_gaits/{expert}.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "gaitmap",
            "recording.transient",
            expert=wildcards.expert,
            levels=DRAWN,
        ),
        code=code("map_gaits.py"),
    message:
        "Mapping the gaits of {wildcards.expert} and its clones"
    script:
        "../scripts/map_gaits.py"


rule pose_walker:
    input:
        rollouts=expert_file("rollouts.npz"),
    output:
        skeleton=expert_file("walker.csv"),
        picture=expert_file("walker.npz"),
    log:
        log_file("pose_walker/{expert}.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        settings=settings("body", "recording.transient"),
        code=code("pose_walker.py"),
    message:
        "Posing the walker {wildcards.expert}"
    script:
        "../scripts/pose_walker.py"
