"""Robustness: who falls at which dose, with intervals, clones and the critical dose."""

import pandas as pd
import pytest

from figure_drawing import bars, draw, drawn, labels, points, tables_of, words
from figure_tables import EXPERT


def shares(**of):
    table = tables_of("fig_robustness")["falls"]
    for column, value in of.items():
        table = table[table[column] == value]
    return table


def test_every_level_stands_at_every_dose_with_the_interval_of_the_table():
    figure, numbers = drawn("fig_robustness")
    pushes, friction, critical = figure.axes
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "push (N, for 50 ms)", "friction (factor)", "each expert at its critical dose",
    ]  # fmt: skip
    for axes, name in ((pushes, "push"), (friction, "friction")):
        rows = shares(expert=EXPERT, disturbance=name)
        assert len(rows) == 9
        assert sorted(bars(axes)) == sorted(rows[["low", "high"]].to_numpy().tolist())
    assert [text.get_text() for text in friction.get_xticklabels()] == [
        "0.5", "1\nundisturbed", "1.5",
    ]  # fmt: skip
    assert len(bars(critical)) == 6
    assert set(numbers["kind"]) == {"level", "agent"}


def test_every_clone_is_a_point_fallers_included():
    pushes = drawn("fig_robustness")[0].axes[0]
    clones = [line for line in points(pushes) if len(line.get_xdata()) == 4]
    assert len(clones) == 6
    measures = tables_of("fig_robustness")["measures"]
    clean = measures.query("measure == 'falls_push_200' and level == 0")["value"].tolist()
    assert clean in [line.get_ydata().tolist() for line in clones]
    assert 1.0 in clean


def test_the_legend_counts_clones_and_episodes_and_says_what_a_bar_is():
    assert labels(drawn("fig_robustness")[0]) == {
        "expert (4 episodes a dose)",
        "clones, clean (4 clones, 16 episodes a dose)",
        "clones, 80 % noise (4 clones, 16 episodes a dose)",
        "95 % interval",
        "critical dose: it fells nearest to half of the clean clones' episodes",
    }


def test_the_critical_dose_is_marked_and_stands_under_each_expert():
    figure = drawn("fig_robustness")[0]
    rows = shares(critical=True).drop_duplicates("expert")
    assert len(rows) == 2
    for row in rows.itertuples():
        assert f"{row.expert}\n{row.disturbance} {row.dose:g}" in words(figure)
    assert sum(len(axes.patches) for axes in figure.axes) == 1


def test_without_clean_clones_nothing_is_called_critical():
    table = shares().assign(critical=False)
    figure, _ = draw("fig_robustness", {"falls": table[table["level"] != 0]})
    assert not [axes for axes in figure.axes if axes.get_xlabel().startswith("each expert")]
    assert not [label for label in labels(figure) if "critical" in label]


@pytest.mark.parametrize(("study_level", "drawn_level"), [(80, 80), (60, 120)])
def test_the_level_of_the_study_is_drawn_or_the_highest(study_level, drawn_level):
    table = shares()
    further = table[table["level"] == 80].assign(level=120)
    falls = pd.concat([table, further], ignore_index=True)
    _, numbers = draw("fig_robustness", {"falls": falls}, study_level=study_level)
    assert set(numbers.query("kind == 'level'")["level"]) == {-1, 0, drawn_level}
