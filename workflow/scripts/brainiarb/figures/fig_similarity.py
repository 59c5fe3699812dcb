"""How similar the layers of clones and expert are, and by how much more than at their start."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import Means, level_means, of_one_sample
from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    HEAD_NAMES,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    SERIES,
    head,
    layer_names,
    legend,
    letters,
    rows_of,
    say_no_value,
)
from brainiarb.similarity.measures import MEASURES
from brainiarb.statistics.measures import ABSENT

TABLES = ["similarity", "measures", "statistics"]
EVERY_EXPERT = ["measures"]
SETTINGS = ["statistics.alpha"]

COLUMNS = 4
SPREAD = 0.3  # width over which the clones of a level stand, and distance of the mean from them
OTHERS = -1.5  # place of the other experts, left of the levels
REFERENCES = {
    "expert_seed": (EXPERT, "other expert, same algorithm"),
    "expert_algorithm": (NOISY, "other expert, other algorithm"),
}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw each layer's similarity with its references, and below it the gain over the own floor.

    All measures of the table that are `drawn` (see `similarity.measures`) have such a pair of
    panels for every layer that they compare.
    """
    pairs, every = tables["similarity"], tables["measures"]
    pairs = pairs[(pairs["stimuli"] == "common") & (pairs["layer_first"] == pairs["layer_second"])]
    of_clones = pairs["comparison"].isin(["expert_clone", "expert_untrained"])
    titles = panel_titles(pairs.loc[of_clones, "layer_first"], every)
    levels = sorted(every.loc[every["level"] >= 0, "level"].unique())
    places = {level: number + SPREAD for number, level in enumerate(levels)}
    drawn = [
        (name, layer, f"{entry.tabulated}_{layer}")
        for name, entry in MEASURES.items()
        for layer in titles
        if entry.drawn and name in pairs and entry.compares("common", layer, layer)
    ]
    names = [measure for *_, measure in drawn]
    means = level_means(tables["statistics"], every, names, settings["alpha"])
    gained = gain_means(tables["statistics"], every, names, means.label)
    agents = of_expert(every, settings["expert"])
    figure = Figure(figsize=(PAGE_WIDTH, 0.5 + 3.5 * rows_of(len(drawn), COLUMNS)))
    panels = panel_pairs(figure, len(drawn))
    shown = []
    for number, ((name, layer, measure), (upper, lower)) in enumerate(
        zip(drawn, panels, strict=True)
    ):
        of_layer, values = pairs[pairs["layer_first"] == layer], with_floors(agents, measure)
        references(upper, of_layer, name, levels)
        floors(upper, values, levels)
        clones(upper, values, "value", levels)
        means.draw(upper, measure, places, CLEAN)
        lower.axhline(0, color=MUTED, linewidth=0.8)
        clones(lower, values, "gain", levels)
        gained.draw(lower, measure, places, CLEAN)
        if number % COLUMNS == 0 or drawn[number - 1][0] != name:
            upper.set_ylabel(MEASURES[name].label)
            lower.set_ylabel("gain over the own start")
        lower.set_xlim(OTHERS - 0.4, len(levels) - 0.4)
        lower.set_xticks([OTHERS, *range(len(levels))], ["others", *levels])
        lower.set_xlabel("noise (%)")
        kinds = [*REFERENCES, "clone_clone"]
        shown += [values, of_layer[of_layer["comparison"].isin(kinds)]]
    names_of_panels = letters()
    for start in range(0, len(drawn), COLUMNS):
        for kind, titled in ((0, True), (1, False)):
            for number in range(start, min(start + COLUMNS, len(drawn))):
                title = titles[drawn[number][1]] if titled else ""
                head(panels[number][kind], next(names_of_panels), title)
    handles, _ = panels[0][0].get_legend_handles_labels()
    legend(figure, [*handles, *means.handles(CLEAN)], "lower")
    return figure, pd.concat([*shown, means.numbers(), gained.numbers("gain")], ignore_index=True)


def panel_titles(layers: pd.Series, measures: pd.DataFrame) -> dict[str, str]:
    """Return the layers of which panels are drawn: hidden ones after the non-linearity, heads.

    Only units of a ReLU can fall silent, so another non-linearity has no silent units.
    """
    silent = measures.loc[measures["measure"].str.startswith("silent_units_"), "status"]
    after = "activated" if (silent == ABSENT).any() else "after ReLU"
    return {
        layer if layer in HEAD_NAMES else f"{layer}_relu": title
        if layer in HEAD_NAMES
        else f"{title}, {after}"
        for layer, title in layer_names(layers).items()
    }


def panel_pairs(figure: Figure, count: int) -> list[tuple[Axes, Axes]]:
    """Return so many pairs of an upper and a lower panel, in rows of `COLUMNS` pairs."""
    grid = figure.add_gridspec(2 * rows_of(count, COLUMNS), COLUMNS)
    pairs = []
    for number in range(count):
        row, column = 2 * (number // COLUMNS), number % COLUMNS
        upper = figure.add_subplot(grid[row, column])
        pairs.append((upper, figure.add_subplot(grid[row + 1, column], sharex=upper)))
        upper.tick_params(labelbottom=False)
    return pairs


def with_floors(measures: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure of every clone with its own floor, and the gain over it."""
    keys = ["expert", "clone"]
    clones = measures[(measures["measure"] == measure) & (measures["level"] >= 0)]
    floors = measures.loc[measures["measure"] == f"floor_{measure}", [*keys, "value"]]
    floors = floors.rename(columns={"value": "floor"})
    return clones.merge(floors, on=keys, how="left").assign(gain=lambda t: t["value"] - t["floor"])


def gain_means(
    statistics: pd.DataFrame, measures: pd.DataFrame, names: list[str], label: str
) -> Means:
    """Return the mean gains over the own floors at each level, as statistics give them."""
    table, count = of_one_sample(statistics, "gain")
    table = table[table["measure"].isin(names)]
    gains = pd.concat([with_floors(measures, name) for name in names])
    keys = ["expert", "measure", "level"]
    experts = gains.groupby(keys, as_index=False)["gain"].mean().rename(columns={"gain": "value"})
    return Means(table, experts if count > 1 else experts.iloc[:0], label)


def references(axes: Axes, pairs: pd.DataFrame, measure: str, levels: list[int]) -> None:
    """Draw the other experts left of the levels, and each clone with the next one of its level."""
    for comparison, (colour, label) in REFERENCES.items():
        others = pairs[(pairs["comparison"] == comparison) & (pairs["first"] == "expert")][measure]
        axes.plot([OTHERS] * len(others), others, "_", ms=7, mew=1, color=colour, label=label)
    side_by_side(
        axes, pairs[pairs["comparison"] == "clone_clone"], measure, levels,
        {"marker": "d", "ms": 2.2, "mfc": "white", "mec": SERIES[2], "mew": 0.5,
         "label": "clone with the next clone of its level"},
    )  # fmt: skip


def floors(axes: Axes, values: pd.DataFrame, levels: list[int]) -> None:
    """Draw the own floor of each clone as a line over all levels."""
    each = values.drop_duplicates("clone")["floor"].dropna()
    label: str | None = "own start of a clone (untrained)"
    for floor in each:
        axes.plot([-0.4, len(levels) - 0.6], [floor] * 2, color=MUTED, linewidth=0.6, label=label)
        label = None


def clones(axes: Axes, values: pd.DataFrame, column: str, levels: list[int]) -> None:
    """Draw every clone as a point, and say where no clone has a value."""
    look = {"marker": "o", "ms": 2.4, "mfc": CLEAN, "mec": "white", "mew": 0.2, "label": "clone"}
    side_by_side(axes, values, column, levels, look)
    if not values[column].notna().any():
        say_no_value(axes, values["note"])


def side_by_side(
    axes: Axes, values: pd.DataFrame, column: str, levels: list[int], look: Mapping[str, Any]
) -> None:
    """Draw the values of numbered clones; those of a level stand side by side."""
    count = values["clone"].max() + 1 if len(values) else 1
    at = [
        levels.index(level) + SPREAD * ((clone + 0.5) / count - 0.5)
        for level, clone in zip(values["level"], values["clone"], strict=True)
    ]
    axes.plot(at, values[column], linestyle="none", zorder=3, **look)
