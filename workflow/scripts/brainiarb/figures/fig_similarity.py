"""How similar the layers of clones and expert are, between floor and ceiling, by noise level."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import CLEAN, EXPERT, LAYER_NAMES, MUTED, NOISY, PAGE_WIDTH, head

SPREAD = 0.3  # width over which the clones of a level stand side by side
FLOOR = "expert_untrained"
CEILINGS = {
    "expert_seed": (EXPERT, "another seed"),
    "expert_algorithm": (NOISY, "other algorithm"),
}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw each layer's debiased CKA with floor and ceiling above, positions between them below."""
    table = tables["similarity"]
    table = table[(table["stimuli"] == "half") & (table["layer_first"] == table["layer_second"])]
    levels = sorted(table.loc[table["level"] >= 0, "level"].unique())
    figure = Figure(figsize=(PAGE_WIDTH, 4.0))
    panels = figure.subplots(2, len(LAYER_NAMES), sharex=True)
    shown = []
    for number, (layer, title) in enumerate(LAYER_NAMES.items()):
        pairs = table[table["layer_first"] == layer]
        bounds(panels[0, number], pairs, levels)
        for axes, name in zip(panels[:, number], ("cka", "position"), strict=True):
            mine = {
                kind: tables[kind][tables[kind]["measure"] == f"{name}_{layer}"]
                for kind in ("measures", "statistics")
            }
            clones(axes, mine["measures"], levels)
            intervals(axes, mine["statistics"], levels)
            shown.append(mine["measures"][mine["measures"]["level"] >= 0])
        shown.append(pairs[pairs["comparison"].isin([FLOOR, *CEILINGS])])
        scale(panels[1, number], shown[-2]["value"])
        head(panels[0, number], "ABCD"[number], title)
        head(panels[1, number], "EFGH"[number])
        panels[1, number].set_xticks(range(len(levels)), levels)
        panels[1, number].set_xlabel("noise (%)")
    panels[0, 0].set_ylabel("debiased CKA with the expert")
    panels[1, 0].set_ylabel("position (0 floor, 1 ceiling)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure, pd.concat(shown, ignore_index=True)


def bounds(axes: Axes, pairs: pd.DataFrame, levels: list[int]) -> None:
    """Draw the range of the floor as a band and every pair of the ceiling as a dash."""
    at = np.arange(len(levels))
    floor = pairs[pairs["comparison"] == FLOOR].groupby("level")["cka_debiased"]
    low, high = (found.reindex(levels).to_numpy(float) for found in (floor.min(), floor.max()))
    axes.fill_between(
        at, low, high, color=MUTED, alpha=0.35, linewidth=0, label="floor: untrained (range)"
    )
    for comparison, (colour, label) in CEILINGS.items():
        mine = pairs[pairs["comparison"] == comparison]
        places = [levels.index(level) for level in mine["level"]]
        axes.plot(
            places, mine["cka_debiased"], "_", ms=9, mew=1, color=colour, label=f"ceiling: {label}"
        )


def clones(axes: Axes, mine: pd.DataFrame, levels: list[int]) -> None:
    """Draw every clone as a point, those of a level side by side."""
    mine = mine[mine["level"] >= 0]
    count = mine["clone"].max() + 1 if len(mine) else 1
    at = [
        levels.index(level) + SPREAD * ((clone + 0.5) / count - 0.5)
        for level, clone in zip(mine["level"], mine["clone"], strict=True)
    ]
    axes.plot(
        at, mine["value"], "o", ms=2.2, mfc=CLEAN, mec="white", mew=0.2, alpha=0.8, zorder=3,
        label="clone (bar: mean of the level, 95 %)",
    )  # fmt: skip


def intervals(axes: Axes, statistics: pd.DataFrame, levels: list[int]) -> None:
    """Draw the interval of each level's mean beside its clones, as far as there is one."""
    found = statistics[(statistics["kind"] == "level") & statistics["level"].isin(levels)]
    found = found.dropna(subset=["low", "high"])
    at = np.array([levels.index(level) for level in found["level"]]) + SPREAD
    axes.vlines(at, found["low"], found["high"], color=CLEAN, linewidth=1.4)


def scale(axes: Axes, positions: pd.Series) -> None:
    """Mark floor and ceiling on the scale of positions, or say that there is none."""
    axes.axhline(0, color=MUTED, linewidth=0.8, linestyle="--")
    axes.axhline(1, color=EXPERT, linewidth=0.8, linestyle="--")
    if positions.isna().all():
        axes.set_yticks([0, 1])
        axes.text(
            0.5, 0.5, "none: no ceiling\nabove the floor", ha="center", va="center",
            transform=axes.transAxes, color=MUTED,
        )  # fmt: skip
