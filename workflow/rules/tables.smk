"""Tables: parts by expert, level and mode -> tables/*.csv"""

TABLED = {
    "similarity": expand(
        expert_file("similarity/bc_{noise}.csv"), expert=sorted(CLONED), noise=LEVELS
    ),
    "spectra": expand(expert_file("spectra.csv"), expert=sorted(CLONED)),
    "gait_map": expand(expert_file("gait_map.csv"), expert=sorted(CLONED)),
    "gait_cycles": expand(expert_file("gait_cycles.csv"), expert=sorted(CLONED)),
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


rule concatenate_tables:
    input:
        lambda wildcards: TABLED[wildcards.table],
    output:
        table=f"{BODY_FOLDER}/tables/{{table}}.csv",
    log:
        log_file("concatenate_tables/{table}.log"),
    wildcard_constraints:
        table=any_of(TABLED),
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


rule tabulate_expert_returns:
    input:
        rollouts=expert_file("rollouts{mode}.npz"),
    output:
        returns=expert_file("returns/rollouts{mode}.csv"),
    log:
        log_file("tabulate_expert_returns/{expert}{mode}.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: settings(
            expert=wildcards.expert, agent="expert", level=-1, mode=mode_of(wildcards)
        ),
        code=code("tabulate_returns.py"),
    message:
        "Tabulating the returns of {wildcards.expert}{wildcards.mode}"
    script:
        "../scripts/tabulate_returns.py"


rule tabulate_demonstrator_returns:
    input:
        rollouts=expert_file("demonstrations/noise_{noise}.npz"),
    output:
        returns=expert_file("returns/demonstrations_{noise}.csv"),
    log:
        log_file("tabulate_demonstrator_returns/{expert}_{noise}.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: settings(
            expert=wildcards.expert,
            agent="demonstrator",
            level=int(wildcards.noise),
            mode="mean",
        ),
        code=code("tabulate_returns.py"),
    message:
        "Tabulating the returns of {wildcards.expert} under {wildcards.noise} % noise"
    script:
        "../scripts/tabulate_returns.py"


rule tabulate_clone_returns:
    input:
        rollouts=expert_file("bc_{noise}/rollouts{mode}.npz"),
    output:
        returns=expert_file("returns/bc_{noise}{mode}.csv"),
    log:
        log_file("tabulate_clone_returns/{expert}_{noise}{mode}.log"),
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: settings(
            expert=wildcards.expert,
            agent="clone",
            level=int(wildcards.noise),
            mode=mode_of(wildcards),
        ),
        code=code("tabulate_returns.py"),
    message:
        "Tabulating the returns of the clones at {wildcards.noise} %{wildcards.mode}"
    script:
        "../scripts/tabulate_returns.py"
