"""What the pages of a study are, show and tell"""

import os

# The pages of a study, and what each shows. The end of a run says where they are.
PAGES = {
    f"{BODY_FOLDER}/findings.html": (
        "which claims hold, and why, with all figures"
        if CLONED
        else "how the archives walk and act, with all figures"
    )
}
if CLONED or len(COMPARED) > 1:
    PAGES[f"{BODY_FOLDER}/explorer.html"] = (
        "two agents of your choice side by side, moving"
    )

PAGED_TARGETS = ["all", *["offline_methods"] * config["offline"]["in_study"]]
# The verdicts about methods of offline learning, where the study itself asks for them.
OFFLINE_ANSWERS = {
    f"offline_{table}": f"{BODY_FOLDER}/tables/offline_{table}.csv"
    for table in ("claims", "measures")
    if config["offline"]["in_study"]
}
PAGED_FIGURES = sorted(
    name
    for target in (PAGED_TARGETS if CLONED else ["archives"])
    for name in figures_of(target)
)
# Each measure of the other experts is made by the same scripts.
MEASURE_PARTS = [
    file
    for file in TABLED["measures"]
    if file.startswith(f"{BODY_FOLDER}/{DRAWN_EXPERT}/")
]
# The parts of the explorer: the page, its style, and its scripts in the order in which they run.
EXPLORER_PARTS = [
    located(f"workflow/report/explorer/{name}")
    for name in (
        "explorer.html",
        "explorer.css",
        "reading.js",
        "drawing.js",
        "bodies.js",
        "panels.js",
        "state.js",
        "choosing.js",
        "showing.js",
        "moving.js",
        "controls.js",
    )
]


def script_of(file):
    """Return the name of the script that makes a file, empty if no rule above makes it."""
    scripts = (rule.script for rule in workflow.rules if rule.is_producer(file))
    return Path(str(next(scripts, ""))).name


def described_settings():
    """Return the settings that captions and methods tell; levels are sorted, as everywhere."""
    without = {
        "statistics": ("classes", "claims"),
        "figures": ("dpi", "dpi_of"),
        "offline": ("claims",),
    }
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
        *["offline"] * config["offline"]["in_study"],
    )
    told = {
        section: {
            key: sorted(value) if key == "levels" and section != "study" else value
            for key, value in config[section].items()
            if key not in without.get(section, ())
        }
        for section in sections
    }
    told["study"]["datasets"] = DATASETS
    return settings("seed", "body", **told)


def print_pages():
    """Print where the pages are that the study has."""
    for page in filter(os.path.isfile, PAGES):
        print(f"  Open {page} in a browser: {PAGES[page]}.", flush=True)
