"""The dip test: known answers, then its level at the sizes of the default and the full study."""

import numpy as np
import pytest

from brainiarb.statistics.dip import dip, dip_null, dip_test
from builders import assert_rate

LEVELS, CLONES, EXPERTS, RUNS = 8, 8, 3, 1000


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_dips_of_known_samples(rng):
    assert dip(np.array([0.0, 0, 1, 1])) == pytest.approx(0.25)
    assert dip(np.arange(10.0)) == pytest.approx(1 / 20)
    # The package diptest, which has Hartigan's own algorithm, gives these values.
    uneven = np.array([-0.82710469, -0.61077796, 0.42115653, 1.21022274, 1.39780857])
    assert dip(uneven) == pytest.approx(0.168145513, abs=1e-8)
    tied = np.array([-3.0, -3, -2, 0, 2, 4, 5, 5])
    assert dip(np.stack([tied, tied * 7 + 1])) == pytest.approx(1 / 7, abs=1e-8)


def test_two_kinds_of_clones_at_every_level_show_in_the_mean_dip(rng):
    cells = rng.normal(size=(LEVELS, CLONES)) * 0.05
    cells[:, :3] += 1
    assert dip_test([*cells], 999, rng).p <= 0.005
    one = dip_test([*rng.normal(size=(LEVELS, CLONES))], 999, rng)
    assert one.p > 0.05
    assert np.isnan(dip_test([np.ones(8), np.arange(3.0)], 999, rng).p)


def dip_p(cells, rng):
    """Return the p of `dip_test` for each study (RUNS, cells, CLONES), all dips in one call."""
    observed = dip(cells).mean(axis=1)
    sizes = [CLONES] * cells.shape[1]
    nulls = (dip_null(sizes, 199, rng) for _ in observed)
    return np.array(
        [(1 + (null >= x).sum()) / 200 for x, null in zip(observed, nulls, strict=True)]
    )


def test_one_mode_at_every_level_is_taken_for_more_once_in_twenty_at_most(rng):
    assert_rate(dip_p(rng.random((RUNS, LEVELS, CLONES)), rng) <= 0.05, 0.05)
    assert np.mean(dip_p(rng.normal(size=(RUNS, LEVELS, CLONES)), rng) <= 0.05) <= 0.05


def test_one_mode_in_three_experts_is_taken_for_more_once_in_twenty_at_most(rng):
    assert_rate(dip_p(rng.random((RUNS, EXPERTS * LEVELS, CLONES)), rng) <= 0.05, 0.05)
