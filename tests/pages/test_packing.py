"""Arrays in a page are what they stand for, within the error that the page states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brainiarb.pages.packing import largest_error, pack, unpack


@pytest.mark.parametrize(("kind", "bound"), [("uint8", 0.002), ("uint16", 8e-6)])
@given(values=arrays(np.float64, (3, 17), elements=st.floats(-1e3, 1e3, width=32)))
def test_no_number_is_farther_off_than_the_page_says(kind, bound, values):
    ranges = np.ptp(values, axis=1, keepdims=True)
    # The ends of a range are written with six digits.
    rounding = 1e-5 * np.abs(values).max(axis=1, keepdims=True)
    error = np.abs(unpack(pack(values, kind)) - values)
    assert (error <= ranges * largest_error(kind) + rounding + 1e-12).all()
    assert largest_error(kind) < bound


def test_a_walk_that_rises_and_falls_over_the_whole_range_is_whole():
    values = np.array([[0, 1, 0, 1, 0.5], [5, 5, 5, 5, 5]])
    for kind in ("uint8", "uint16"):
        np.testing.assert_allclose(unpack(pack(values, kind)), values, atol=0.003)


def test_equal_arrays_give_equal_entries_and_smooth_ones_are_small():
    waves = np.sin(np.linspace(0, 60, 6000)).reshape(1, -1)
    assert pack(waves, "uint16") == pack(waves.copy(), "uint16")
    assert len(pack(waves, "uint16")["data"]) < 2 * waves.size
