"""Tables: parts by expert, level and mode -> tables/*.csv"""

# The walks of data sets and of their clones.
OF_DATA = [*DATASETS, *DATA_CLONES]
# The parts of each table, in order.
TABLED = {
    "similarity": cloned_files("similarity/expert.csv", "similarity/bc_{noise}.csv"),
    "single_networks": cloned_files(
        "similarity/single_expert.csv", "similarity/single_bc_{noise}.csv"
    ),
    "published_cka": [located("workflow/claims/published_cka.csv")],
    "self_similarity": cloned_files("similarity/splits.csv", experts=SERIES),
    "spectra": cloned_files("spectra.csv", experts={*SERIES, *OF_DATA}),
    "gait_map": cloned_files("gait_map.csv"),
    "gait_cycles": cloned_files("gait_cycles.csv"),
    "robustness": cloned_files(
        "robustness/expert.csv", "robustness/{noise}.csv", among=DISTURBED
    ),
    "falls": cloned_files("falls.csv"),
    "map_bandwidths": cloned_files("map_bandwidths.csv"),
    "occupancy": cloned_files("occupancy.csv"),
    "transitions": cloned_files("transitions.csv"),
    "map_distances": cloned_files("map_distances.csv"),
    "strides": cloned_files("strides.csv", experts={*TABULATED, *OF_DATA}),
    "spectral_distances": cloned_files("spectral_distances.csv"),
    "margins": cloned_files("margins.csv"),
    "learning_curves": expand(expert_file("checkpoint.csv"), expert=COMPARED),
    "jpca": dynamics_files("jpca"),
    "jpca_trajectories": dynamics_files("trajectories"),
    "decoding": dynamics_files("decoding"),
    "measures": [
        *cloned_files(
            "measures/functional_bc_{noise}.csv", "measures/functional_untrained.csv"
        ),
        *expand(expert_file("measures/returns.csv"), expert=WALKED),
        *cloned_files("measures/gaits.csv"),
        *cloned_files("measures/gait_map.csv"),
        *cloned_files("measures/similarity.csv", "measures/similarity_bc_{noise}.csv"),
        *cloned_files("measures/robustness.csv"),
        *dynamics_files("dynamics", folder="measures"),
    ],
    "returns": [
        *expand(expert_file("returns/rollouts.csv"), expert=WALKED),
        *expand(expert_file("returns/demonstrations_0.csv"), expert=DATASETS),
        *expand(expert_file("returns/rollouts_sampled.csv"), expert=SERIES),
        *cloned_files("returns/demonstrations_{noise}.csv", "returns/bc_{noise}.csv"),
        *cloned_files("returns/bc_{noise}_sampled.csv", experts=SERIES),
        *(RETURNS_OF_METHODS if config["offline"]["in_study"] else []),
    ],
}

# The tables of a study that clones nobody. How archives act is a table only there, and one map
# shows all archives.
ARCHIVES_COMPARED = [
    "returns", "measures", "similarity", "single_networks", "actions", "spectra", "strides",
    "spectral_distances", "learning_curves", "gait_map", "gait_cycles", "occupancy",
    "map_distances",
]  # fmt: skip
if not CLONED:
    TABLED["actions"] = cloned_files("similarity/actions.csv")
    for table in ("gait_map", "gait_cycles", "occupancy", "map_distances"):
        TABLED[table] = [archives_file(f"{table}.csv")]
    TABLED["measures"] = cloned_files(
        *(f"measures/{name}.csv" for name in ("returns", "gaits", "similarity"))
    )

# These tables are made when they are asked for by name or listed under `extra_tables`.
ON_DEMAND = {"map_stability": cloned_files("map_stability.csv")}


rule concatenate_tables:
    input:
        lambda wildcards: {**TABLED, **ON_DEMAND}[wildcards.table],
    output:
        table=f"{BODY_FOLDER}/tables/{{table}}.csv",
    log:
        log_file("concatenate_tables/{table}.log"),
    wildcard_constraints:
        # Measures and returns have rules of their own.
        table=any_of(sorted({*TABLED, *ON_DEMAND} - {"measures", "returns"})),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **TINY,
    params:
        code=code("concatenate_tables.py"),
    message:
        "Writing the table {wildcards.table}"
    script:
        "../scripts/concatenate_tables.py"


rule tabulate_measures:
    input:
        TABLED["measures"],
    output:
        table=f"{BODY_FOLDER}/tables/measures.csv",
    log:
        log_file("tabulate_measures.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **TINY,
    params:
        code=code("tabulate_measures.py"),
    message:
        "Tabulating the measures of every agent"
    script:
        "../scripts/tabulate_measures.py"


rule tabulate_returns:
    input:
        TABLED["returns"],
    output:
        returns=f"{BODY_FOLDER}/tables/returns.csv",
        agents=f"{BODY_FOLDER}/tables/agents.csv",
    log:
        log_file("tabulate_returns.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **TINY,
    params:
        settings=settings("body"),
        code=code("tabulate_returns.py"),
    message:
        "Tabulating the returns of all episodes and of every agent"
    script:
        "../scripts/tabulate_returns.py"


rule tabulate_observations:
    output:
        table=f"{BODY_FOLDER}/tables/observations.csv",
    log:
        log_file("tabulate_observations.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **TINY,
    params:
        settings=settings("body"),
        code=code("tabulate_observations.py"),
    message:
        "Writing the table of observations"
    script:
        "../scripts/tabulate_observations.py"
