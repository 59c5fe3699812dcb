"""Tables: parts by expert, level and mode -> tables/*.csv"""

TABLED = {
    "similarity": expand(
        expert_file("similarity/{part}.csv"),
        expert=sorted(CLONED),
        part=["expert", *(f"bc_{noise}" for noise in LEVELS)],
    ),
    "spectra": expand(expert_file("spectra.csv"), expert=sorted(CLONED)),
    "gait_map": expand(expert_file("gait_map.csv"), expert=sorted(CLONED)),
    "gait_cycles": expand(expert_file("gait_cycles.csv"), expert=sorted(CLONED)),
    "robustness": expand(
        expert_file("robustness/{agents}.csv"), expert=sorted(CLONED), agents=DISTURBED
    ),
    "map_bandwidths": expand(expert_file("map_bandwidths.csv"), expert=sorted(CLONED)),
    "occupancy": expand(expert_file("occupancy.csv"), expert=sorted(CLONED)),
    "transitions": expand(expert_file("transitions.csv"), expert=sorted(CLONED)),
    "map_distances": expand(expert_file("map_distances.csv"), expert=sorted(CLONED)),
    "strides": expand(expert_file("strides.csv"), expert=sorted(CLONED)),
    "spectral_distances": expand(
        expert_file("spectral_distances.csv"), expert=sorted(CLONED)
    ),
    "margins": expand(expert_file("margins.csv"), expert=sorted(CLONED)),
    "learning_curves": expand(expert_file("checkpoint.csv"), expert=COMPARED),
    "jpca": expand(
        expert_file("dynamics/jpca_{agents}.csv"),
        expert=sorted(CLONED),
        agents=PROBED,
    ),
    "jpca_trajectories": expand(
        expert_file("dynamics/trajectories_{agents}.csv"),
        expert=sorted(CLONED),
        agents=PROBED,
    ),
    "decoding": expand(
        expert_file("dynamics/decoding_{agents}.csv"),
        expert=sorted(CLONED),
        agents=PROBED,
    ),
    "measures": [
        *expand(
            expert_file("measures/functional_{part}.csv"),
            expert=sorted(CLONED),
            part=[*LEVELS, "untrained"],
        ),
        *expand(expert_file("measures/returns.csv"), expert=COMPARED),
        *expand(expert_file("measures/gaits.csv"), expert=sorted(CLONED)),
        *expand(expert_file("measures/gait_map.csv"), expert=sorted(CLONED)),
        *expand(
            expert_file("measures/similarity{part}.csv"),
            expert=sorted(CLONED),
            part=["", *(f"_{noise}" for noise in LEVELS)],
        ),
        *expand(
            expert_file("measures/robustness_{agents}.csv"),
            expert=sorted(CLONED),
            agents=DISTURBED,
        ),
        *expand(
            expert_file("measures/dynamics_{agents}.csv"),
            expert=sorted(CLONED),
            agents=PROBED,
        ),
    ],
    "returns": [
        *expand(
            expert_file("returns/rollouts{mode}.csv"),
            expert=COMPARED,
            mode=["", "_sampled"],
        ),
        *expand(
            expert_file("returns/{kind}_{noise}{mode}.csv"),
            zip,
            expert=[e for e in sorted(CLONED) for _ in LEVELS for _ in range(3)],
            noise=[noise for _ in CLONED for noise in LEVELS for _ in range(3)],
            kind=["demonstrations", "bc", "bc"] * len(LEVELS) * len(CLONED),
            mode=["", "", "_sampled"] * len(LEVELS) * len(CLONED),
        ),
    ],
}

# Made when asked for by name, or with every study that lists them under `extra_tables`.
ON_DEMAND = {
    "map_stability": expand(expert_file("map_stability.csv"), expert=sorted(CLONED)),
}


rule concatenate_tables:
    input:
        lambda wildcards: {**TABLED, **ON_DEMAND}[wildcards.table],
    output:
        table=f"{BODY_FOLDER}/tables/{{table}}.csv",
    log:
        log_file("concatenate_tables/{table}.log"),
    wildcard_constraints:
        table=any_of([*TABLED, *ON_DEMAND]),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("concatenate_tables.py"),
    message:
        "Writing the table {wildcards.table}"
    script:
        "../scripts/concatenate_tables.py"


rule summarise_returns:
    input:
        returns=f"{BODY_FOLDER}/tables/returns.csv",
    output:
        table=f"{BODY_FOLDER}/tables/agents.csv",
    log:
        log_file("summarise_returns.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("summarise_returns.py"),
    message:
        "Averaging the returns of every agent"
    script:
        "../scripts/summarise_returns.py"


rule tabulate_observations:
    output:
        table=f"{BODY_FOLDER}/tables/observations.csv",
    log:
        log_file("tabulate_observations.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings("body"),
        code=code("tabulate_observations.py"),
    message:
        "Writing the table of observations"
    script:
        "../scripts/tabulate_observations.py"
