"""Why the published CKA is low: the unpaired values beside every control, layer by layer."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    LAYER_NAMES,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    head,
    letters,
)

TABLES = ["similarity"]
SETTINGS = ["figures.noisy_level"]

# The values are from the study's notebook cka_v4, which compares each layer of its SAC expert with
# the same layer of a clone without noise.
PUBLISHED = {
    "linear1": 0.008983,
    "linear2": 0.055544,
    "mean_linear": 0.000871,
    "log_std_linear": 0.022991,
}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel for each layer, a line for each comparison, and a point for each pair."""
    noisy = settings["noisy_level"]
    rows = [
        ("published: expert, clean clone, unpaired", "published", "own", None, NOISY),
        ("expert, clean clone, unpaired", "expert_clone", "own", 0, NOISY),
        (f"expert, clone at {noisy} %, unpaired", "expert_clone", "own", noisy, NOISY),
        ("expert, itself on two rollouts, unpaired", "expert_two_rollouts", "own", -1, NOISY),
        ("expert, clean clone", "expert_clone", "half", 0, CLEAN),
        (f"expert, clone at {noisy} %", "expert_clone", "half", noisy, CLEAN),
        ("clean clone, another", "clone_clone", "half", 0, CLEAN),
        ("floor: expert, untrained", "expert_untrained", "half", 0, MUTED),
        ("ceiling: expert, another seed", "expert_seed", "half", 0, EXPERT),
        ("ceiling: expert, other algorithm", "expert_algorithm", "half", 0, EXPERT),
        ("expert, observation", "expert_observation", "expert", -1, MUTED),
        ("expert, random head on its linear 2", "random_heads", "expert", -1, MUTED),
    ]
    figure = Figure(figsize=(PAGE_WIDTH, 3.0))
    panels = figure.subplots(1, len(LAYER_NAMES), sharey=True)
    shown = []
    for letter, axes, (layer, title) in zip(letters(), panels, LAYER_NAMES.items(), strict=False):
        for place, (label, comparison, stimuli, level, colour) in enumerate(rows):
            if comparison == "published":
                pairs = pd.DataFrame({"cka": [PUBLISHED[layer]], "pairing": "unpaired"})
            else:
                pairs = select(tables["similarity"], layer, comparison, stimuli, level)
            dots(axes, pairs["cka"], place, colour, "x" if comparison == "published" else "o")
            shown.append(pairs.assign(layer=layer, row=label))
        axes.axhline(3.5, color=MUTED, linewidth=0.5)
        axes.set_xlim(-0.04, 1.04)
        head(axes, letter, title)
    panels[0].set_yticks(range(len(rows)), [label for label, *_ in rows])
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.supxlabel("linear CKA of each layer with itself (each point a pair)", fontsize=7)
    return figure, pd.concat(shown, ignore_index=True)


def select(
    table: pd.DataFrame, layer: str, comparison: str, stimuli: str, level: int | None
) -> pd.DataFrame:
    """Return the pairs of a layer with itself, or with the observation or random heads."""
    pairs = table[
        (table["comparison"] == comparison)
        & (table["stimuli"] == stimuli)
        & (table["level"] == level)
        & (table["layer_first"] == layer)
    ]
    if comparison in ("expert_observation", "random_heads"):
        return pairs
    pairs = pairs[pairs["layer_second"] == layer]
    if comparison in ("expert_seed", "expert_algorithm"):
        pairs = pairs[pairs["first"] == "expert"]
    return pairs


def dots(axes: Axes, values: pd.Series, place: int, colour: str, marker: str) -> None:
    """Draw the pairs of one line, or the word "none" where no pair has a value."""
    values = values.dropna()
    if len(values):
        axes.plot(
            values, [place] * len(values), marker, ms=3.2, mfc=colour, mec=colour,
            mew=0.8 if marker == "x" else 0, alpha=0.7, linestyle="none",
        )  # fmt: skip
    else:
        axes.text(0.5, place, "none", fontsize=5.5, color=MUTED, ha="center", va="center")
    axes.plot([0, 1], [place] * 2, color=MUTED, linewidth=0.3, alpha=0.5, zorder=0)
