"""Cloning: demonstrations/noise_<noise>.npz, rollouts.npz
-> <method>_<noise>.pt, <method>_<noise>/history.csv, clone_<k>.zip; the method is bc, iql or td3bc
bc_<noise>.pt -> tuned_<noise>.pt, tuned_<noise>/history.csv, the same clones after they have gone on online
"""


rule train_clones:
    input:
        unpack(teacher_files),
    output:
        clones=expert_file("{method}_{noise}.pt"),
        history=expert_file("{method}_{noise}/history.csv"),
    log:
        log_file("train_clones/{expert}_{method}_{noise}.log"),
    wildcard_constraints:
        method=any_of(LEARNT_OFFLINE),
    group:
        "walks_{expert}_{noise}"
    conda:
        "../../envs/rl.yaml"
    resources:
        **LEARNING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise.clones",
            "cloning",
            expert=wildcards.expert,
            level=int(wildcards.noise),
            method=wildcards.method,
            **schedule_of(wildcards.method),
        ),
        code=code("train_clones.py"),
    message:
        "Cloning {wildcards.expert} by {params.settings[method]} from demonstrations under {wildcards.noise} % noise"
    script:
        "../scripts/train_clones.py"


rule tune_clones:
    input:
        clones=expert_file("bc_{noise}.pt"),
    output:
        clones=expert_file("{method}_{noise}.pt"),
        history=expert_file("{method}_{noise}/history.csv"),
    log:
        log_file("tune_clones/{expert}_{method}_{noise}.log"),
    wildcard_constraints:
        method="tuned",
    group:
        "walks_{expert}_{noise}"
    conda:
        "../../envs/rl.yaml"
    resources:
        **TUNING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "offline.tuning",
            expert=wildcards.expert,
            level=int(wildcards.noise),
            method=wildcards.method,
        ),
        code=code("tune_clones.py"),
    message:
        "Letting the clones of {wildcards.expert} at {wildcards.noise} % go on online"
    script:
        "../scripts/tune_clones.py"


rule export_clone:
    input:
        clones=expert_file("{method}_{noise}.pt"),
    output:
        checkpoint=expert_file("{method}_{noise}/clone_{clone}.zip"),
    log:
        log_file("export_clone/{expert}_{method}_{noise}_{clone}.log"),
    wildcard_constraints:
        clone=any_of(range(config["noise"]["clones"])),
    group:
        "walks_{expert}_{noise}"
    conda:
        "../../envs/rl.yaml"
    resources:
        **TINY,
    params:
        settings=lambda wildcards: settings("body", clone=int(wildcards.clone)),
        code=code("export_clone.py"),
    message:
        "Exporting clone {wildcards.clone} by {wildcards.method} of {wildcards.expert} at {wildcards.noise} %"
    script:
        "../scripts/export_clone.py"
