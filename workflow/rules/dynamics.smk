"""Dynamics: activations/expert.h5, bc_<noise>.h5 and the rollouts behind their stimuli `own`
-> dynamics/jpca_*.csv, trajectories_*.csv, decoding_*.csv, measures/dynamics_*.csv -> tables/
"""

# `expert`, and the clones of each level: the names of their activations.
FAMILIES = {"expert": -1} | {f"bc_{noise}": noise for noise in LEVELS}


rule analyse_dynamics:
    input:
        activations=expert_file("activations/{family}.h5"),
        rollouts=lambda wildcards: expert_file(
            "rollouts.npz"
            if wildcards.family == "expert"
            else f"{wildcards.family}/rollouts.npz"
        ),
    output:
        jpca=expert_file("dynamics/jpca_{family}.csv"),
        trajectories=expert_file("dynamics/trajectories_{family}.csv"),
        decoding=expert_file("dynamics/decoding_{family}.csv"),
        measures=expert_file("measures/dynamics_{family}.csv"),
    log:
        log_file("analyse_dynamics/{expert}_{family}.log"),
    wildcard_constraints:
        family=any_of(FAMILIES),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "recording.transient",
            "dynamics.components",
            expert=wildcards.expert,
            level=FAMILIES[wildcards.family],
            # The rest costs too much for agents that no figure draws.
            surrogates=(
                config["dynamics"]["surrogates"]
                if FAMILIES[wildcards.family]
                in (-1, 0, config["figures"]["noisy_level"])
                else 0
            ),
        ),
        code=code("analyse_dynamics.py"),
    message:
        "Analysing the dynamics of activity of {wildcards.expert}, {wildcards.family}"
    script:
        "../scripts/analyse_dynamics.py"
