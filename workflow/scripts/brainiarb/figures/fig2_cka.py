"""Figure 2: CKA between layers, by the published procedure, on the same states, as published."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.cells import cell_colours, draw_cells
from brainiarb.figures.style import PAGE_WIDTH, head, layer_names

TABLES = ["similarity", "self_similarity", "published_cka"]
SETTINGS = ["figures.noisy_level"]

COLUMNS = 4


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw three rows of heat maps: the study's procedure, the same states, the study's values."""
    similarity, noisy = tables["similarity"], settings["noisy_level"]

    def compared(comparison: str, stimuli: str, level: int) -> pd.DataFrame:
        return select(similarity, comparison, stimuli, level)

    published = tables["published_cka"].groupby("panel")
    splits = tables["self_similarity"]
    rows = (
        (
            "the published procedure: each network on its own rollout, rows by index",
            {
                "A": ("expert, itself", compared("expert_itself", "own", -1)),
                "B": ("clean clone, itself", compared("clone_itself", "own", 0)),
                "C": ("clean clone, unpaired", compared("expert_clone", "own", 0)),
                "D": (f"clone at {noisy} %, unpaired", compared("expert_clone", "own", noisy)),
            },
        ),
        (
            "E, F, G: both networks on the same states     H: one network, compared as in C and D",
            {
                "E": ("expert, clean clone", compared("expert_clone", "common", 0)),
                "F": (f"expert, clone at {noisy} %", compared("expert_clone", "common", noisy)),
                "G": ("expert, untrained", compared("expert_untrained", "common", -1)),
                "H": ("other episodes, unpaired", splits),
            },
        ),
        (
            "as published: dm_control's walker-walk, 1,024 units a layer, 100 episodes a network",
            {
                letter: (f"published {panel}: {title}", published.get_group(panel))
                for letter, panel, title in (
                    ("I", "A", "SAC"),
                    ("J", "B", "clone"),
                    ("K", "C", "unpaired"),
                )
            },
        ),
    )
    # Other experts are not drawn, and may have layers that no network here has.
    drawn = similarity[~similarity["comparison"].isin(["expert_seed", "expert_algorithm"])]
    names = layer_names([*drawn["layer_first"], *tables["published_cka"]["layer_first"]])
    figure = Figure(figsize=(PAGE_WIDTH, 6.7))
    grid = figure.add_gridspec(len(rows), 1)
    parts = [figure.add_subfigure(grid[row]) for row in range(len(rows))]
    shown = []
    for part, (title, panels) in zip(parts, rows, strict=True):
        part.suptitle(title)
        places = part.subplots(1, COLUMNS, sharey=True)
        for axes, (letter, (name, pairs)) in zip(places, panels.items(), strict=False):
            cells = medians(pairs, names)
            heat_map(axes, cells, names)
            head(axes, letter, name)
            shown.append(cells.assign(panel=letter))
        for axes in places[len(panels) :]:
            axes.set_axis_off()
        places[0].set_ylabel("layer of the first network")
        part.supxlabel("layer of the second network", fontsize=7)
        part.colorbar(cell_colours(), ax=part.axes, shrink=0.75, label="linear CKA", pad=0.01)
    return figure, pd.concat(shown, ignore_index=True)


def select(table: pd.DataFrame, comparison: str, stimuli: str, level: int) -> pd.DataFrame:
    """Return the pairs of layers of one panel."""
    return table[
        (table["comparison"] == comparison)
        & (table["stimuli"] == stimuli)
        & (table["level"] == level)
    ]


def medians(pairs: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the median, least and largest value of each pair of named layers, and their n."""
    recorded = pairs["layer_first"].isin(names) & pairs["layer_second"].isin(names)
    cells = pairs[recorded].groupby(["layer_first", "layer_second"], sort=False)["cka"]
    return cells.agg(cka="median", low="min", high="max", n="count").reset_index()


def heat_map(axes: Axes, cells: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Draw one panel with its numbers: a pair without a value says so, a missing pair is blank."""
    table = cells.pivot(index="layer_first", columns="layer_second", values="cka")
    values = table.reindex(index=[*names], columns=[*names]).to_numpy(float)
    draw_cells(axes, values, [*names.values()], [*names.values()])
    known = {*zip(cells["layer_first"], cells["layer_second"], strict=True)}
    for (i, first), (j, second) in product(enumerate(names), repeat=2):
        if pd.isna(values[i, j]) and (first, second) in known:
            axes.text(j, i, "undef.", ha="center", va="center", fontsize=5.5)
