"""Pages: tables, figures and recordings -> pages of one file each, which a browser opens offline"""

if CLONED:

    rule write_findings:
        input:
            **OFFLINE_ANSWERS,
            claims=f"{BODY_FOLDER}/tables/claims.csv",
            measures=f"{BODY_FOLDER}/tables/measures.csv",
            agents=f"{BODY_FOLDER}/tables/agents.csv",
            learning_curves=f"{BODY_FOLDER}/tables/learning_curves.csv",
            parts=MEASURE_PARTS,
            figures=[
                *expand(f"{BODY_FOLDER}/figures/{{name}}.png", name=PAGED_FIGURES),
                *expand(f"{BODY_FOLDER}/figures/{{name}}.gif", name=FILMS),
            ],
            captions=[
                located(f"workflow/report/{name}.rst")
                for name in (*PAGED_FIGURES, *FILMS)
            ],
            ledger=config["statistics"]["claims"],
            method_ledger=config["offline"]["claims"],
            citation=located("CITATION.cff"),
            template=located("workflow/report/findings.html"),
            page_parts=located("workflow/report/page_parts.html"),
            style=located("workflow/report/findings.css"),
        output:
            page=report(
                f"{BODY_FOLDER}/findings.html",
                category="Pages",
                labels={"page": "findings"},
            ),
        log:
            log_file("write_findings.log"),
        group:
            "finish"
        conda:
            "../../envs/pages.yaml"
        resources:
            **ENDING,
        params:
            settings=settings(
                described=described_settings(),
                scripts=[script_of(file) for file in MEASURE_PARTS],
            ),
            code=code("write_findings.py"),
        message:
            "Writing the page of findings"
        script:
            "../scripts/write_findings.py"

else:

    rule write_archives:
        input:
            agents=f"{BODY_FOLDER}/tables/agents.csv",
            learning_curves=f"{BODY_FOLDER}/tables/learning_curves.csv",
            figures=expand(f"{BODY_FOLDER}/figures/{{name}}.png", name=PAGED_FIGURES),
            captions=[located(f"workflow/report/{name}.rst") for name in PAGED_FIGURES],
            citation=located("CITATION.cff"),
            template=located("workflow/report/archives.html"),
            page_parts=located("workflow/report/page_parts.html"),
            style=located("workflow/report/findings.css"),
        output:
            page=report(
                f"{BODY_FOLDER}/findings.html",
                category="Pages",
                labels={"page": "findings"},
            ),
        log:
            log_file("write_archives.log"),
        group:
            "finish"
        conda:
            "../../envs/pages.yaml"
        resources:
            **ENDING,
        params:
            settings=settings(described=described_settings()),
            code=code("write_archives.py"),
        message:
            "Writing the page of the compared archives"
        script:
            "../scripts/write_archives.py"


rule write_explorer:
    input:
        rollouts=expand(expert_file("rollouts.npz"), expert=COMPARED),
        references=expand(
            expert_file("activations/common.h5"), expert=sorted(TABULATED)
        ),
        maps=(
            expand(expert_file("gait_map.npz"), expert=sorted(CLONED))
            if CLONED
            else [archives_file("gait_map.npz")]
        ),
        clones=cloned_files("bc_{noise}/rollouts.npz"),
        networks=cloned_files("activations/bc_{noise}.h5"),
        measures=f"{BODY_FOLDER}/tables/measures.csv",
        similarity=f"{BODY_FOLDER}/tables/similarity.csv",
        parts=EXPLORER_PARTS,
    output:
        page=report(
            f"{BODY_FOLDER}/explorer.html",
            caption="../report/explorer.rst",
            category="Pages",
            labels={"page": "explorer"},
        ),
    log:
        log_file("write_explorer.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    resources:
        **ENDING,
    params:
        settings=settings(
            "body",
            "analysis.transient",
            "analysis.rate_range",
            "spectra.segment",
            "noise.clones",
            "figures.noisy_level",
            experts=COMPARED,
            levels={expert: levels_of(expert) for expert in sorted(TABULATED)},
            first=DRAWN_EXPERT,
        ),
        code=code("write_explorer.py"),
    message:
        "Writing the page that shows any two agents side by side"
    script:
        "../scripts/write_explorer.py"
