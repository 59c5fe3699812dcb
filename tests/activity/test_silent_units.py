"""Silent units: planted ones are counted, whatever the scale of the others."""

import numpy as np
import pytest

from brainiarb.activity.silent_units import silent_share

RNG = np.random.default_rng(0)


def planted(silent, units=40, rows=1000):
    """Units of which so many are active in 9 of 1,000 rows and the others in 10 or more."""
    values = -RNG.uniform(0, 2, (rows, units))
    for unit in range(units):
        active = RNG.choice(rows, 9 if unit < silent else RNG.integers(10, rows), replace=False)
        values[active, unit] = RNG.uniform(1e-6, 3, len(active))
    return RNG.permutation(values, axis=1)


@pytest.mark.parametrize("silent", [0, 1, 17, 40])
def test_planted_silent_units_are_counted(silent):
    values = planted(silent)
    assert silent_share(values) == silent / 40
    assert silent_share(np.maximum(values, 0)) == silent / 40
    assert silent_share(values * RNG.uniform(0.01, 100, 40)) == silent / 40


def test_a_unit_that_is_0_everywhere_is_silent_and_a_constant_active_one_is_not():
    assert silent_share(np.zeros((5, 2))) == 1
    assert silent_share(np.full((5, 2), 0.1)) == 0


def test_without_rows_units_or_numbers_there_is_no_value():
    for values in (np.zeros((0, 3)), np.zeros((3, 0)), np.array([[1.0], [np.nan]])):
        assert np.isnan(silent_share(values))


def test_one_dimension_is_refused():
    with pytest.raises(ValueError, match=r"expected units \(states, units\), found shape \(4,\)"):
        silent_share(np.ones(4))
