"""Whether strides alternate, of planted poses at strikes."""

import numpy as np
import pytest

from brainiarb.gait.alternation import alternation, alternation_measures, with_gaps
from brainiarb.gait.strike_poses import poses_at_strikes
from brainiarb.gait.walk import walks_of
from brainiarb.statistics.measures import ABSENT
from builders import planted_recording

ALPHA = 0.05


def planted_feet(rng, share=0.0, memory=0.0, drift=0.0, unequal=0.0, misses=0.0):
    """Poses at the strikes of two feet in four episodes of about forty strides.

    `share` of the variance at strikes alternates; the rest is noise that keeps `memory` of the
    stride before. Poses move by `drift` over an episode. The second foot has another mean pose and
    `unequal` more noise. A strike is missed with the chance `misses`.
    """
    directions, offsets = rng.normal(size=(2, 7)), rng.normal(size=(2, 7))
    feet = [[], []]
    for _ in range(4):
        n = int(rng.integers(30, 50))
        noise = rng.normal(size=(n, 2, 7))
        for i in range(1, n):
            noise[i] = memory * noise[i - 1] + np.sqrt(1 - memory**2) * noise[i]
        turn = (-1.0) ** (np.arange(n) + rng.integers(2))
        for foot, poses in enumerate(feet):
            direction = directions[foot] / np.linalg.norm(directions[foot])
            wave = np.sqrt(share * 7) * turn[:, None] * direction
            rest = np.sqrt(1 - share) * noise[:, foot] * (1 + unequal * foot)
            line = drift * np.linspace(-1, 1, n)[:, None] * directions[1 - foot]
            pose = wave + rest + line + foot * offsets[foot]
            pose[rng.random(n) < misses] = np.nan
            poses.append(pose)
    return feet


def of_period_2(rng):
    """A gait of period 2 with feet of unequal noise, and sometimes drift and missed strikes."""
    return planted_feet(
        rng, share=rng.uniform(0.45, 0.95), drift=rng.choice([0, 0.3]),
        unequal=rng.uniform(0, 0.3), misses=rng.choice([0, 0.03]),
    )  # fmt: skip


def of_period_1(rng):
    """A gait that is irregular, drifts, or corrects or keeps a part of the stride before."""
    return planted_feet(
        rng, memory=rng.choice([-0.2, 0, 0.5, 0.9]), drift=rng.choice([0, 0.5, 2]),
        unequal=rng.uniform(0, 1), misses=rng.choice([0, 0.03]),
    )  # fmt: skip


def test_period_2_is_found_with_precision_and_recall_above_095():
    rng = np.random.default_rng(0)
    planted = rng.random(1000) < 0.5
    found = np.array([
        alternation((of_period_2 if true else of_period_1)(rng), rng, 99).has_period_2(ALPHA)
        for true in planted
    ])  # fmt: skip
    assert (planted & found).sum() / found.sum() >= 0.95
    assert (planted & found).sum() / planted.sum() >= 0.95


def test_alternation_of_a_perfect_gait_of_period_2_is_2_and_of_equal_strides_0():
    turns = [np.outer((-1.0) ** np.arange(20), [1, 2])] * 3
    perfect = alternation([turns, turns], np.random.default_rng(0), 199)
    assert perfect.value == pytest.approx(2, abs=0.03)
    assert perfect.p == 1 / 200
    equal = alternation([[np.ones((20, 2))] * 3], np.random.default_rng(0), 19)
    assert (equal.value, equal.p) == (0, 1)


def test_p_is_uniform_if_the_order_of_strides_does_not_matter():
    rng = np.random.default_rng(0)
    # The feet are alike, so that they count as one foot and not as two.
    p = []
    for _ in range(400):
        foot = planted_feet(rng)[0]
        p.append(alternation([foot, foot], rng, 99).p)
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(p) == pytest.approx(0.5, abs=0.05)


def test_an_episode_that_begins_with_the_other_stride_alternates_as_much():
    turns = np.outer((-1.0) ** np.arange(21), [1.0, 0.5])
    found = alternation([[turns, -turns, turns[:15]]], np.random.default_rng(0), 99)
    assert found.value == pytest.approx(2, abs=0.03)


def test_a_missed_strike_counts_as_a_strike_that_is_not_known():
    turns = np.outer((-1.0) ** np.arange(41), [1.0, 0.5])
    rows = np.delete(np.arange(41) * 70, [10, 23])
    missed = with_gaps(np.delete(turns, [10, 23], axis=0), rows, 105)
    assert np.flatnonzero(np.isnan(missed).any(axis=1)).tolist() == [10, 23]
    assert len(missed) == 41
    assert alternation([[missed]], np.random.default_rng(0), 99).value == pytest.approx(2, abs=0.03)


def test_feet_with_few_strikes_are_left_out():
    turns = [np.outer((-1.0) ** np.arange(20), [1.0, 2.0])]
    few = [np.random.default_rng(0).normal(size=(6, 2))]
    rng = np.random.default_rng(0)
    assert alternation([turns, few], rng, 99).value == pytest.approx(2, abs=0.03)
    nothing = alternation([few], rng, 99)
    assert np.isnan([nothing.value, nothing.p]).all()
    assert not nothing.has_period_2(ALPHA)
    assert np.isnan(alternation([[]], rng, 99).value)
    with pytest.raises(ValueError, match="expected 1 permutation or more, found 0"):
        alternation([turns], rng, 0)


def test_the_same_seed_gives_the_same_alternation():
    feet = planted_feet(np.random.default_rng(0), share=0.3)
    first, second = (alternation(feet, np.random.default_rng(1)) for _ in range(2))
    assert first == second


def test_a_stride_of_a_number_of_rows_and_a_half_does_not_alternate():
    t = np.arange(4000) / 70.5
    pose = np.column_stack([np.sin(2 * np.pi * (t + shift)) for shift in (0, 0.1, 0.3)])
    strikes = np.ceil(np.arange(1, 50) * 70.5).astype(int)
    sampled = poses_at_strikes(pose, strikes)
    assert sampled.rows.tolist() == strikes.tolist()
    raw = 10 * pose[strikes]
    assert alternation([[raw]], np.random.default_rng(0), 99).value > 1
    spread = sampled.poses.std(axis=0).max()
    assert spread < 0.05 * pose[strikes].std(axis=0).max()


def test_what_alternates_but_can_hardly_be_seen_is_no_gait_of_period_2():
    turns = np.outer((-1.0) ** np.arange(40), [1.0, 1.0])
    hardly = alternation([[0.03 * turns]], np.random.default_rng(0), 99)
    assert hardly.p == 0.01
    assert not hardly.has_period_2(ALPHA)
    assert alternation([[0.1 * turns]], np.random.default_rng(0), 99).has_period_2(ALPHA)


def recorded(alternating):
    """The walk of an agent whose joints swing further in every second cycle, or in no cycle."""
    body, arrays = planted_recording(noise=0.1, rows=3000)
    phase = np.tile(np.arange(3000) / 125 * 1.25, 4)
    turn = 0.3 * alternating * np.cos(np.pi * (phase + 0.25))
    arrays["qpos"][:, 2:] += turn[:, None] * [1.0, -1, 1, -1, 1, -1, 1]
    return walks_of(body, arrays, "crossq_0", -1, 1.0)[0]


def test_an_agent_whose_posture_alternates_has_period_2():
    measures = alternation_measures(recorded(True), 0, ALPHA)
    assert measures["period_2"].value == 1
    assert measures["alternation"].value > 1
    assert measures["alternation"].note.startswith("p 0.001")
    measures = alternation_measures(recorded(False), 0, ALPHA)
    assert measures["period_2"].value == 0
    assert abs(measures["alternation"].value) < 0.3


def test_an_agent_that_hardly_walks_has_no_period():
    body, arrays = planted_recording(rows=400, episodes=1)
    measures = alternation_measures(walks_of(body, arrays, "crossq_0", -1, 1.0)[0], 0, ALPHA)
    assert {name: measure.status for name, measure in measures.items()} == {
        "alternation": ABSENT, "period_2": ABSENT,
    }  # fmt: skip
    assert measures["period_2"].note == "no foot has 10 pairs of strikes two apart"
