"""A linear code is read as well as its noise allows, and nothing is learned across episodes."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from brainiarb.activity.decoding import PENALTIES, area_under_curve, decode
from brainiarb.errors import Refused


def coded(noise, episodes=4, rows=300, units=30, seed=0):
    """Activity that holds two targets in random directions; the targets have noise of their own."""
    rng = np.random.default_rng(seed)
    activity = rng.normal(size=(episodes * rows, units))
    targets = activity @ rng.normal(size=(units, 2)) / np.sqrt(units)
    targets /= targets.std(axis=0)
    targets += noise * rng.normal(size=targets.shape)
    return activity, targets, np.repeat(np.arange(episodes), rows)


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
def test_a_planted_code_is_read_as_well_as_its_noise_allows(noise):
    activity, targets, ids = coded(noise)
    decoded = decode(activity, targets, ids)
    np.testing.assert_allclose(decoded.r2, 1 / (1 + noise**2), atol=0.05)
    left = ((decoded.predictions - targets) ** 2).sum(axis=0)
    np.testing.assert_allclose(1 - left / ((targets - targets.mean(axis=0)) ** 2).sum(axis=0),
                               decoded.r2, atol=0.01)  # fmt: skip


def test_predictions_are_those_of_ridge_regression_fitted_to_the_other_episodes():
    activity, targets, ids = coded(1.0, rows=60)
    decoded = decode(activity, targets, ids)
    scaled = (activity - activity.mean(axis=0)) / activity.std(axis=0)
    for e in range(4):
        fitted = scaled[ids != e]
        # A penalty counts in mean variances, summed over the fitted rows.
        unit = len(fitted) * fitted.var(axis=0).mean()
        ridge = Ridge(alpha=decoded.penalties[e] * unit).fit(fitted, targets[ids != e])
        np.testing.assert_allclose(
            decoded.predictions[ids == e], ridge.predict(scaled[ids == e]), atol=1e-8
        )


def test_penalties_are_chosen_without_the_episode_left_out():
    activity, targets, ids = coded(1.0, rows=60)
    first = decode(activity, targets, ids)
    changed = targets.copy()
    changed[ids == 2] = np.random.default_rng(9).normal(size=(60, 2))
    second = decode(activity, changed, ids)
    np.testing.assert_array_equal(first.penalties[2], second.penalties[2])
    np.testing.assert_allclose(first.predictions[ids == 2], second.predictions[ids == 2], atol=1e-9)


@pytest.mark.parametrize("episodes", [2, 6])
def test_what_is_constant_within_an_episode_is_not_read_across_episodes(episodes):
    rng = np.random.default_rng(0)
    ids = np.repeat(np.arange(episodes), 200)
    code = rng.normal(size=(episodes, 20))[ids] + 0.01 * rng.normal(size=(len(ids), 20))
    target = rng.normal(size=(episodes, 1))[ids]
    assert decode(code, target, ids).r2[0] < 0.2
    # Split by rows instead, the same code would be read without error.
    assert decode(code, target, np.arange(len(ids)) % 5).r2[0] > 0.99


def test_noise_tells_nothing_and_costs_little():
    activity, _, ids = coded(0)
    targets = np.random.default_rng(5).normal(size=(len(ids), 3))
    r2 = decode(activity, targets, ids).r2
    assert (np.abs(r2) < 0.05).all()


def test_scale_and_offset_of_units_do_not_count():
    activity, targets, ids = coded(0.5, rows=80)
    rescaled = activity.copy()
    rescaled[:, 0] = 1000 * rescaled[:, 0] + 500
    np.testing.assert_allclose(decode(activity, targets, ids).r2, decode(rescaled, targets, ids).r2)


def test_silent_units_and_constant_targets_have_no_value_and_break_nothing():
    activity, targets, ids = coded(0.0)
    activity[:, 3] = 0
    targets[:, 1] = 7
    decoded = decode(activity, targets, ids)
    assert decoded.r2[0] > 0.9
    assert np.isnan(decoded.r2[1])
    assert set(np.ravel(decoded.penalties)) <= set(PENALTIES)


def test_one_episode_is_refused():
    activity, targets, ids = coded(0.0, episodes=1)
    with pytest.raises(ValueError, match="expected two episodes or more"):
        decode(activity, targets, ids)


def test_area_under_the_curve_is_that_of_each_episode_on_average():
    rng = np.random.default_rng(0)
    ids, truth = np.repeat([0, 1, 2], 100), rng.uniform(size=300) < 0.3
    truth[200:] = True
    scores = rng.normal(size=300).round(1) + truth + 5 * (ids == 1)
    expected = np.mean([roc_auc_score(truth[ids == e], scores[ids == e]) for e in (0, 1)])
    assert area_under_curve(scores, truth, ids) == pytest.approx(expected)
    assert np.isnan(area_under_curve(scores[200:], truth[200:], ids[200:]))


@pytest.mark.parametrize("rows", [[100, 1], [1, 100], [1, 1]])
def test_two_episodes_of_which_one_has_a_single_row_are_refused(rows):
    activity, targets, _ = coded(0.0)
    n = sum(rows)
    with pytest.raises(Refused, match="one of a single row"):
        decode(activity[:n], targets[:n], np.repeat([0, 1], rows))


def test_an_episode_of_a_single_row_among_three_is_read():
    activity, targets, _ = coded(0.0)
    decoded = decode(activity[:201], targets[:201], np.repeat([0, 1, 2], [100, 100, 1]))
    assert decoded.r2.min() > 0.9


def test_constant_units_are_not_magnified():
    activity, targets, ids = coded(0.0)
    decoded = decode(np.full_like(activity, 0.1), targets, ids)
    assert (np.abs(decoded.r2) < 0.1).all()
