"""Cloning: demonstrations/noise_<noise>.npz, rollouts.npz -> bc_<noise>.pt, bc_<noise>/clone_<k>.zip"""


rule train_clones:
    input:
        checkpoint=expert_file("checkpoint.zip"),
        demonstrations=expert_file("demonstrations/noise_{noise}.npz"),
        rollouts=expert_file("rollouts.npz"),
    output:
        clones=expert_file("bc_{noise}.pt"),
        history=expert_file("bc_{noise}/history.csv"),
    log:
        log_file("train_clones/{expert}_{noise}.log"),
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
        ),
        code=code("train_clones.py"),
    message:
        "Cloning {wildcards.expert} from demonstrations under {wildcards.noise} % noise"
    script:
        "../scripts/train_clones.py"


rule export_clone:
    input:
        clones=expert_file("bc_{noise}.pt"),
    output:
        checkpoint=expert_file("bc_{noise}/clone_{clone}.zip"),
    log:
        log_file("export_clone/{expert}_{noise}_{clone}.log"),
    wildcard_constraints:
        clone=any_of(range(config["noise"]["clones"])),
    conda:
        "../../envs/rl.yaml"
    params:
        settings=lambda wildcards: settings("body", clone=int(wildcards.clone)),
        code=code("export_clone.py"),
    message:
        "Exporting clone {wildcards.clone} of {wildcards.expert} at {wildcards.noise} %"
    script:
        "../scripts/export_clone.py"
