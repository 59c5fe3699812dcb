"""The noise axes: any number of meanings, each with colours and marks of its own."""

import pandas as pd
import pytest

from brainiarb.clones.axes import axis_intervals
from figure_drawing import draw, labels, tables_of


@pytest.mark.parametrize("count", [1, 4, 5, 7])
def test_every_meaning_in_the_table_is_a_series_however_many_there_are(count):
    table = tables_of("fig_noise_axes")["noise_axes"]
    usual = table[table["meaning"] == "executed"]
    most = usual[(usual["episodes"] == 20) & ~usual["held"]]
    more = [most.assign(meaning=f"meaning_{number}") for number in range(1, count)]
    table = pd.concat([usual, *more], ignore_index=True)
    figure, _ = draw(
        "fig_noise_axes",
        {"noise_axes": table, "noise_axes_intervals": axis_intervals(table, 0, 50, 0.05, 0.5)},
    )
    assert {"executed", *(f"meaning {number}" for number in range(1, count))} <= labels(figure)
    looks = {
        (line.get_color(), line.get_marker())
        for line in figure.axes[0].lines
        if not line.get_label().startswith("_")
    }
    assert len(looks) == count


def test_the_fewest_episodes_belong_to_both_ways_of_counting():
    figure, _ = draw("fig_noise_axes")
    lines = {line.get_label(): line for line in figure.axes[3].lines}
    for label in ("0 % noise", "0 % noise, samples held", "80 % noise", "80 % noise, samples held"):
        assert len(lines[label].get_xdata()) == 3
