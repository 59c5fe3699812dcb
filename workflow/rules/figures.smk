"""Figures: tables -> figures/*.png, *.pdf, and the drawn numbers as *.csv

The rules follow from what the modules in brainiarb/figures declare (see declarations.smk).
"""

# There is one rule for each figure, because a caption of the report cannot belong to a wildcard.
for figure in FIGURES:

    rule:
        name:
            f"draw_{figure}"
        input:
            **figure_inputs(figure),
        output:
            png=report(
                f"{BODY_FOLDER}/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category="Figures",
                labels={"figure": figure, "expert": DRAWN_EXPERT},
            ),
            pdf=f"{BODY_FOLDER}/figures/{figure}.pdf",
            numbers=f"{BODY_FOLDER}/figures/{figure}.csv",
        log:
            log_file(f"draw_figure/{figure}.log"),
        group:
            "finish"
        conda:
            "../../envs/figures.yaml"
        resources:
            **TINY,
        params:
            settings=settings(
                *FIGURES[figure]["SETTINGS"],
                expert=DRAWN_EXPERT,
                figure=figure,
                every_expert=FIGURES[figure]["EVERY_EXPERT"],
                dpi=dpi_of(figure),
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
            labels={"figure": "gait_cycle", "expert": DRAWN_EXPERT},
        ),
    log:
        log_file("film_gait_cycle.log"),
    group:
        "finish"
    conda:
        "../../envs/figures.yaml"
    params:
        settings=settings(
            "body",
            "figures.noisy_level",
            expert=DRAWN_EXPERT,
            dpi=dpi_of("gait_cycle"),
        ),
        code=code("film_gait_cycle.py"),
    message:
        "Filming one gait cycle of the expert and of a noisy clone"
    script:
        "../scripts/film_gait_cycle.py"
