"""Dynamics: activations/common.h5, bc_<noise>.h5 and the expert's walk that their networks are shown
-> dynamics/jpca_*.csv, trajectories_*.csv, decoding_*.csv, measures/dynamics_*.csv -> tables/
"""


rule analyse_dynamics:
    input:
        unpack(shown_networks),
    output:
        jpca=expert_file("dynamics/jpca_{agents}.csv"),
        trajectories=expert_file("dynamics/trajectories_{agents}.csv"),
        decoding=expert_file("dynamics/decoding_{agents}.csv"),
        measures=expert_file("measures/dynamics_{agents}.csv"),
    log:
        log_file("analyse_dynamics/{expert}_{agents}.log"),
    wildcard_constraints:
        agents=any_of(["expert", *LEVELS]),
    group:
        "networks_{expert}_{agents}"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **ROTATING,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "stimuli.rows",
            "analysis.transient",
            "analysis.rate_range",
            "dynamics.components",
            "statistics.alpha",
            expert=wildcards.expert,
            level=-1 if wildcards.agents == "expert" else int(wildcards.agents),
            surrogates=surrogates_of(wildcards),
        ),
        code=code("analyse_dynamics.py"),
    message:
        "Analysing the dynamics of activity on the walk of {wildcards.expert}: {wildcards.agents}"
    script:
        "../scripts/analyse_dynamics.py"
