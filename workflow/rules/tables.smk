"""Tables: parts by expert, level and mode -> tables/*.csv"""

RETURNS = expand(
    expert_file("returns/rollouts{mode}.csv"), expert=COMPARED, mode=["", "_sampled"]
)
for expert in sorted(CLONED):
    for noise in LEVELS:
        for agents in (f"demonstrations_{noise}", f"bc_{noise}", f"bc_{noise}_sampled"):
            RETURNS.append(expert_file(f"returns/{agents}.csv").format(expert=expert))

# {table: the parts that it is put together from, in order}
TABLED = {
    "similarity": of_clones(
        "similarity/{part}.csv", part=["expert", *(f"bc_{n}" for n in LEVELS)]
    ),
    "spectra": of_clones("spectra.csv"),
    "gait_map": of_clones("gait_map.csv"),
    "gait_cycles": of_clones("gait_cycles.csv"),
    "robustness": of_clones("robustness/{agents}.csv", agents=DISTURBED),
    "map_bandwidths": of_clones("map_bandwidths.csv"),
    "occupancy": of_clones("occupancy.csv"),
    "transitions": of_clones("transitions.csv"),
    "map_distances": of_clones("map_distances.csv"),
    "strides": of_clones("strides.csv"),
    "spectral_distances": of_clones("spectral_distances.csv"),
    "margins": of_clones("margins.csv"),
    "learning_curves": expand(expert_file("checkpoint.csv"), expert=COMPARED),
    "jpca": of_clones("dynamics/jpca_{agents}.csv", agents=PROBED),
    "jpca_trajectories": of_clones("dynamics/trajectories_{agents}.csv", agents=PROBED),
    "decoding": of_clones("dynamics/decoding_{agents}.csv", agents=PROBED),
    "measures": [
        *of_clones("measures/functional_{part}.csv", part=[*LEVELS, "untrained"]),
        *expand(expert_file("measures/returns.csv"), expert=COMPARED),
        *of_clones("measures/gaits.csv"),
        *of_clones("measures/gait_map.csv"),
        *of_clones(
            "measures/similarity{part}.csv", part=["", *(f"_{n}" for n in LEVELS)]
        ),
        *of_clones("measures/robustness_{agents}.csv", agents=DISTURBED),
        *of_clones("measures/dynamics_{agents}.csv", agents=PROBED),
    ],
    "returns": RETURNS,
}

# Made when asked for by name, or with every study that lists them under `extra_tables`.
ON_DEMAND = {"map_stability": of_clones("map_stability.csv")}


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
    params:
        settings=settings("body"),
        code=code("tabulate_observations.py"),
    message:
        "Writing the table of observations"
    script:
        "../scripts/tabulate_observations.py"
