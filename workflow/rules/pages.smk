"""Pages: tables, figures and recordings -> pages of one file each, which a browser opens offline"""

import os

# The pages of a study, and what each shows. The end of a run says where they are.
PAGES = {
    f"{BODY_FOLDER}/findings.html": "which claims hold, and why, with all figures",
}

PAGED_FIGURES = sorted(name for name in FIGURES if FIGURES[name]["TARGET"] == "all")
# Each measure of the other experts is made by the same scripts.
MEASURE_PARTS = [
    file
    for file in TABLED["measures"]
    if file.startswith(f"{BODY_FOLDER}/{DRAWN_EXPERT}/")
]


def script_of(file):
    """Return the name of the script that makes a file, empty if no rule above makes it."""
    scripts = (rule.script for rule in workflow.rules if rule.is_producer(file))
    return Path(str(next(scripts, ""))).name


def described_settings():
    """Return the settings that captions and methods tell; levels are sorted, as everywhere."""
    without = {"statistics": ("classes", "claims"), "figures": ("dpi", "dpi_of")}
    sections = (
        "study",
        "noise",
        "cloning",
        "recording",
        "analysis",
        "stimuli",
        "similarity",
        "spectra",
        "gaitmap",
        "statistics",
        "robustness",
        "dynamics",
        "figures",
    )
    told = {
        section: {
            key: sorted(value) if key == "levels" and section != "study" else value
            for key, value in config[section].items()
            if key not in without.get(section, ())
        }
        for section in sections
    }
    return settings("seed", "body", **told)


def print_pages():
    """Print where the pages are that the study has."""
    for page in filter(os.path.isfile, PAGES):
        print(f"  Open {page} in a browser: {PAGES[page]}.", flush=True)


rule write_findings:
    input:
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
            located(f"workflow/report/{name}.rst") for name in (*PAGED_FIGURES, *FILMS)
        ],
        ledger=config["statistics"]["claims"],
        citation=located("CITATION.cff"),
        template=located("workflow/report/findings.html"),
        style=located("workflow/report/findings.css"),
    output:
        page=report(
            f"{BODY_FOLDER}/findings.html",
            category="Pages",
            labels={"page": "findings"},
        ),
    log:
        log_file("write_findings.log"),
    conda:
        "../../envs/pages.yaml"
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
