"""What each network holds by itself: the gait that is read from it, silent units, its two heads."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.networks import analysed, by_network, legend_handles
from brainiarb.figures.style import PAGE_WIDTH, head, legend, letters

TABLES = ["decoding", "single_networks"]

DECODED = {"phase": "phase of the cycle", "contact": "ground contact"}
SCORES = {"R2": "R² in episodes left out", "AUC": "area under the curve"}
LEAST = {"R2": -0.2, "AUC": 0.45}  # lower ends of the panels; worse values lie below them
SINGLE = {
    "silent_units": ("silent units of {}", "share of units"),
    "self_cka_log_std": ("{} and own log s.d. head", "CKA"),
}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per target and per measure: every network is a point."""
    decoded = tables["decoding"]
    single = of_decoded_layers(tables["single_networks"], decoded)
    layers = analysed(decoded)
    figure = Figure(figsize=(PAGE_WIDTH, 4.4))
    panels, names = figure.subplots(2, 2), letters()
    for axes, (target, title) in zip(panels[0], DECODED.items(), strict=True):
        decoding(axes, decoded[decoded["target"] == target])
        head(axes, next(names), title)
    for axes, (measure, (title, label)) in zip(panels[1], SINGLE.items(), strict=True):
        by_network(axes, single[single["measure"] == measure + "_" + single["layer"]], "value")
        axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1.02)
        axes.set_ylabel(label)
        head(axes, next(names), title.format(layers))
    legend(figure, legend_handles(observed=True), "upper")
    return figure, pd.concat([decoded, single], ignore_index=True)


def of_decoded_layers(single: pd.DataFrame, decoded: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of single networks that are drawn, each of the layer that is decoded."""
    keys = ["network", "level", "clone"]
    layered = single.merge(decoded[[*keys, "layer"]].drop_duplicates(), on=keys)
    drawn = [measure + "_" + layered["layer"] for measure in SINGLE]
    return layered[pd.concat([layered["measure"] == name for name in drawn], axis=1).any(axis=1)]


def decoding(axes: Axes, scores: pd.DataFrame) -> None:
    """Draw how well one target is read from each network; a line is the observation."""
    by_network(axes, scores, "value")
    score = scores["score"].iloc[0]
    axes.set_ylabel(SCORES[score])
    bottom = max(axes.get_ylim()[0], LEAST[score])
    axes.set_ylim(bottom, 1 + 0.04 * (1 - bottom))
