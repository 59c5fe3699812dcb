"""Claims, and measures with planted effects that they are asked of."""

import numpy as np
import pandas as pd
import yaml

from brainiarb.statistics.claim_rows import Asked
from brainiarb.statistics.claims import claims_table
from brainiarb.statistics.ledger import Claim, Part, read_claims
from brainiarb.statistics.measures import Measure, measures_table, of_agent
from conftest import ROOT

LEDGER, OFFLINE = (
    yaml.safe_load((ROOT / f"workflow/claims/{name}.yaml").read_text("utf-8"))
    for name in ("brainiarb", "offline")
)
ASKED = Asked(0.05, (0, 80), {"default": {"experts": 5, "clones": 4}})
NO_SIMILARITY = pd.DataFrame(
    columns=[
        "expert", "level", "clone", "comparison", "cka", "stimuli", "pairing", "layer_first",
        "layer_second",
    ]
)  # fmt: skip


def part(expects="higher", smallest=1.0, comparison="difference", **given):
    filled = {
        "measure": "likeness", "no_effect": 0.0, "logarithms": False, "stimuli": "",
        "control": None,
    }  # fmt: skip
    return Part(comparison=comparison, expects=expects, smallest=smallest, **(filled | given))


def claim(
    *parts, name="C1", exploratory=False, levels=(0, 80), rows=None, measured_by=None, values=None,
    concludes=None,
):  # fmt: skip
    return Claim(
        name, "3", "Clones are not like the expert.", "nothing", rows, measured_by,
        "no reason", values or {}, concludes, "They differ.", exploratory, levels, parts,
        "fig_claims",
    )  # fmt: skip


def measured(
    offset=0.0, slope=0.0, experts=5, clones=4, noise=0.2, own=10.0, step=1.0, measure="likeness"
):
    """A measure whose clones lie `offset` off their expert, and `slope` more at 40 and 80 %."""
    rng = np.random.default_rng(1)
    rows = []
    for number in range(experts):
        value = own + step * number
        rows += of_agent(f"expert_{number}", -1, -1, {measure: Measure("1", value)})
        blocks = rng.normal(size=clones)
        for level in (0, 40, 80):
            apart = offset + slope * (level > 0) + noise * (blocks + 0.3 * rng.normal(size=clones))
            for clone, shift in enumerate(apart):
                named = {measure: Measure("1", value + shift)}
                rows += of_agent(f"expert_{number}", level, clone, named)
    return measures_table(rows)


def evaluated(measures, *claims, asked=ASKED, similarity=NO_SIMILARITY):
    return claims_table(measures, similarity, claims, asked)


def published_ledger(experts=5):
    """The table of the ledger of the study, on measures that are planted near their expert."""
    claims = read_claims(LEDGER)
    names = sorted({x.measure for c in claims for x in c.parts})
    measures = pd.concat(
        [measured(own=0.6, step=0.05, noise=0.01, measure=name, experts=experts) for name in names]
    )
    return evaluated(measures, *claims)
