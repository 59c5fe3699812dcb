"""Paths through regions that are known to turn one way, to and fro, or at random."""

import numpy as np
import pytest

from brainiarb.maps import transitions
from brainiarb.statistics.methods import p_value

RING = np.tile([1, 2, 3, 4], 25)


def paths(count, step, seed=0, length=100):
    """Paths on a ring of four regions; `step` draws each step."""
    rng = np.random.default_rng(seed)
    return [np.cumsum([rng.integers(4), *step(rng, length)]) % 4 + 1 for _ in range(count)]


def one_way(rng, size):
    return np.where(rng.random(size) < 0.9, 1, 2)


def either_way(rng, size):
    return rng.choice([-1, 1], size)


def test_visits_are_regions_in_turn_without_ripples_and_breaks():
    regions = [1, 1, 0, 1, 1, 2, 3, 3, 3, 3, 1, 1]
    stretches = [0] * 8 + [1] * 4
    visited = transitions.visits(regions, stretches, shortest=2)
    assert [path.tolist() for path in visited] == [[1, 3], [3, 1]]
    assert [path.tolist() for path in transitions.visits(regions, stretches)] == [[1, 2, 3], [3, 1]]


def test_an_agent_that_is_nowhere_has_no_visits():
    assert transitions.visits([], []) == []
    assert [path.tolist() for path in transitions.visits([0, 0], [0, 0])] == [[]]


def test_transitions_are_counted_within_stretches():
    counts = transitions.transition_counts([np.array([1, 2, 1]), np.array([3, 1])], 3)
    assert counts.tolist() == [[0, 1, 0], [1, 0, 0], [1, 0, 0]]


def test_net_flux_is_one_on_a_one_way_ring_and_none_to_and_fro():
    ring = transitions.transition_counts([RING], 4)
    assert transitions.net_flux(ring) == 1
    assert transitions.net_flux(ring + ring.T) == 0
    assert transitions.net_flux([[5, 3], [1, 7]]) == 0.5
    assert np.isnan(transitions.net_flux(np.eye(3)))


@pytest.mark.parametrize("null", [transitions.reversed_null, transitions.shuffled_null])
def test_a_cyclic_path_is_beyond_both_nulls_and_a_reversible_one_is_not(null):
    def p(sequences, seed):
        flux = float(transitions.net_flux(transitions.transition_counts(sequences, 4)))
        return p_value(flux, null(sequences, 4, 400, np.random.default_rng(seed)))

    assert p(paths(20, one_way), 0) == 1 / 401
    p_values = [p(paths(8, either_way, seed, length=30), seed) for seed in range(40)]
    assert np.mean(np.array(p_values) <= 0.05) < 0.15
    assert np.median(p_values) > 0.2


@pytest.mark.parametrize("null", [transitions.reversed_null, transitions.shuffled_null])
def test_nulls_are_the_same_for_the_same_seed_and_empty_of_values_without_transitions(null):
    first, second = (null(paths(3, one_way), 4, 50, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    for nothing in ([], [np.array([2])]):
        values = null(nothing, 4, 50, np.random.default_rng(1))
        assert np.isnan(values).all()
        assert np.isnan(p_value(np.nan, values))


def test_the_modal_cycle_is_the_tour_that_most_transitions_lie_on():
    assert transitions.modal_cycle([RING]) == ((1, 2, 3, 4), 96 / 99)
    # 3-1-2 twice (one tour wherever it begins), the second with 1-4-1 and 4-5-4 on the way.
    path = np.array([3, 1, 2, 3, 1, 4, 5, 4, 1, 2, 3])
    assert transitions.modal_cycle([path]) == ((1, 2, 3), 6 / 10)
    assert transitions.modal_cycle([np.array([1, 2, 3])]) == ((), 0)
    assert np.isnan(transitions.modal_cycle([np.array([1])])[1])


def test_recurrence_is_one_after_a_cycle_and_none_by_chance():
    ids = np.zeros(len(RING), int)
    assert transitions.recurrence(RING, ids, 4) == 1
    assert transitions.recurrence(RING, ids, 2) < 0
    drawn = np.random.default_rng(0).integers(1, 5, 20_000)
    assert transitions.recurrence(drawn, np.zeros(20_000), 4) == pytest.approx(0, abs=0.02)
    assert np.isnan(transitions.recurrence(RING, ids, 100))
    assert np.isnan(transitions.recurrence(np.ones(9), np.zeros(9), 3))


def test_the_distance_of_distributions_is_none_for_equal_and_one_for_disjoint():
    assert transitions.jensen_shannon([1, 2, 3], [1, 2, 3]) == 0
    assert transitions.jensen_shannon([1, 2, 3], [2, 4, 6]) == 0
    assert transitions.jensen_shannon([1, 1, 0, 0], [0, 0, 3, 1]) == pytest.approx(1)
    # The middle of one half each and all in one is (3/4, 1/4).
    bits = 0.5 * (0.5 * np.log2(0.5 / 0.75) + 0.5 * np.log2(0.5 / 0.25) + np.log2(1 / 0.75))
    assert transitions.jensen_shannon([1, 1], [1, 0]) == pytest.approx(np.sqrt(bits))
    assert np.isnan(transitions.jensen_shannon([0, 0], [1, 0]))


def test_distances_of_many_distributions_are_those_of_each():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(size=(2, 5, 4))
    each = [transitions.jensen_shannon(p, q) for p, q in zip(first, second, strict=True)]
    np.testing.assert_array_equal(transitions.jensen_shannon(first, second), each)


def test_both_sides_of_a_distance_have_the_same_number_of_episodes():
    expert = np.eye(4)
    assert transitions.grouped_distance([[1, 1, 0, 0]], expert[:2], 1) == pytest.approx(
        transitions.jensen_shannon([1, 1, 0, 0], [1, 0, 0, 0])
    )
    # Episodes that fill no group, and those of the agent beyond the size, do not count.
    agent = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 9, 0]]
    assert transitions.grouped_distance(agent, expert[:3], 2) == 0
    for size in (0, 3):
        assert np.isnan(transitions.grouped_distance(expert[:2], expert, size))
    assert np.isnan(transitions.grouped_distance(expert, expert[:1], 2))


def test_a_distance_does_not_depend_on_how_long_the_expert_is_recorded():
    rng = np.random.default_rng(0)

    def mean_distance(episodes):
        drawn = [rng.multinomial(125, [0.4, 0.3, 0.2, 0.1], episodes + 4) for _ in range(200)]
        return np.mean([transitions.grouped_distance(x[:4], x[4:], 4) for x in drawn])

    assert mean_distance(8) == pytest.approx(mean_distance(40), rel=0.1)


def test_identical_agents_lie_within_the_null_and_another_one_does_not():
    rng = np.random.default_rng(0)
    expert = rng.multinomial(125, [0.4, 0.3, 0.2, 0.1], 20)
    null = transitions.split_null(expert, 4, 200, rng)
    assert null.shape == (200,)
    alike = rng.multinomial(125, [0.4, 0.3, 0.2, 0.1], 4)
    other = rng.multinomial(125, [0.1, 0.3, 0.2, 0.4], 4)
    assert p_value(transitions.grouped_distance(alike, expert, 4), null) > 0.05
    assert p_value(transitions.grouped_distance(other, expert, 4), null) == 1 / 201
    for size in (0, 11):
        assert len(transitions.split_null(expert, size, 200, rng)) == 0
