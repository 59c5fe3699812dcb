"""Claims, and measures with planted effects that they are asked of."""

import numpy as np
import pandas as pd
import yaml

from brainiarb.statistics.claim_rows import Asked
from brainiarb.statistics.claims import claims_table
from brainiarb.statistics.ledger import Claim, Part, read_claims
from brainiarb.statistics.measures import PEER, Measure, measures_table, of_agent
from brainiarb.statistics.method_effects import of_methods
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


def measured_methods(network=None, gait=None, peers=-0.4, slope=0.0):
    """Measures of clones that lie 0.2 off their experts, and further off by some methods."""
    tables, rng = {}, np.random.default_rng(0)
    for method in ("bc", "iql", "td3bc", "tuned"):
        parts = []
        for measure, own, sign, apart in (
            ("cka_linear2_relu", 1.0, -1, network or {}),
            ("spectral_distance", 0.1, 1, gait or {}),
        ):
            offset = sign * 0.2 + apart.get(method, 0.0)
            rows = measured(offset, slope, own=own, step=0.0, noise=0.01, measure=measure)
            # Clones of one number by two methods are alike, but not equal.
            own_noise = 0.002 * rng.normal(size=len(rows)) * (rows["clone"] >= 0)
            parts.append(rows.assign(value=rows["value"] + own_noise))
        others = [
            row
            for number in range(5)
            for row in of_agent(
                f"expert_{number}", -1, 0, {f"{PEER}cka_linear2_relu": Measure("1", 1 + peers)}
            )
        ]
        tables[method] = pd.concat([*parts, measures_table(others)], ignore_index=True)
    return of_methods(tables)


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
