"""Activations: policies and the states of rollouts
-> common_states.npz, activations/common.h5 (all networks but clones), <method>_<noise>.h5,
and activations.h5, which links to them
"""


rule choose_states:
    input:
        expert=expert_file("rollouts.npz"),
        clones=clones_of(
            "bc_{noise}/rollouts.npz", config["statistics"]["primary_levels"]
        ),
    output:
        states=expert_file("common_states.npz"),
    log:
        log_file("choose_states/{expert}.log"),
    group:
        "networks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    params:
        settings=lambda wildcards: settings(
            "stimuli.rows",
            "analysis.transient",
            levels=levels_of(wildcards.expert, config["statistics"]["primary_levels"]),
        ),
        code=code("choose_states.py"),
    message:
        "Choosing the states that all networks compared with {wildcards.expert} are shown"
    script:
        "../scripts/choose_states.py"


rule record_common_activations:
    input:
        states=expert_file("common_states.npz"),
        rollouts=expert_file("rollouts.npz"),
        checkpoint=expert_file("checkpoint.zip"),
        record=expert_file("checkpoint.json"),
        peers=peer_files("checkpoint.zip"),
        records=peer_files("checkpoint.json"),
    output:
        activations=expert_file("activations/common.h5"),
    log:
        log_file("record_common_activations/{expert}.log"),
    group:
        "networks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    resources:
        **ACTIVATING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise.clones",
            "cloning.hidden",
            "cloning.activation",
            rows=published_rows(),
            expert=wildcards.expert,
            peers=others(wildcards.expert),
        ),
        code=code("record_common_activations.py"),
    message:
        "Recording the activations of {wildcards.expert}, untrained networks and other experts"
    script:
        "../scripts/record_common_activations.py"


rule record_clone_activations:
    input:
        clones=expert_file("{method}_{noise}.pt"),
        states=expert_file("common_states.npz"),
        rollouts=expert_file("{method}_{noise}/rollouts.npz"),
    output:
        activations=expert_file("activations/{method}_{noise}.h5"),
    log:
        log_file("record_clone_activations/{expert}_{method}_{noise}.log"),
    group:
        "networks_{expert}_{noise}"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **ACTIVATING,
    params:
        settings=settings(rows=published_rows()),
        code=code("record_clone_activations.py"),
    message:
        "Recording the activations of the clones by {wildcards.method} of {wildcards.expert} at {wildcards.noise} %"
    script:
        "../scripts/record_clone_activations.py"


rule link_activations:
    input:
        expert_file("activations/common.h5"),
        clones_of("activations/bc_{noise}.h5"),
    output:
        activations=expert_file("activations.h5"),
    log:
        log_file("link_activations/{expert}.log"),
    group:
        "links"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("link_activations.py"),
    message:
        "Linking the activations of all networks of {wildcards.expert}"
    script:
        "../scripts/link_activations.py"
