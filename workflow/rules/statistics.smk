"""Statistics: returns/*.csv -> <expert>/measures/returns.csv; tables/measures.csv, classes -> tables/statistics.csv"""


rule measure_returns:
    input:
        expert_file("returns/rollouts.csv"),
        clones_of("returns/demonstrations_{noise}.csv"),
        clones_of("returns/bc_{noise}.csv"),
    output:
        measures=expert_file("measures/returns.csv"),
    log:
        log_file("measure_returns/{expert}.log"),
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("measure_returns.py"),
    message:
        "Tabulating the returns of {wildcards.expert} and its clones as measures"
    script:
        "../scripts/measure_returns.py"


rule compute_statistics:
    input:
        measures=f"{BODY_FOLDER}/tables/measures.csv",
        classes=config["statistics"]["classes"],
    output:
        table=f"{BODY_FOLDER}/tables/statistics.csv",
    log:
        log_file("compute_statistics.log"),
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=settings(
            "seed",
            **{k: v for k, v in config["statistics"].items() if k != "classes"},
        ),
        code=code("compute_statistics.py"),
    message:
        "Computing intervals and tests of every measure"
    script:
        "../scripts/compute_statistics.py"
