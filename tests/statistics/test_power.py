"""Power: it is what simulated studies of the design have."""

import numpy as np
import pytest

from brainiarb.statistics.blocks import sample
from brainiarb.statistics.power import Spread, power, spread
from brainiarb.statistics.verdicts import tail
from designs import RUNS, studies


def test_variances_within_and_between_experts_are_recovered():
    drawn = studies(np.random.default_rng(1), 5, 4, 1, between=2.0, runs=RUNS)[..., 0]
    found = [spread([*study]) for study in drawn]
    assert np.sqrt(np.mean([x.blocks**2 for x in found])) == pytest.approx(1.0, abs=0.03)
    assert np.sqrt(np.mean([x.experts**2 for x in found])) == pytest.approx(2.0, abs=0.1)


def test_one_expert_shows_no_variance_between_experts():
    found = spread([np.array([1.0, 2.0, 3.0])])
    assert found.blocks == pytest.approx(1.0)
    assert np.isnan(found.experts)
    assert np.isnan(power(found, 1.0, 5, 4, 0.05))
    assert 0 < power(found, 1.0, 1, 4, 0.05) < 1


def test_without_any_clones_nothing_is_known():
    found = spread([])
    assert np.isnan(found.blocks)
    assert np.isnan(power(found, 1.0, 5, 4, 0.05))


@pytest.mark.parametrize(("experts", "clones"), [(5, 4), (8, 8), (1, 8)])
def test_power_is_the_share_of_studies_that_detect_the_distance(experts, clones):
    distance, between = 1.5, 0.8
    drawn = studies(np.random.default_rng(1), experts, clones, 1, between=between * (experts > 1))
    found = [tail(sample([*study[..., 0]]), -distance, 1) <= 0.05 for study in drawn]
    expected = power(Spread(1.0, between), distance, experts, clones, 0.05)
    assert np.mean(found) == pytest.approx(expected, abs=0.04)


def test_two_margins_are_harder_than_one_and_without_variance_all_is_found():
    found = Spread(1.0, 0.5)
    assert power(found, 1.5, 5, 4, 0.05, 2) < power(found, 1.5, 5, 4, 0.05)
    assert power(Spread(0.0, 0.0), 0.1, 5, 4, 0.05) == 1.0
    assert power(found, 1.5, 1, 1, 0.05) != power(found, 1.5, 1, 1, 0.05)
