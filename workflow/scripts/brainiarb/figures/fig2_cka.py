"""Figure 2: CKA between layers, by the published procedure and on the same states."""

from itertools import product
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from brainiarb.figures.style import HEAT, LAYER_NAMES, PAGE_WIDTH, head, two_rows

TABLES = ["similarity"]
SETTINGS = ["figures.noisy_level"]

SCALE = Normalize(0, 1)
DARK = 0.55  # cells below this value carry white digits


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw eight heat maps: the study's four above, the same made right and their bounds below."""
    table, noisy = tables["similarity"], settings["noisy_level"]
    panels = [
        ("A", "expert, itself", "own", "expert_itself", -1),
        ("B", "clean clone, itself", "own", "clone_itself", 0),
        ("C", "clean clone, unpaired", "own", "expert_clone", 0),
        ("D", f"clone at {noisy} %, unpaired", "own", "expert_clone", noisy),
        ("E", "expert, clean clone", "half", "expert_clone", 0),
        ("F", f"expert, clone at {noisy} %", "half", "expert_clone", noisy),
        ("G", "expert, untrained", "half", "expert_untrained", 0),
        ("H", "two rollouts, unpaired", "own", "expert_two_rollouts", -1),
    ]
    figure = Figure(figsize=(PAGE_WIDTH, 4.5))
    rows = two_rows(figure)
    rows[0].suptitle(
        "published procedure: each network on its own rollout, rows by index; C, D: unpaired"
    )
    rows[1].suptitle(
        "E, F, G: both on the same states (half the expert's, half the clones')     "
        "H: one network, compared as in C and D"
    )
    shown = []
    for row, part in zip(rows, (panels[:4], panels[4:]), strict=True):
        for axes, (letter, title, stimuli, comparison, level) in zip(
            row.subplots(1, 4, sharey=True), part, strict=True
        ):
            pairs = select(table, comparison, stimuli, level)
            heat_map(axes, pairs)
            head(axes, letter, title)
            shown.append(pairs.assign(panel=letter))
        row.axes[0].set_ylabel("layer of the first network")
        row.supxlabel("layer of the second network", fontsize=7)
        row.colorbar(
            ScalarMappable(SCALE, HEAT), ax=row.axes, shrink=0.75, label="linear CKA", pad=0.01
        )
    return figure, pd.concat(shown, ignore_index=True)


def select(table: pd.DataFrame, comparison: str, stimuli: str, level: int) -> pd.DataFrame:
    """Return the pairs of layers of one panel; of all clones, only that of median return."""
    pairs = table[
        (table["comparison"] == comparison)
        & (table["stimuli"] == stimuli)
        & (table["level"] == level)
        & table["layer_first"].isin(LAYER_NAMES)
        & table["layer_second"].isin(LAYER_NAMES)
    ]
    return pairs[(pairs["clone"] == -1) | pairs["median"]]


def heat_map(axes: Axes, pairs: pd.DataFrame) -> None:
    """Draw one panel with its numbers; a pair without a value stays blank and says so."""
    names = list(LAYER_NAMES)
    table = pairs.pivot(index="layer_first", columns="layer_second", values="cka")
    values = table.reindex(names)[names].to_numpy(float)
    axes.imshow(values, norm=SCALE, cmap=HEAT)
    for i, j in product(range(len(names)), repeat=2):
        value = values[i, j]
        if pd.isna(value):
            axes.text(j, i, "undef.", ha="center", va="center", fontsize=5.5)
        else:
            colour = "white" if value < DARK else "black"
            axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=6, color=colour)
    labels = [LAYER_NAMES[name] for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), labels)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
