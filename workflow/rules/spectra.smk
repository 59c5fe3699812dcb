"""Spectra: rollouts.npz, bc_<noise>/rollouts.npz -> spectra.csv -> tables/spectra.csv"""


rule compute_spectra:
    input:
        expert_file("rollouts.npz"),
        clones_of("bc_{noise}/rollouts.npz", config["spectra"]["levels"]),
    output:
        spectra=expert_file("spectra.csv"),
    log:
        log_file("compute_spectra/{expert}.log"),
    group:
        "gaits_{expert}"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **WALKING,
    params:
        settings=lambda wildcards: settings(
            "body",
            "analysis.transient",
            "analysis.rate_range",
            "spectra.segment",
            "spectra.lowest",
            "spectra.highest",
            expert=wildcards.expert,
            levels=levels_of(wildcards.expert, config["spectra"]["levels"]),
        ),
        code=code("compute_spectra.py"),
    message:
        "Computing the power spectra of {wildcards.expert} and its clones"
    script:
        "../scripts/compute_spectra.py"
