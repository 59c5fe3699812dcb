"""Statistics: returns/*.csv -> <expert>/measures/returns.csv; tables/measures.csv, classes, claims -> tables/statistics.csv, claims.csv, replication.csv"""


rule measure_returns:
    input:
        expert_file("returns/rollouts.csv"),
        clones_of("returns/demonstrations_{noise}.csv"),
        clones_of("returns/bc_{noise}.csv"),
    output:
        measures=expert_file("measures/returns.csv"),
    log:
        log_file("measure_returns/{expert}.log"),
    group:
        "gaits_{expert}"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **TINY,
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
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **ENDING,
    params:
        settings=settings(
            "seed",
            **{
                k: v
                for k, v in config["statistics"].items()
                if k not in ("classes", "claims", "designs")
            },
        ),
        code=code("compute_statistics.py"),
    message:
        "Computing intervals and tests of every measure"
    script:
        "../scripts/compute_statistics.py"


rule evaluate_claims:
    input:
        measures=f"{BODY_FOLDER}/tables/measures.csv",
        similarity=f"{BODY_FOLDER}/tables/similarity.csv",
        claims=config["statistics"]["claims"],
    output:
        table=f"{BODY_FOLDER}/tables/claims.csv",
        replication=f"{BODY_FOLDER}/tables/replication.csv",
    log:
        log_file("evaluate_claims.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=settings(
            "statistics.alpha", "statistics.primary_levels", "statistics.designs"
        ),
        code=code("evaluate_claims.py"),
    message:
        "Evaluating the claims of the study"
    script:
        "../scripts/evaluate_claims.py"
