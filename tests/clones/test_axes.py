"""Noise axes: clones of a place against the expert, and intervals over clones within experts."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.actors.actors import untrained
from brainiarb.clones.axes import MEASURES, PLACE, axis_intervals, measure_clones
from brainiarb.rollouts.returns import returns_table
from builders import SIZES, recording


def test_clones_of_a_place_are_measured_against_the_expert():
    expert, clones = untrained(SIZES, [1]), untrained(SIZES, [1, 2])
    observations = np.random.default_rng(0).normal(size=(50, SIZES[0]))
    returns = returns_table(recording((3, 2, 4), (0, 0, 1)), "sac_0", "clone", 40, "mean")
    table = measure_clones(expert, clones, observations, returns)
    assert table["clone"].tolist() == [0, 1]
    assert table["return"].tolist() == [(6.75 + 9.5) / 2, 31.0]
    assert table["survival"].tolist() == [0.5, 1.0]
    # The first clone has the weights of the expert, the second one other weights.
    wanted, given = (
        np.tanh(actors.respond(observations)["mean_linear"]) for actors in (expert, clones)
    )
    errors = ((given - wanted) ** 2).mean(axis=(1, 2))
    assert errors[0] == 0 < errors[1]
    np.testing.assert_allclose(table["action_error"], errors, rtol=1e-6)


def places(clones=8, shift=0.0):
    """A table of two places of two experts, whose values are known."""
    rng = np.random.default_rng(5)
    frames = []
    for level in (0, 40):
        for expert, mean in (("a", 10.0), ("b", 20.0)):
            values = {name: mean + level + shift + rng.normal(size=clones) for name in MEASURES}
            frames.append(pd.DataFrame({"expert": expert, "level": level, **values}))
    return pd.concat(frames).assign(meaning="executed", episodes=5, held=False)


def test_every_place_has_an_interval_of_each_measure_around_its_interquartile_mean():
    table = axis_intervals(places(), seed=1, replicates=500, alpha=0.05)
    assert list(table.columns) == [*PLACE, "measure", "estimate", "low", "high", "clones"]
    assert table[["level", "measure"]].values.tolist() == [
        [level, name] for level in (0, 40) for name in MEASURES
    ]
    assert (table["clones"] == 16).all()
    assert ((table["low"] < table["estimate"]) & (table["estimate"] < table["high"])).all()
    # The middle half of the clones of both experts lies around 15 and 55.
    np.testing.assert_allclose(table["estimate"], 15 + table["level"], atol=1.5)


def test_experts_are_strata_so_their_difference_widens_no_interval():
    narrow = axis_intervals(places(), 1, 500, 0.05)
    width = narrow["high"] - narrow["low"]
    # Clones of one expert differ by a standard deviation of 1, the experts by 10.
    assert (width < 4).all()


def test_a_place_does_not_depend_on_the_other_places():
    all_places, one_place = places(), places().query("level == 40")
    pd.testing.assert_frame_equal(
        axis_intervals(all_places, 1, 200, 0.05).query("level == 40").reset_index(drop=True),
        axis_intervals(one_place, 1, 200, 0.05),
    )


@pytest.mark.parametrize(("alpha", "wider"), [(0.01, True), (0.2, False)])
def test_the_interval_holds_one_minus_alpha(alpha, wider):
    at_5, other = (axis_intervals(places(), 1, 1000, level) for level in (0.05, alpha))
    widths = [(table["high"] - table["low"]).sum() for table in (at_5, other)]
    assert (widths[1] > widths[0]) == wider
