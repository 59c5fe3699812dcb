"""The panel of clones by level: which points are hollow, and how many clones have a value."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from brainiarb.figures.by_level import clones_by_level, legend_handles, lower_medians
from brainiarb.figures.means import level_means
from figure_drawing import points
from figure_tables import gait_measures, margins, with_statistics


def panel(measures, measure="speed"):
    tables = with_statistics(measures)
    means = level_means(tables["statistics"], tables["measures"], [measure], 0.05)
    axes = Figure().subplots()
    clones_by_level(axes, measure, tables["measures"], margins(), means)
    return axes


def hollow(axes):
    return [line for line in points(axes) if line.get_markerfacecolor() == "white"]


def test_a_point_is_hollow_where_the_status_is_unstable_whatever_the_note_says():
    measures = gait_measures()
    unstable = (measures["measure"] == "speed") & (measures["status"] == "unstable")
    assert unstable.sum() == 1
    for note in ("", "no stable cycle", "the gait is odd"):
        (line,) = hollow(panel(measures.assign(note=note)))
        assert line.get_ydata().tolist() == measures.loc[unstable, "value"].tolist()
    assert hollow(panel(measures.assign(status="ok", note="no stable cycle"))) == []


def test_clones_of_equal_value_do_not_lie_upon_each_other():
    axes = panel(gait_measures().assign(value=1.0))
    places = [x for line in points(axes) for x in line.get_xdata()]
    assert len(set(places)) == len(places) == 8


def test_a_level_says_how_many_of_its_clones_have_a_value():
    assert [text.get_text() for text in panel(gait_measures(), "fundamental").texts] == ["3/4"]


def test_a_panel_in_which_no_clone_has_a_value_says_so_and_why():
    measures = gait_measures()
    measures.loc[measures["level"] >= 0, ["value", "note"]] = np.nan, "one foot only"
    said = [text.get_text() for text in panel(measures).texts]
    assert "no clone\nhas a value\none foot only" in said
    assert len(panel(measures).get_yticks())


def test_a_panel_of_a_measure_that_the_body_does_not_have_says_so():
    (said,) = panel(gait_measures(), "step_phase_of_a_third_foot").texts
    assert said.get_text() == "no clone\nhas a value\nnot measured of this body"


def test_values_of_very_different_size_have_a_logarithmic_axis():
    measures = gait_measures()
    measures.loc[measures["clone"] == 3, "value"] = 1e4
    assert panel(measures).get_yscale() == "log"
    assert panel(gait_measures()).get_yscale() == "linear"


def test_the_legend_names_the_mean_only_where_there_is_one():
    tables = with_statistics(gait_measures())
    given = [tables["statistics"], tables["statistics"].iloc[:0]]
    means = [level_means(table, tables["measures"], ["speed"], 0.05) for table in given]
    names = [[str(handle.get_label()) for handle in legend_handles(each)] for each in means]
    assert set(names[0]) - set(names[1]) == {"mean of 4 clones, 95 % interval"}


def test_the_median_of_the_clones_of_each_level_is_a_line_across_their_points():
    measures = gait_measures()
    (medians,) = [
        sorted(float(line.get_segments()[0][0, 1]) for line in panel(measures).collections)
    ]
    clones = measures.query("measure == 'speed' and level >= 0")
    assert medians == sorted(clones.groupby("level")["value"].median())


def test_a_lower_median_is_the_value_of_a_clone_and_not_between_two_modes():
    rows = pd.DataFrame({"level": 40, "value": [0.0, 5200.0, 10.0, 5300.0]})
    medians = lower_medians(rows, "value", [0, 40])
    assert np.isnan(medians[0])
    assert medians[40] == 10.0
