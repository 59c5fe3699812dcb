"""fig_claims: a row per hypothesis and deciding level, with its verdict in words and by shape."""

import numpy as np
import pandas as pd

from brainiarb.figures import fig_claims
from claim_tables import claim, evaluated, measured, part
from figure_drawing import drawn


def drawn_rows(*claims, offset=3.0, **given):
    return fig_claims.draw({"claims": evaluated(measured(offset, **given), *claims)}, {})


def marks(figure):
    """The marks of the estimates: (place on the axis, row, shape)."""
    lines = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", "")]
    return [(line.get_xdata()[0], line.get_ydata()[0], line.get_marker()) for line in lines]


def words(figure):
    (answers,) = (
        child for child in figure.axes[0].child_axes if len(child.get_yticklabels())
    )  # fmt: skip
    return [label.get_text() for label in answers.get_yticklabels()]


def test_rows_are_the_hypotheses_at_the_levels_that_decide():
    figure, numbers = drawn("fig_claims")
    assert isinstance(numbers, pd.DataFrame)
    assert numbers["decides"].all()
    assert len(marks(figure)) == len(words(figure)) == len(numbers)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[0] == "C1  self_cka_log_std_linear2  0 %"
    assert any(name.startswith("C9*  period_2") for name in names)


def test_an_estimate_stands_in_units_of_its_smallest_effect():
    figure, _ = drawn_rows(claim(part("higher", 2.0)), noise=0.1)
    (place, row, shape), _ = marks(figure)
    assert abs(place - 1.5) < 0.1
    assert (row, shape) == (0, "o")


def test_what_lies_beyond_the_axis_is_an_arrow_and_what_is_missing_a_cross():
    shapes = [
        marks(drawn_rows(claim(hypothesis))[0])[0][2]
        for hypothesis in (part("higher", 0.1), part("lower", -0.1), part(measure="gait"))
    ]
    assert shapes == [">", "<", "x"]


def test_the_answer_is_told_by_word_with_its_numbers():
    figure, numbers = drawn_rows(claim(part("higher", 1.0)))
    assert words(figure)[0].startswith(f"supported, {numbers['estimate'][0]:.3g} [")
    assert words(figure)[0].endswith("n = 5, 20")
    assert words(drawn_rows(claim(part(measure="gait")))[0])[0] == "not testable, no value"


def test_shapes_and_colours_of_verdicts_differ():
    colours, shapes = zip(*fig_claims.LOOKS.values(), strict=True)
    assert len(set(colours)) == len(set(shapes)) == 4


def test_the_shade_holds_what_the_claim_expects():
    figure, _ = drawn_rows(
        claim(part("higher", 1.0), part("at_most", 1.0), part("within", 1.0), levels=(0,))
    )
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in figure.axes[0].patches]
    low, high = fig_claims.LOWEST, fig_claims.HIGHEST
    np.testing.assert_allclose(spans, [(1, high), (low, 1), (-1, 1)])
