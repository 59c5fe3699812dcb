"""Similarity: activations/*.h5 -> similarity/expert.csv, similarity/<method>_<noise>.csv -> tables/similarity.csv
and similarity/single_expert.csv, single_<method>_<noise>.csv -> tables/single_networks.csv
and rollouts.npz -> similarity/splits.csv -> tables/self_similarity.csv
and measures/similarity.csv, measures/similarity_<method>_<noise>.csv -> tables/measures.csv;
with the networks themselves -> measures/functional_<method>_<noise>.csv, measures/functional_untrained.csv
"""


rule compare_experts:
    input:
        common=expert_file("activations/common.h5"),
    output:
        similarity=expert_file("similarity/expert.csv"),
        single=expert_file("similarity/single_expert.csv"),
        measures=expert_file("measures/similarity.csv"),
    log:
        log_file("compare_experts/{expert}.log"),
    group:
        "networks_{expert}_expert"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **COMPARING,
    params:
        settings=lambda wildcards: settings(
            "seed", "similarity.measures", expert=wildcards.expert
        ),
        code=code("compare_experts.py"),
    message:
        "Comparing {wildcards.expert} with untrained networks and other experts"
    script:
        "../scripts/compare_experts.py"


rule compare_actions:
    input:
        checkpoint=expert_file("checkpoint.zip"),
        rollouts=expert_file("rollouts.npz"),
        states=expert_file("common_states.npz"),
        peers=peer_files("checkpoint.zip"),
    output:
        actions=expert_file("similarity/actions.csv"),
    log:
        log_file("compare_actions/{expert}.log"),
    group:
        "networks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise.clones",
            "cloning.hidden",
            "cloning.activation",
            expert=wildcards.expert,
            peers=others(wildcards.expert),
        ),
        code=code("compare_actions.py"),
    message:
        "Comparing how {wildcards.expert} and other experts act in its states"
    script:
        "../scripts/compare_actions.py"


rule compare_splits:
    input:
        checkpoint=expert_file("checkpoint.zip"),
        rollouts=expert_file("rollouts.npz"),
    output:
        splits=expert_file("similarity/splits.csv"),
    log:
        log_file("compare_splits/{expert}.log"),
    group:
        "walks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "similarity.splits",
            "recording.clone_episodes",
            rows=published_rows(),
            expert=wildcards.expert,
        ),
        code=code("compare_splits.py"),
    message:
        "Comparing {wildcards.expert} with itself on other episodes"
    script:
        "../scripts/compare_splits.py"


rule compare_clones:
    input:
        common=expert_file("activations/common.h5"),
        clones=expert_file("activations/{method}_{noise}.h5"),
        returns=expert_file("returns/{method}_{noise}.csv"),
    output:
        similarity=expert_file("similarity/{method}_{noise}.csv"),
        single=expert_file("similarity/single_{method}_{noise}.csv"),
        measures=expert_file("measures/similarity_{method}_{noise}.csv"),
    log:
        log_file("compare_clones/{expert}_{method}_{noise}.log"),
    group:
        "networks_{expert}_{noise}"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **COMPARING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "similarity.measures",
            "similarity.shift",
            "statistics.alpha",
            expert=wildcards.expert,
            level=int(wildcards.noise),
            replicates=replicates_of(wildcards),
        ),
        code=code("compare_clones.py"),
    message:
        "Comparing {wildcards.expert} with its clones by {wildcards.method} at {wildcards.noise} %"
    script:
        "../scripts/compare_clones.py"


rule compare_functions:
    input:
        checkpoint=expert_file("checkpoint.zip"),
        clones=expert_file("{method}_{noise}.pt"),
        states=expert_file("common_states.npz"),
        rollouts=expert_file("rollouts.npz"),
        clone_rollouts=expert_file("{method}_{noise}/rollouts.npz"),
        references=expert_file("measures/functional_untrained.csv"),
    output:
        measures=expert_file("measures/functional_{method}_{noise}.csv"),
    log:
        log_file("compare_functions/{expert}_{method}_{noise}.log"),
    group:
        "networks_{expert}_{noise}"
    conda:
        "../../envs/rl.yaml"
    resources:
        **ACTING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "stimuli.rows",
            "analysis.transient",
            "similarity.stitched_episodes",
            expert=wildcards.expert,
            level=int(wildcards.noise),
        ),
        code=code("compare_functions.py"),
    message:
        "Comparing how {wildcards.expert} and its clones by {wildcards.method} at {wildcards.noise} % act"
    script:
        "../scripts/compare_functions.py"


rule compare_untrained_functions:
    input:
        checkpoint=expert_file("checkpoint.zip"),
        states=expert_file("common_states.npz"),
        rollouts=expert_file("rollouts.npz"),
    output:
        measures=expert_file("measures/functional_untrained.csv"),
    log:
        log_file("compare_untrained_functions/{expert}.log"),
    group:
        "networks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    resources:
        **ACTING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise.clones",
            "cloning.hidden",
            "cloning.activation",
            "stimuli.rows",
            "analysis.transient",
            "similarity.stitched_episodes",
            expert=wildcards.expert,
        ),
        code=code("compare_untrained_functions.py"),
    message:
        "Comparing how {wildcards.expert} and untrained networks act"
    script:
        "../scripts/compare_untrained_functions.py"
