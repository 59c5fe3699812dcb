"""The phase at which a unit fires is the planted one."""

import numpy as np

from brainiarb.activity.unit_phases import preferred_phases

PHASE = np.arange(500) / 100 % 1


def bumps(centres):
    return np.maximum(np.cos(2 * np.pi * (PHASE[:, None] - centres)), 0)


def test_a_unit_fires_around_its_planted_phase_whatever_its_scale_and_offset():
    centres = np.array([0.0, 0.1, 0.5, 0.95])
    for scale, offset in ((1, 0), (30, -7), (0.01, 5)):
        found = preferred_phases(scale * bumps(centres) + offset, PHASE)
        np.testing.assert_allclose((found - centres + 0.5) % 1 - 0.5, 0, atol=1e-6)


def test_rows_without_a_phase_do_not_count():
    phase = np.where(np.arange(500) < 300, np.nan, PHASE)
    values = bumps(np.array([0.3]))
    values[:300] = 100
    assert preferred_phases(values, phase).round(6) == [0.3]


def test_a_unit_that_does_not_vary_and_a_walk_without_phase_have_none():
    values = np.hstack([bumps(np.array([0.3])), np.ones((500, 1))])
    assert np.isnan(preferred_phases(values, PHASE)).tolist() == [False, True]
    assert np.isnan(preferred_phases(values, np.full(500, np.nan))).all()
