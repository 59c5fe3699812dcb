"""Calibration on the design of the study: coverage of 0.95 and false positives of 0.05.

The designs are one expert with eight levels of eight clones, six experts with two levels of four
clones, and nine experts with eight levels of eight clones. Clones of one number share their first
network at all levels; experts differ from one another.
"""

import numpy as np
import pytest
from scipy.stats import binom

from brainiarb.statistics.blocks import differences, sample, trend
from brainiarb.statistics.methods import equivalence, t_interval
from brainiarb.statistics.shares import binomial, paired_shares, wilson
from builders import assert_rate
from designs import RUNS, covers, modes, studies

DESIGNS = {
    "one expert": {"experts": 1, "blocks": 8, "levels": 8},
    "six experts": {"experts": 6, "blocks": 4, "levels": 2, "between": 2.0, "effect": 0.5},
    "full size": {"experts": 9, "blocks": 8, "levels": 8, "between": 2.0, "effect": 0.5},
}
every_design = pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def contrasts(study):
    """The block differences (k) between the last level and the first, of each expert."""
    return sample([differences(blocks[:, 0], blocks[:, -1])[0] for blocks in study])


@every_design
def test_a_level_covers_the_mean_of_its_clones_or_experts(design, rng):
    found = [t_interval(sample([*study[..., 0]])) for study in studies(rng, **design)]
    assert_rate([covers(x) for x in found], 0.95)


@every_design
def test_a_contrast_of_levels_covers_and_holds_its_level(design, rng):
    found = [t_interval(contrasts(study)) for study in studies(rng, **design)]
    assert_rate([covers(x) for x in found], 0.95)
    assert_rate([x.p <= 0.05 for x in found], 0.05)


@every_design
def test_a_trend_covers_and_holds_its_level(design, rng):
    drawn = studies(rng, **design | {"levels": 8})
    found = [trend([*study], 100, rng) for study in drawn]
    assert_rate([covers(x) for x in found], 0.95)
    assert_rate([x.p <= 0.05 for x in found], 0.05)


@every_design
def test_equivalence_at_its_margin_is_found_once_in_twenty(design, rng):
    margin = 3.0
    drawn = studies(rng, **design)[..., 0] + margin
    found = [equivalence(sample([*study]), margin) for study in drawn]
    equivalent = [x.p <= 0.05 and x.estimate <= margin for x in found]
    beyond = [x.p <= 0.05 and x.estimate > margin for x in found]
    assert_rate(equivalent, 0.05)
    assert_rate(beyond, 0.05)
    assert_rate([covers(x, margin) for x in found], 0.9)


def test_trends_that_differ_between_blocks_are_no_trend(rng):
    drawn = studies(rng, 1, 8, 8)
    slopes = rng.normal(size=(RUNS, 1, 8, 1)) * np.linspace(-0.5, 0.5, 8)
    found = [trend([*study], 100, rng) for study in drawn + slopes]
    assert_rate([x.p <= 0.05 for x in found], 0.05)


def test_a_contrast_has_the_power_of_blocks_and_not_of_independent_clones(rng):
    drawn = studies(rng, 1, 8, 8)
    drawn[..., -1] += 0.9
    paired = np.mean([t_interval(contrasts(study)).p <= 0.05 for study in drawn])
    apart = [
        t_interval(study[0, :, -1] - rng.permutation(study[0, :, 0])).p <= 0.05 for study in drawn
    ]
    assert paired > 0.8
    assert np.mean(apart) < 0.4


@pytest.mark.parametrize("draw", ["heavy_tails", "skewed", "two_modes"])
@pytest.mark.parametrize(("experts", "blocks"), [(1, 8), (6, 4)])
def test_a_contrast_without_normal_blocks_has_no_more_false_positives(draw, experts, blocks, rng):
    shape = (RUNS, experts, blocks, 2)
    drawn = {
        "heavy_tails": lambda: rng.standard_t(3, size=shape),
        "skewed": lambda: np.exp(0.7 * rng.normal(size=shape)),
        "two_modes": lambda: 5.0 * modes(rng, np.full(shape, 0.75)) + 0.3 * rng.normal(size=shape),
    }[draw]()
    found = [t_interval(contrasts(study)) for study in drawn]
    assert np.mean([x.p <= 0.05 for x in found]) <= 0.068


def test_ratios_of_skewed_clones_cover_where_differences_do_not(rng):
    drawn = np.exp(0.7 * rng.normal(size=(RUNS, 8)))
    assert_rate([covers(t_interval(np.log(x))) for x in drawn], 0.95)
    assert np.mean([covers(t_interval(x), np.exp(0.7**2 / 2)) for x in drawn]) < 0.92


# ---- two modes: clones walk or fall, with any chance


@pytest.mark.parametrize("blocks", [4, 8])
def test_the_share_of_one_expert_that_walks_is_covered(blocks):
    chances = np.linspace(0.0005, 0.9995, RUNS)
    found = [wilson([np.arange(blocks) < walking]) for walking in range(blocks + 1)]
    inside = np.array([(x.low <= chances) & (chances <= x.high) for x in found])
    drawn = binom.pmf(np.arange(blocks + 1)[:, None], blocks, chances)
    low, high = binom.interval(0.99, RUNS, 0.95)
    assert low <= RUNS * np.mean((inside * drawn).sum(axis=0)) <= high


@pytest.mark.parametrize(("experts", "blocks"), [(6, 4), (9, 8)])
@pytest.mark.parametrize("alike", [1.0, 3.0, 30.0])
def test_the_share_of_several_experts_that_walks_is_covered(experts, blocks, alike, rng):
    chances = rng.random((RUNS, 1, 1, 1))
    each = rng.beta(alike * chances, alike * (1 - chances), size=(RUNS, experts, 1, 1))
    drawn = modes(rng, np.broadcast_to(each, (RUNS, experts, blocks, 1)))
    found = [wilson([*study[..., 0]]) for study in drawn]
    hits = [covers(x, share) for x, share in zip(found, chances[:, 0, 0, 0], strict=True)]
    # The effective number of clones is on the safe side.
    assert 0.932 <= np.mean(hits) <= 0.998
    assert all(0 <= x.low <= x.high <= 1 for x in found)


def test_the_mean_of_two_modes_is_not_covered_and_so_is_never_told(rng):
    drawn = 5.0 * modes(rng, np.full((RUNS, 8, 1), 0.9))[..., 0] + 0.1 * rng.normal(size=(RUNS, 8))
    assert np.mean([covers(t_interval(x), 4.5) for x in drawn]) < 0.7


def test_a_contrast_of_shares_covers_and_holds_its_level(rng):
    chances = np.broadcast_to(rng.random((RUNS, 1, 1)), (RUNS, 8, 2))
    found = [paired_shares(*study.T) for study in modes(rng, chances)]
    assert np.mean([x.p <= 0.05 for x in found]) <= 0.068
    chances = np.broadcast_to(rng.random((RUNS, 1, 2)), (RUNS, 8, 2))
    found = [paired_shares(*study.T) for study in modes(rng, chances)]
    hits = [covers(x, c[0, 1] - c[0, 0]) for x, c in zip(found, chances, strict=True)]
    # Blocks that are alike make it wider than it must be.
    assert 0.932 <= np.mean(hits) <= 0.99


@pytest.mark.parametrize(("experts", "blocks"), [(1, 8), (6, 4), (9, 8)])
def test_a_share_at_its_margin_is_taken_for_nearer_or_farther_once_in_twenty_at_most(
    experts, blocks, rng
):
    drawn = modes(rng, np.full((RUNS, experts, blocks, 1), 0.8))
    found = [binomial([*study[..., 0]], 0.8, 0.9) for study in drawn]
    assert np.mean([x.p <= 0.05 and x.estimate > 0.8 for x in found]) <= 0.068
    assert np.mean([x.p <= 0.05 and x.estimate < 0.8 for x in found]) <= 0.068


def test_those_that_walk_are_covered_by_the_interval_of_their_own_mean(rng):
    walks = modes(rng, np.full((RUNS, 8, 1), 0.7))[..., 0]
    drawn = rng.normal(size=(RUNS, 8))
    found = [t_interval(x[kept]) for x, kept in zip(drawn, walks, strict=True) if kept.sum() > 1]
    assert len(found) > 0.98 * RUNS
    assert np.mean([covers(x) for x in found]) == pytest.approx(0.95, abs=0.018)
