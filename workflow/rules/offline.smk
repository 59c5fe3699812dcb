"""Offline reinforcement learning beside cloning, a target of its own:
demonstrations/noise_<noise>.npz -> <method>_<noise>.pt -> walks, activations and measures as of all clones,
offline/<method>/*.csv -> tables/offline_measures.csv, offline_effects.csv, offline_claims.csv -> fig_offline

The clones of all methods learn from the same demonstrations and walk in the same episodes. Behaviour
cloning stands beside the others at each of their levels.
"""


use rule measure_returns as measure_offline_returns with:
    input:
        expert_file("returns/rollouts.csv"),
        of_method("returns/{method}_{noise}.csv"),
    output:
        measures=expert_file("offline/{method}/returns.csv"),
    log:
        log_file("measure_offline_returns/{expert}_{method}.log"),


use rule measure_gaits as measure_offline_gaits with:
    input:
        expert=expert_file("rollouts.npz"),
        clones=of_method("{method}_{noise}/rollouts.npz"),
        others=peer_files("rollouts.npz"),
    output:
        strides=expert_file("offline/{method}/strides.csv"),
        distances=expert_file("offline/{method}/spectral_distances.csv"),
        margins=expert_file("offline/{method}/margins.csv"),
        measures=expert_file("offline/{method}/gaits.csv"),
    log:
        log_file("measure_offline_gaits/{expert}_{method}.log"),
    params:
        settings=lambda wildcards: gait_settings(
            wildcards.expert, OFFLINE_LEVELS[wildcards.method]
        ),
        code=code("measure_gaits.py"),


rule tabulate_offline_methods:
    input:
        **{method: measures_of(method) for method in METHODS if OFFLINE_LEVELS[method]},
        similarity=expand(expert_file("similarity/expert.csv"), expert=OFFLINE_EXPERTS),
    output:
        measures=f"{BODY_FOLDER}/tables/offline_measures.csv",
        effects=f"{BODY_FOLDER}/tables/offline_effects.csv",
    log:
        log_file("tabulate_offline_methods.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **ENDING,
    params:
        settings=settings("statistics.alpha", "statistics.walking"),
        code=code("tabulate_offline_methods.py"),
    message:
        "Tabulating what the methods of offline learning do"
    script:
        "../scripts/tabulate_offline_methods.py"


use rule evaluate_claims as evaluate_offline_claims with:
    input:
        measures=f"{BODY_FOLDER}/tables/offline_measures.csv",
        claims=config["offline"]["claims"],
    output:
        table=f"{BODY_FOLDER}/tables/offline_claims.csv",
    log:
        log_file("evaluate_offline_claims.log"),
    message:
        "Evaluating the claims about methods of offline learning"


OFFLINE_FILES = [
    *expand(
        f"{BODY_FOLDER}/tables/offline_{{table}}.csv",
        table=["measures", "effects", "claims"],
    ),
    *figure_files("offline_methods"),
]


rule offline_methods:
    input:
        OFFLINE_FILES,
