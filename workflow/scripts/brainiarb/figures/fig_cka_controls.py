"""Why the published CKA is low: the unpaired values beside every control, layer by layer."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    HEAD_NAMES,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    head,
    layer_names,
    legend,
    letters,
)

TABLES = ["similarity", "self_similarity", "published_cka"]
SETTINGS = ["figures.noisy_level"]

HEADS = tuple(HEAD_NAMES.values())
UNPAIRED_LINES = 4
PUBLISHED, SPLITS = "published", "splits"
DEBIASED = 0.28  # how far below the biased values the debiased ones stand


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel for each layer, a line for each comparison, and a point for each pair."""
    noisy, similarity = settings["noisy_level"], tables["similarity"]
    itself = similarity.loc[similarity["layer_first"] == similarity["layer_second"], "layer_first"]
    names = layer_names([*itself, *tables["published_cka"]["layer_first"]])
    of_expert = similarity.loc[similarity["comparison"] == "expert_itself", "layer_first"]
    *_, last_hidden = (name for name in layer_names(of_expert).values() if name not in HEADS)
    lines = [
        ("published: expert, clean clone, unpaired", PUBLISHED, "own", None, NOISY),
        ("expert, clean clone, unpaired", "expert_clone", "own", 0, NOISY),
        (f"expert, clone at {noisy} %, unpaired", "expert_clone", "own", noisy, NOISY),
        ("expert, itself on other episodes, unpaired", SPLITS, "own", -1, NOISY),
        ("expert, clean clone", "expert_clone", "common", 0, CLEAN),
        (f"expert, clone at {noisy} %", "expert_clone", "common", noisy, CLEAN),
        ("clean clone, another", "clone_clone", "common", 0, CLEAN),
        ("floors: expert, untrained", "expert_untrained", "common", -1, MUTED),
        ("expert, another seed", "expert_seed", "common", -1, EXPERT),
        ("expert, other algorithm", "expert_algorithm", "common", -1, EXPERT),
        ("expert, observation", "expert_observation", "common", -1, MUTED),
        (f"expert, random head on its {last_hidden}", "random_heads", "common", -1, MUTED),
    ]
    figure = Figure(figsize=(PAGE_WIDTH, 3.6))
    panels = figure.subplots(1, len(names), sharey=True)
    shown = []
    for letter, axes, (layer, title) in zip(letters(), panels, names.items(), strict=False):
        for place, (label, comparison, stimuli, level, colour) in enumerate(lines):
            pairs = pairs_of(tables, layer, comparison, stimuli, level)
            dots(axes, pairs, place, colour, comparison)
            shown.append(pairs.assign(layer=layer, row=label))
        axes.axhline(UNPAIRED_LINES - 0.5 + DEBIASED / 2, color=MUTED, linewidth=0.5)
        axes.set_xlim(-0.04, 1.04)
        head(axes, letter, title)
    numbers = pd.concat(shown, ignore_index=True)
    panels[0].set_yticks(range(len(lines)), [label for label, *_ in lines])
    panels[0].set_ylim(len(lines) - 0.3, -0.6)
    for place, (label, *_) in enumerate(lines):
        sizes = size_of(numbers[numbers["row"] == label])
        panels[-1].text(1.08, place, sizes, fontsize=5.5, va="center", color=MUTED)
    panels[-1].text(1.08, -1, "rows, episodes", fontsize=5.5, va="center", color=MUTED)
    figure.supxlabel("linear CKA of each layer with itself (each point a pair)", fontsize=7)
    marks = (
        ("o", MUTED, MUTED, "biased, as published"),
        ("o", "white", MUTED, "debiased"),
        ("|", EXPERT, EXPERT, "mean of the splits, with one s.d."),
    )
    handles = [
        Line2D([], [], marker=mark, ms=3.2, mfc=face, mec=edge, mew=0.5, ls="none", label=label)
        for mark, face, edge, label in marks
    ]
    legend(figure, handles, "upper")
    return figure, numbers


def pairs_of(
    tables: dict[str, pd.DataFrame], layer: str, comparison: str, stimuli: str, level: int | None
) -> pd.DataFrame:
    """Return the pairs of a layer with itself, or with the observation or random heads."""
    if comparison in (PUBLISHED, SPLITS):
        table = tables["published_cka" if comparison == PUBLISHED else "self_similarity"]
        if comparison == PUBLISHED:
            table = table[table["panel"] == "C"]
        table = table.assign(pairing="unpaired")
        return table[(table["layer_first"] == layer) & (table["layer_second"] == layer)]
    table = tables["similarity"]
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


def dots(axes: Axes, pairs: pd.DataFrame, place: int, colour: str, comparison: str) -> None:
    """Draw the pairs of one line, or the word "none" where no pair has a value."""
    values = pairs["cka"].dropna()
    published, splits = comparison == PUBLISHED, comparison == SPLITS
    if len(values):
        axes.plot(
            values, [place] * len(values), "x" if published else "o", ms=1.8 if splits else 3.2,
            mfc=colour, mec=colour, mew=0.8 if published else 0, alpha=0.25 if splits else 0.7,
            linestyle="none",
        )  # fmt: skip
    else:
        axes.text(0.5, place, "none", fontsize=5.5, color=MUTED, ha="center", va="center")
    if "cka_debiased" in pairs and not splits:
        axes.plot(
            pairs["cka_debiased"], [place + DEBIASED] * len(pairs), "o", ms=2.2, mfc="white",
            mec=colour, mew=0.4, linestyle="none",
        )  # fmt: skip
    if splits and len(values):
        mean, sd = values.mean(), values.std()
        axes.plot([mean - sd, mean + sd], [place + DEBIASED] * 2, color=EXPERT, linewidth=0.8)
        axes.plot(mean, place + DEBIASED, "|", color=EXPERT, ms=4, mew=0.8)
    axes.plot([0, 1], [place] * 2, color=MUTED, linewidth=0.3, alpha=0.5, zorder=0)


def size_of(pairs: pd.DataFrame) -> str:
    """Return the number of rows and of episodes of the pairs of one line, as text."""
    if "rows" not in pairs or not pairs["rows"].notna().any():
        return ""
    spans = []
    for name in ("rows", "episodes"):
        low, high = int(pairs[name].min()), int(pairs[name].max())
        spans.append(f"{low:,}" if low == high else f"{low:,} to {high:,}")
    return ", ".join(spans)
