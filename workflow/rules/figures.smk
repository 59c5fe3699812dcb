"""Figures: tables -> figures/*.png, *.pdf, and the drawn numbers as *.csv"""

# What a measure of clones is drawn from, with its intervals and the expert's own range.
ANALYSED = ["measures", "margins", "statistics"]

FIGURES = {
    "table1": {
        "input": {"observations": f"{BODY_FOLDER}/tables/observations.csv"},
        "settings": [],
    },
    "fig1_walker": {
        "input": {
            "skeleton": drawn_file("walker.csv"),
            "picture": drawn_file("walker.npz"),
        },
        "settings": [],
    },
    "fig2_cka": {
        "input": {"similarity": f"{BODY_FOLDER}/tables/similarity.csv"},
        "settings": ["figures.noisy_level"],
    },
    "fig_cka_controls": {
        "input": {"similarity": f"{BODY_FOLDER}/tables/similarity.csv"},
        "settings": ["figures.noisy_level"],
    },
    "fig_similarity": {
        "input": {
            "similarity": f"{BODY_FOLDER}/tables/similarity.csv",
            "measures": f"{BODY_FOLDER}/tables/measures.csv",
            "statistics": f"{BODY_FOLDER}/tables/statistics.csv",
        },
        "settings": [],
    },
    "fig_functional": {
        "input": {
            "measures": f"{BODY_FOLDER}/tables/measures.csv",
            "statistics": f"{BODY_FOLDER}/tables/statistics.csv",
        },
        "settings": [],
    },
    "fig3_gait_cycles": {
        "input": {
            "gait_map": f"{BODY_FOLDER}/tables/gait_map.csv",
            "gait_cycles": f"{BODY_FOLDER}/tables/gait_cycles.csv",
        },
        "settings": ["figures.noisy_level", "figures.study_level"],
    },
    "fig_transitions": {
        "input": {
            name: f"{BODY_FOLDER}/tables/{name}.csv"
            for name in ("gait_map", "occupancy", "transitions", "map_distances")
        },
        "settings": ["figures.noisy_level", "figures.study_level"],
    },
    "fig4_psd": {
        "input": {
            table: f"{BODY_FOLDER}/tables/{table}.csv"
            for table in ["spectra", "spectral_distances", *ANALYSED]
        },
        "settings": ["figures.noisy_level", "spectra.lowest", "spectra.highest"],
    },
    "fig_strides": {
        "input": {table: f"{BODY_FOLDER}/tables/{table}.csv" for table in ANALYSED},
        "settings": [],
    },
    "fig_jpca": {
        "input": {
            "jpca": f"{BODY_FOLDER}/tables/jpca.csv",
            "trajectories": f"{BODY_FOLDER}/tables/jpca_trajectories.csv",
        },
        "settings": ["figures.noisy_level"],
    },
    "fig_decoding": {
        "input": {"decoding": f"{BODY_FOLDER}/tables/decoding.csv"},
        "settings": ["figures.noisy_level"],
    },
    "fig_noise_series": {
        "input": {
            table: f"{BODY_FOLDER}/tables/{table}.csv"
            for table in ["agents", "measures", "statistics"]
        },
        "settings": [],
    },
    "fig_robustness": {
        "input": {
            "robustness": f"{BODY_FOLDER}/tables/robustness.csv",
            "measures": f"{BODY_FOLDER}/tables/measures.csv",
            "statistics": f"{BODY_FOLDER}/tables/statistics.csv",
        },
        "settings": ["figures.noisy_level"],
    },
    "fig_noise_axes": {
        "input": {
            "noise_axes": f"{BODY_FOLDER}/tables/noise_axes.csv",
            "intervals": f"{BODY_FOLDER}/tables/noise_axes_intervals.csv",
        },
        "settings": ["noise.meaning"],
    },
    "learning_curves": {
        "input": {"learning_curves": f"{BODY_FOLDER}/tables/learning_curves.csv"},
        "settings": ["study.compare"],
    },
}

# Of targets of their own, which the default run does not include.
OF_OWN_TARGETS = ["fig_noise_axes"]


# A rule for each figure, because a report's caption cannot hang on a wildcard.
for figure, drawn in FIGURES.items():

    rule:
        name:
            f"draw_{figure}"
        input:
            **drawn["input"],
        output:
            png=report(
                f"{BODY_FOLDER}/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category="Figures",
                labels={"figure": figure, "expert": CLONED[0]},
            ),
            pdf=f"{BODY_FOLDER}/figures/{figure}.pdf",
            numbers=f"{BODY_FOLDER}/figures/{figure}.csv",
        log:
            log_file(f"draw_figure/{figure}.log"),
        conda:
            "../../envs/figures.yaml"
        params:
            settings=settings(
                *drawn["settings"],
                expert=CLONED[0],
                figure=figure,
                dpi=config["figures"]["dpi"][figure],
            ),
            code=code("draw_figure.py", f"brainiarb/figures/{figure}.py"),
        message:
            f"Drawing {figure}"
        script:
            "../scripts/draw_figure.py"


rule film_gait_cycle:
    input:
        gait_map=f"{BODY_FOLDER}/tables/gait_map.csv",
        gait_cycles=f"{BODY_FOLDER}/tables/gait_cycles.csv",
        expert=drawn_file("rollouts.npz"),
        clones=drawn_file(f"bc_{config['figures']['noisy_level']}/rollouts.npz"),
    output:
        mp4=f"{BODY_FOLDER}/figures/gait_cycle.mp4",
        gif=report(
            f"{BODY_FOLDER}/figures/gait_cycle.gif",
            caption="../report/gait_cycle.rst",
            category="Figures",
            labels={"figure": "gait_cycle", "expert": CLONED[0]},
        ),
    log:
        log_file("film_gait_cycle.log"),
    conda:
        "../../envs/figures.yaml"
    params:
        settings=settings(
            "body",
            "figures.noisy_level",
            expert=CLONED[0],
            dpi=config["figures"]["dpi"]["gait_cycle"],
        ),
        code=code("film_gait_cycle.py"),
    message:
        "Filming one gait cycle of the expert and of a noisy clone"
    script:
        "../scripts/film_gait_cycle.py"
