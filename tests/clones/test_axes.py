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


def places(clones=8, fallen=0):
    """A table of two places of two experts, whose values are known; some clones fall."""
    rng = np.random.default_rng(5)
    frames = []
    for level in (0, 40):
        for expert, mean in (("a", 10.0), ("b", 20.0)):
            values = {n: mean + level + rng.normal(size=clones) for n in ("return", "action_error")}
            frame = pd.DataFrame({"expert": expert, "level": level, **values})
            frame["survival"] = (np.arange(clones) >= fallen) * 1.0
            frame.loc[frame["survival"] == 0, "return"] = -500.0
            frames.append(frame)
    return pd.concat(frames, ignore_index=True).assign(meaning="executed", episodes=5, held=False)


def intervals(table, replicates=500, alpha=0.05):
    return axis_intervals(table, seed=1, replicates=replicates, alpha=alpha, walking=0.5)


def of(table, *measures):
    return table[table["measure"].isin(measures)]


def test_every_place_has_an_interval_of_each_measure():
    table = intervals(places())
    columns = [*PLACE, "measure", "estimate", "low", "high", "clones", "experts"]
    assert list(table.columns) == columns
    assert table[["level", "measure"]].values.tolist() == [
        [level, name] for level in (0, 40) for name in MEASURES
    ]
    assert (table["clones"] == 16).all()
    assert (table["experts"] == 2).all()
    means = of(table, "return", "action_error")
    assert ((means["low"] < means["estimate"]) & (means["estimate"] < means["high"])).all()
    # The middle half of the clones of both experts lies around 15 and 55.
    np.testing.assert_allclose(means["estimate"], 15 + means["level"], atol=1.5)


def test_clones_that_fall_are_a_share_and_have_no_part_in_the_mean_return():
    table = intervals(places(fallen=2))
    shares = of(table, "walks")
    assert (shares["estimate"] == 0.75).all()
    assert ((shares["low"] > 0) & (shares["low"] < 0.75) & (shares["high"] < 1)).all()
    returns = of(table, "return")
    assert (returns["clones"] == 12).all()
    np.testing.assert_allclose(returns["estimate"], 15 + returns["level"], atol=1.5)
    assert (of(table, "action_error")["clones"] == 16).all()


def test_where_no_clone_walks_there_is_a_share_and_no_mean_return():
    table = intervals(places(fallen=8))
    assert (of(table, "walks")["estimate"] == 0).all()
    assert of(table, "return")[["estimate", "low", "high"]].isna().all(axis=None)
    assert (of(table, "return")["clones"] == 0).all()


def test_experts_are_strata_so_their_difference_widens_no_interval():
    narrow = of(intervals(places()), "return", "action_error")
    width = narrow["high"] - narrow["low"]
    # Clones of one expert differ by a standard deviation of 1, the experts by 10.
    assert (width < 4).all()


def test_a_place_does_not_depend_on_the_other_places():
    all_places, one_place = places(), places().query("level == 40")
    pd.testing.assert_frame_equal(
        intervals(all_places, 200).query("level == 40").reset_index(drop=True),
        intervals(one_place, 200),
    )


@pytest.mark.parametrize(("alpha", "wider"), [(0.01, True), (0.2, False)])
def test_the_interval_holds_one_minus_alpha(alpha, wider):
    at_5, other = (intervals(places(), 1000, level) for level in (0.05, alpha))
    widths = [(table["high"] - table["low"]).sum() for table in (at_5, other)]
    assert (widths[1] > widths[0]) == wider
