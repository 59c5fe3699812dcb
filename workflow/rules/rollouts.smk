"""Rollouts: checkpoint.zip, <method>_<noise>.pt
-> rollouts.npz, rollouts_sampled.npz, demonstrations/noise_<noise>.npz, <method>_<noise>/rollouts.npz,
and for each recording the returns of its episodes: returns/*.csv
"""


rule record_expert:
    input:
        checkpoint=expert_file("checkpoint.zip"),
    output:
        rollouts=expert_file("rollouts{mode}.npz"),
        returns=expert_file("returns/rollouts{mode}.csv"),
    log:
        log_file("record_expert/{expert}{mode}.log"),
    wildcard_constraints:
        expert=any_of(ACTORS),
    group:
        "walks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    resources:
        **RECORDING_OF_EXPERT,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "recording.steps",
            expert=wildcards.expert,
            mode=mode_of(wildcards),
            recorded_episodes=recorded_episodes("expert", mode_of(wildcards)),
        ),
        code=code("record_expert.py"),
    message:
        "Recording the expert {wildcards.expert} with {params.settings[mode]} actions"
    script:
        "../scripts/record_expert.py"


rule record_demonstrations:
    input:
        checkpoint=expert_file("checkpoint.zip"),
        rollouts=expert_file("rollouts.npz"),
    output:
        demonstrations=expert_file("demonstrations/noise_{noise}.npz"),
        returns=expert_file("returns/demonstrations_{noise}.csv"),
    log:
        log_file("record_demonstrations/{expert}_{noise}.log"),
    wildcard_constraints:
        expert=any_of(ACTORS),
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
        code=code("record_demonstrations.py"),
    message:
        "Recording demonstrations of {wildcards.expert} under {wildcards.noise} % noise"
    script:
        "../scripts/record_demonstrations.py"


rule record_clones:
    input:
        clones=expert_file("{method}_{noise}.pt"),
    output:
        rollouts=expert_file("{method}_{noise}/rollouts{mode}.npz"),
        returns=expert_file("returns/{method}_{noise}{mode}.csv"),
    log:
        log_file("record_clones/{expert}_{method}_{noise}{mode}.log"),
    group:
        "walks_{expert}_{noise}"
    conda:
        "../../envs/rl.yaml"
    resources:
        **RECORDING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "recording.steps",
            expert=wildcards.expert,
            level=int(wildcards.noise),
            method=wildcards.method,
            mode=mode_of(wildcards),
            recorded_episodes=recorded_episodes("clone", mode_of(wildcards)),
        ),
        code=code("record_clones.py"),
    message:
        "Recording the clones by {wildcards.method} of {wildcards.expert} at {wildcards.noise} % with {params.settings[mode]} actions"
    script:
        "../scripts/record_clones.py"
