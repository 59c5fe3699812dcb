"""Small tables of what single networks do, for the figures that draw them."""

import numpy as np
import pandas as pd

from brainiarb.figures import fig_decoding, fig_jpca

EXPERT = "crossq_0"


def shown_networks():
    """Networks that were shown one walk: the drawn clone of a level is the second."""
    rows = [("expert", -1, -1, True), ("untrained", -1, 0, True), ("untrained", -1, 1, False)]
    rows += [("clone", level, clone, clone == 1) for level in (0, 20, 40) for clone in (0, 1)]
    rows += [("crossq_1", -1, -1, True), ("sac_0", -1, -1, False)]
    table = pd.DataFrame(rows, columns=["network", "level", "clone", "drawn"])
    return table.assign(expert=EXPERT, note="", layer="linear2")


def with_observations(networks):
    """The same networks after their observations, which are one more signal."""
    named = {"network": "observations", "level": -1, "clone": -1, "drawn": True, "note": ""}
    named["layer"] = "observations"
    return pd.concat([pd.DataFrame([named | {"expert": EXPERT}]), networks], ignore_index=True)


def rotations():
    """Fits and tracks of all networks; that of the drawn noisy clone says why it has none."""
    fits = with_observations(shown_networks())
    fits = fits.merge(pd.DataFrame({"plane": [1.0, 2.0]}), how="cross")
    observed = fits["network"] == "observations"
    fits["r2"] = np.where(observed, 0.3, 0.5 + 0.01 * fits["clone"])
    fits["r2_gain"] = (fits["r2"] - 0.3).mask(observed)
    fits = fits.assign(frequency=1.6, plane_variance=0.5)
    for kind in fig_jpca.NULLS:
        fits[f"{kind}_low"], fits[f"{kind}_high"] = 0.01, 0.02
    fallen = (fits["level"] == 40) & fits["drawn"]
    fits.loc[fallen, ["plane", "r2", "r2_gain", "frequency", "plane_variance"]] = np.nan
    fits.loc[fallen, "note"] = "fewer than 100 steady rows"
    fits = fits.drop_duplicates()
    angle = np.linspace(0, 9, 50)
    frames = [
        pd.DataFrame({"time": angle, "x": np.cos(angle), "y": np.sin(angle)}).assign(**agent)
        for agent in with_observations(shown_networks()).query("drawn").to_dict("records")
        if agent["level"] != 40
    ]
    return {"jpca": fits, "jpca_trajectories": pd.concat(frames, ignore_index=True)}


def single_networks():
    """What every network shows by itself."""
    drawn = [f"{measure}_linear2" for measure in fig_decoding.SINGLE]
    names = pd.DataFrame({"measure": [*drawn, "silent_units_linear1"]})
    table = shown_networks().drop(columns=["drawn", "layer"]).merge(names, how="cross")
    return table.assign(value=np.linspace(0, 0.9, len(table)), unit="1", status="ok")


def decoding():
    rng = np.random.default_rng(0)
    targets = pd.DataFrame({"target": [*fig_decoding.DECODED], "score": ["R2", "AUC"]})
    table = with_observations(shown_networks()).merge(targets, how="cross")
    scores = table.assign(value=rng.uniform(0.6, 1, len(table)))
    return {"decoding": scores, "single_networks": single_networks()}
