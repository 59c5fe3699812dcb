"""Gaits (where nobody is cloned, archives/*, one map of all archives): rollouts.npz, bc_<noise>/rollouts.npz -> gait_map.npz, gait_map.csv, gait_cycles.csv, transitions.csv,
occupancy.csv, map_distances.csv, map_bandwidths.csv, measures/gait_map.csv, strides.csv,
spectral_distances.csv, margins.csv, measures/gaits.csv (on demand: map_stability.csv) -> tables/
"""


rule map_gaits:
    input:
        recordings=mapped_walks,
        sampled=sampled_expert,
    output:
        shared=expert_file("gait_map.npz"),
        cells=expert_file("gait_map.csv"),
        cycles=expert_file("gait_cycles.csv"),
        bandwidths=expert_file("map_bandwidths.csv"),
        occupancy=expert_file("occupancy.csv"),
        transitions=expert_file("transitions.csv"),
        distances=expert_file("map_distances.csv"),
        measures=expert_file("measures/gait_map.csv"),
    log:
        log_file("map_gaits/{expert}.log"),
    group:
        "gaits_{expert}"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **MAPPING,
    params:
        settings=map_settings,
        code=code("map_gaits.py"),
    message:
        "Mapping the gaits of {wildcards.expert} and its clones"
    script:
        "../scripts/map_gaits.py"


rule map_archives:
    input:
        expand(expert_file("rollouts.npz"), expert=COMPARED),
    output:
        shared=archives_file("gait_map.npz"),
        cells=archives_file("gait_map.csv"),
        cycles=archives_file("gait_cycles.csv"),
        occupancy=archives_file("occupancy.csv"),
        distances=archives_file("map_distances.csv"),
    log:
        log_file("map_archives.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **MAPPING,
    params:
        settings=settings(
            "seed",
            "body",
            "analysis.transient",
            "analysis.rate_range",
            gaitmap={
                k: v for k, v in config["gaitmap"].items() if "published" not in k
            },
            experts=COMPARED,
        ),
        code=code("map_archives.py"),
    message:
        "Mapping the gaits of all archives"
    script:
        "../scripts/map_archives.py"


rule refit_maps:
    input:
        mapped_walks,
    output:
        table=expert_file("map_stability.csv"),
    log:
        log_file("refit_maps/{expert}.log"),
    conda:
        "../../envs/analysis.yaml"
    resources:
        **REFITTING,
    params:
        settings=lambda wildcards: map_settings(
            wildcards, without=("frames", "published_frames", "published_mode")
        ),
        code=code("refit_maps.py"),
    message:
        "Fitting the gait map of {wildcards.expert} anew with other seeds and perplexities"
    script:
        "../scripts/refit_maps.py"


rule measure_gaits:
    input:
        expert=expert_file("rollouts.npz"),
        clones=clones_of("bc_{noise}/rollouts.npz"),
        others=peer_files("rollouts.npz", WALKED),
    output:
        strides=expert_file("strides.csv"),
        distances=expert_file("spectral_distances.csv"),
        margins=expert_file("margins.csv"),
        measures=expert_file("measures/gaits.csv"),
    log:
        log_file("measure_gaits/{expert}.log"),
    group:
        "gaits_{expert}"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **WALKING,
    params:
        settings=lambda wildcards: gait_settings(
            wildcards.expert, levels_of(wildcards.expert), WALKED
        ),
        code=code("measure_gaits.py"),
    message:
        "Measuring the gaits of {wildcards.expert} and its clones"
    script:
        "../scripts/measure_gaits.py"


rule pose_walker:
    input:
        rollouts=expert_file("rollouts.npz"),
    output:
        skeleton=expert_file("walker.csv"),
        picture=expert_file("walker.npz"),
    log:
        log_file("pose_walker/{expert}.log"),
    group:
        "walks_{expert}_expert"
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda wildcards: settings(
            "body",
            "analysis.transient",
            "analysis.rate_range",
            expert=wildcards.expert,
        ),
        code=code("pose_walker.py"),
    message:
        "Posing the walker {wildcards.expert}"
    script:
        "../scripts/pose_walker.py"
