"""Bootstrap and nulls from sums, against computing every replicate anew from its rows."""

import numpy as np
import pytest

from brainiarb.similarity.array_measures import linear_cka
from brainiarb.similarity.nulls import bootstrap_cka, episode_weights, shift_null, swap_null

LENGTHS = (30, 30, 19, 30, 25)
EPISODES = np.repeat((7, 3, 11, 5, 2), LENGTHS)


def walk(seed, shared=0.0, lengths=LENGTHS, width=6):
    """A slow and a fast oscillation with a phase of their own in each episode, over many units."""
    rng = np.random.default_rng(seed)
    rows = []
    for length in lengths:
        phase = 0.5 * np.arange(length)[:, None] + rng.uniform(0, 6, size=(1, 3))
        rows.append(np.sin(phase * (1, 2, 0.7)))
    return np.concatenate(rows) @ rng.normal(size=(3, width)) + shared * rng.normal(size=width)


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x = walk(1) + 0.2 * rng.normal(size=(len(EPISODES), 6))
    return x + 100, x @ rng.normal(size=(6, 4)) + 2 * rng.normal(size=(len(EPISODES), 4))


def both(x, y):
    return linear_cka(x, y), linear_cka(x, y, debiased=True)


# ---- bootstrap


def test_bootstrap_equals_recomputing_from_the_drawn_rows(pair):
    x, y = pair
    weights = episode_weights(5, 20, np.random.default_rng(0))
    estimates = np.transpose(bootstrap_cka(x, y, EPISODES, weights))
    rows = [np.flatnonzero(label == EPISODES) for label in sorted(set(EPISODES.tolist()))]
    for replicate, values in zip(weights.astype(int), estimates, strict=True):
        drawn = np.concatenate([r for r, w in zip(rows, replicate, strict=True) for _ in range(w)])
        assert values == pytest.approx(both(x[drawn], y[drawn]), abs=1e-12)


def test_weights_of_one_give_the_observed_value(pair):
    estimates = np.transpose(bootstrap_cka(*pair, EPISODES, np.ones((1, 5))))
    assert estimates[0] == pytest.approx(both(*pair), abs=1e-12)


def test_as_many_episodes_are_drawn_as_there_are():
    weights = episode_weights(20, 500, np.random.default_rng(1))
    assert weights.shape == (500, 20)
    assert (weights.sum(axis=1) == 20).all()
    assert weights.mean(axis=0) == pytest.approx(1, abs=0.2)


def test_episodes_without_variance_give_no_value(pair):
    x, y = pair
    still = np.where((EPISODES == 2)[:, None], x, x[-1])
    biased, debiased = bootstrap_cka(
        still, y, EPISODES, np.array([[0, 1, 1, 0, 3], [1, 1, 1, 1, 1]])
    )
    assert np.isnan([biased[0], debiased[0]]).all()
    assert np.isfinite([biased[1], debiased[1]]).all()


# ---- swapped episodes


def test_swapped_episodes_equal_recomputing_from_the_swapped_rows(pair):
    """Of equal length, the shortest, the one of 19 rows too, since half the median is 15."""
    x, y = pair
    null = swap_null(x, y, EPISODES, 6, np.random.default_rng(3), share=1.0)
    assert (null.episodes, null.rows) == (5, 19)
    rows = np.stack([np.flatnonzero(label == EPISODES)[:19] for label in (2, 3, 5, 7, 11)])
    again = np.random.default_rng(3)
    estimates = np.transpose([null.values, null.values_debiased])
    for values in estimates:
        swapped = rows[again.permutation(5)]
        assert values == pytest.approx(both(x[rows.ravel()], y[swapped.ravel()]), abs=1e-12)
    expected = both(x[rows.ravel()], y[rows.ravel()])
    assert (null.observed, null.observed_debiased) == pytest.approx(expected, abs=1e-12)


def test_episodes_far_shorter_than_the_others_are_left_out(pair):
    x, y = pair
    ids = np.repeat((0, 1, 2, 3), (40, 40, 40, 14))
    null = swap_null(x, y, ids, 5, np.random.default_rng(0))
    assert (null.episodes, null.rows) == (3, 40)


def test_leading_components_are_enough():
    x = walk(1, width=40)
    y = x + 1e-4 * np.random.default_rng(0).normal(size=x.shape)
    short, whole = (
        swap_null(x, y, EPISODES, 9, np.random.default_rng(3), share=share)
        for share in (1 - 1e-6, 1.0)
    )
    np.testing.assert_allclose(short.values, whole.values, atol=1e-5)
    assert not np.array_equal(short.values, whole.values)


def test_swapping_tells_a_shared_code_from_two_rhythms(pair):
    """Twenty episodes of the same rhythm: alike only where states are the same."""
    lengths = (40,) * 20
    ids = np.repeat(np.arange(20), 40)
    x, unrelated = walk(1, lengths=lengths), walk(2, lengths=lengths)
    rng = np.random.default_rng(0)
    assert swap_null(x, x @ rng.normal(size=(6, 5)), ids, 200, rng).p_value() == 1 / 201
    assert swap_null(x, unrelated, ids, 200, rng).p_value() > 0.02
    assert swap_null(x, unrelated, ids, 200, rng).p_value(debiased=True) > 0.02


# ---- shifted episodes


def test_shifts_equal_recomputing_from_the_shifted_rows(pair):
    x, y = pair
    null = shift_null(x, y, EPISODES, 2, 4, share=1.0)
    assert (null.episodes, null.rows) == (5, 11)
    rows = np.stack([np.flatnonzero(label == EPISODES)[4:15] for label in (2, 3, 5, 7, 11)])
    lags = (-4, -3, -2, 2, 3, 4)
    estimates = np.transpose([null.values, null.values_debiased])
    assert len(estimates) == len(lags)
    for lag, values in zip(lags, estimates, strict=True):
        expected = both(x[rows.ravel()], y[(rows + lag).ravel()])
        assert values == pytest.approx(expected, abs=1e-12)
    expected = both(x[rows.ravel()], y[rows.ravel()])
    assert (null.observed, null.observed_debiased) == pytest.approx(expected, abs=1e-12)


def test_a_quarter_of_an_episode_is_the_longest_shift(pair):
    null = shift_null(*pair, EPISODES, 3)
    assert null.rows == 19 - 2 * 4
    assert len(null.values) == 4


# ---- what has no null


def test_one_episode_cannot_be_swapped(pair, caplog):
    null = swap_null(*pair, np.zeros(len(EPISODES)), 9, np.random.default_rng(0))
    assert len(null.values) == 0
    assert np.isnan(null.p_value())
    assert "no null by swapping episodes" in caplog.text


@pytest.mark.parametrize(("least", "most"), [(5, 4), (0, 4), (5, 10)])
def test_episodes_too_short_to_shift_say_so(pair, least, most, caplog):
    null = shift_null(*pair, EPISODES, least, most)
    assert len(null.values) == 0
    assert np.isnan(null.p_value(debiased=True))
    assert f"no null by shifts of {least} to {most} rows: episodes have 19 rows" in caplog.text


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows_have_no_null(pair, rows):
    x, y = (side[:rows] for side in pair)
    assert np.isnan(swap_null(x, y, EPISODES[:rows], 9, np.random.default_rng(0)).p_value())
    assert np.isnan(shift_null(x, y, EPISODES[:rows], 1).p_value())


def test_a_layer_without_variance_has_no_null(pair):
    x, _ = pair
    still = np.full((len(x), 2), 0.1)
    for null in (
        swap_null(still, x, EPISODES, 9, np.random.default_rng(0)),
        shift_null(x, still, EPISODES, 2),
    ):
        assert np.isnan(null.observed)
        assert np.isnan(null.values).all()
        assert np.isnan(null.p_value())
