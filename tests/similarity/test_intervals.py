"""Intervals and p values of the clone of median return, from states to table."""

import h5py
import numpy as np
import pandas as pd
import pytest

from brainiarb.actors.layers import LAYERS
from brainiarb.similarity.intervals import clone_intervals, with_intervals
from builders import DERIVED, equal_layers, random_recording

SETTINGS = {"shift": 0.01, "alpha": 0.05}


@pytest.fixture
def compared(compare):
    """Two clones of two episodes each, of which clone 1 has the median return."""
    table = compare(random_recording((70, 60, 80, 60), (0, 0, 1, 1)))
    return table.assign(median=table["clone"] == 1)


def test_the_interval_of_the_clone_of_median_return_holds_its_value(compared, tmp_path):
    settings = SETTINGS | {"replicates": 50}
    with h5py.File(tmp_path / "common.h5") as common, h5py.File(tmp_path / "clones.h5") as clones:
        intervals = clone_intervals(common, clones, 1, settings, np.random.default_rng(0))
        again = clone_intervals(common, clones, 1, settings, np.random.default_rng(0))
        narrow = clone_intervals(
            common, clones, 1, settings | {"alpha": 0.5}, np.random.default_rng(0)
        )
    pd.testing.assert_frame_equal(intervals, again)
    assert (narrow["low"] > intervals["low"]).all()
    assert (narrow["high"] < intervals["high"]).all()
    table = with_intervals(compared, intervals)
    of_clone = equal_layers(table, "expert_clone", "common", 1)
    assert len(of_clone) == len(table.dropna(subset=["low"])) == len(LAYERS) + len(DERIVED)
    assert (of_clone["low"] - 0.02 <= of_clone["cka_debiased"]).all()
    assert (of_clone["cka_debiased"] <= of_clone["high"] + 0.02).all()
    assert (of_clone["high"] - of_clone["low"]).between(0.001, 0.5).all()
    assert of_clone["p_swap"].between(1 / 51, 0.2).all()
    assert of_clone["p_shift"].between(0, 1, inclusive="right").all()
    assert of_clone["p_shift"].min() < 0.5


def test_without_replicates_no_clone_has_an_interval(compared, tmp_path):
    settings = SETTINGS | {"replicates": 0}
    with h5py.File(tmp_path / "common.h5") as common, h5py.File(tmp_path / "clones.h5") as clones:
        intervals = clone_intervals(common, clones, 1, settings, np.random.default_rng(0))
    told = with_intervals(compared, intervals)
    assert told[["low", "high", "p_swap", "p_shift"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(told[compared.columns], compared)
