"""Offline reinforcement learning beside cloning, a target of its own:
demonstrations/noise_<noise>.npz -> <method>_<noise>.pt -> walks, activations and measures as of all clones,
offline/<method>/*.csv -> tables/offline_measures.csv, offline_effects.csv, offline_claims.csv -> fig_offline

The clones of all methods learn from the same demonstrations and walk in the same episodes. Behaviour
cloning stands beside the others at each of their levels.
"""

OFFLINE_LEVELS = {
    method: OFFLINE.get(method, sorted({*sum(OFFLINE.values(), [])}))
    for method in METHODS
}
OFFLINE_EXPERTS = sorted(config["offline"]["experts"] or list(CLONED)[:1])


def offline_files(name, experts, methods=METHODS):
    """Return a file of each expert, method and level; without {noise}, one of each method with levels."""
    return list(
        dict.fromkeys(
            expert_file(name).format(expert=expert, method=method, noise=level)
            for expert in experts
            for method in methods
            for level in OFFLINE_LEVELS[method]
        )
    )


def of_method(name):
    """Return an input function that gives a file of {expert} for each level of the clones of {method}."""
    return lambda wildcards: offline_files(name, [wildcards.expert], [wildcards.method])


def measures_of(method):
    """Return the tables of measures of a method: of its clones, of their floors and of the experts."""
    shared = ("measures/similarity.csv", "measures/functional_untrained.csv")
    parts = (
        "offline/{method}/returns.csv",
        "offline/{method}/gaits.csv",
        "measures/similarity_{method}_{noise}.csv",
        "measures/functional_{method}_{noise}.csv",
    )
    return [
        *expand(expert_file("{name}"), expert=OFFLINE_EXPERTS, name=shared),
        *[x for name in parts for x in offline_files(name, OFFLINE_EXPERTS, [method])],
    ]


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
        others=lambda wildcards: expand(
            expert_file("rollouts.npz"), expert=others(wildcards.expert)
        ),
    output:
        strides=expert_file("offline/{method}/strides.csv"),
        distances=expert_file("offline/{method}/spectral_distances.csv"),
        margins=expert_file("offline/{method}/margins.csv"),
        measures=expert_file("offline/{method}/gaits.csv"),
    log:
        log_file("measure_offline_gaits/{expert}_{method}.log"),
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "analysis.transient",
            "analysis.rate_range",
            "recording.clone_episodes",
            "spectra.segment",
            "spectra.lowest",
            "spectra.highest",
            "statistics.alpha",
            expert=wildcards.expert,
            levels=OFFLINE_LEVELS[wildcards.method],
            others=others(wildcards.expert),
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
