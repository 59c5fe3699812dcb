"""Figures: tables -> figures/*.png, *.pdf, and the drawn numbers as *.csv"""

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
    "fig3_gait_cycles": {
        "input": {
            "gait_map": f"{BODY_FOLDER}/tables/gait_map.csv",
            "gait_cycles": f"{BODY_FOLDER}/tables/gait_cycles.csv",
        },
        "settings": ["figures.noisy_level", "figures.study_level"],
    },
    "fig4_psd": {
        "input": {"spectra": f"{BODY_FOLDER}/tables/spectra.csv"},
        "settings": ["figures.noisy_level", "spectra.lowest", "spectra.highest"],
    },
    "noise_series": {
        "input": {"agents": f"{BODY_FOLDER}/tables/agents.csv"},
        "settings": [],
    },
}


rule draw_figure:
    input:
        unpack(lambda wildcards: FIGURES[wildcards.figure]["input"]),
    output:
        png=report(
            f"{BODY_FOLDER}/figures/{{figure}}.png",
            caption="../report/{figure}.rst",
            category="Figures",
            labels={"figure": "{figure}", "expert": CLONED[0]},
        ),
        pdf=f"{BODY_FOLDER}/figures/{{figure}}.pdf",
        numbers=f"{BODY_FOLDER}/figures/{{figure}}.csv",
    log:
        log_file("draw_figure/{figure}.log"),
    wildcard_constraints:
        figure=any_of(FIGURES),
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: settings(
            *FIGURES[wildcards.figure]["settings"],
            expert=CLONED[0],
            figure=wildcards.figure,
            dpi=config["figures"]["dpi"][wildcards.figure],
        ),
        code=lambda wildcards: code(
            "draw_figure.py", f"brainiarb/figures/{wildcards.figure}.py"
        ),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/draw_figure.py"
