"""Pages of a small study: its tables, figures and config, written to a folder."""

from pathlib import Path

import pandas as pd
import yaml
from PIL import Image

from brainiarb.pages.findings import Sources, findings
from brainiarb.pages.page import read_contents
from brainiarb.statistics.ledger import read_claims
from brainiarb.statistics.replication import replication_table
from claim_tables import LEDGER, OFFLINE, evaluated, measured, measured_methods
from conftest import ROOT

REPORT = ROOT / "workflow/report"
PROVENANCE = {
    "command": "snakemake --cores 2 --configfile my_study.yaml",
    "commit": "0123456789abcdef",
    "python": "3.11.7",
    "machine": "Linux x86_64",
    "versions": {"torch": "2.13.0", "mujoco": "3.17.0"},
}


def config_of(experts, levels, body="walker2d"):
    """The config as the workflow hands it to pages."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
    study = {"clone": experts, "compare": experts, "datasets": []}
    study["levels"] = {name: levels for name in experts}
    return {**config, "body": body, "study": study}


def write_study(folder, experts=5, ledger=LEDGER, figures=("fig_claims", "fig2_cka")):
    """Write the tables and the figures of a study, and return the names of its experts."""
    claims = read_claims(ledger)
    names = sorted({part.measure for claim in claims for part in claim.parts})
    measures = pd.concat(
        [measured(own=0.6, step=0.05, noise=0.01, measure=name, experts=experts) for name in names]
    )
    experts = [f"expert_{number}" for number in range(experts)]
    agents = pd.DataFrame({"expert": experts, "return": 4321.0, "episodes": 20, "fell": 0.0})
    curves = pd.DataFrame({"expert": experts, "algorithm": "crossq"})
    (folder / "tables").mkdir(parents=True)
    answers = evaluated(measures, *claims)
    for name, table in {
        "claims": answers,
        "replication": replication_table(answers),
        "measures": measures,
        "agents": agents.assign(agent="expert", mode="mean"),
        "learning_curves": curves,
    }.items():
        table.to_csv(folder / f"tables/{name}.csv", index=False, float_format="%.9g")
    (folder / "figures").mkdir()
    for name in figures:
        Image.effect_noise((1500, 900), 40).save(folder / f"figures/{name}.png")
    return experts


def write_methods(folder):
    """Write the tables of the methods of offline learning of a study."""
    measures = measured_methods(network={"td3bc": -0.1})
    answers = evaluated(measures, *read_claims(OFFLINE), similarity=None)
    for name, table in {"claims": answers, "measures": measures}.items():
        table.to_csv(folder / f"tables/offline_{name}.csv", index=False, float_format="%.9g")


def page_of(
    folder, experts, levels=(0, 80), body="walker2d", provenance=PROVENANCE, meaning="executed"
):
    """Write the page of findings of the study in a folder and return its path."""
    config = config_of(experts, list(levels), body)
    config["noise"]["meaning"] = meaning
    figures = sorted(map(str, (folder / "figures").glob("*.png")))
    contents = read_contents(
        str(folder / "findings.html"),
        template=str(REPORT / "findings.html"),
        style=str(REPORT / "findings.css"),
        config=config,
        tables={path.stem: str(path) for path in (folder / "tables").glob("*.csv")},
        figures=figures,
        captions=[str(REPORT / f"{Path(figure).stem}.rst") for figure in figures],
        citation=str(ROOT / "CITATION.cff"),
        provenance=provenance,
    )
    sources = Sources("claims.yaml", "offline.yaml", "scripts", {"net_flux": "map_gaits.py"})
    text = findings(contents, sources)
    page = Path(folder / "findings.html")
    page.write_text(text, encoding="utf-8")
    return page
