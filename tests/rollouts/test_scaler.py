"""The scaler of observations: mean 0, deviation 1, constants stay finite."""

import numpy as np

from brainiarb.rollouts.scaler import observation_scaler


def test_scaler_standardises_and_leaves_constants_finite():
    rng = np.random.default_rng(0)
    observations = rng.normal(3.0, 2.0, (500, 4)).astype(np.float32)
    observations[:, 1] = 0.1
    scaler = observation_scaler({"observations": observations})
    assert scaler.mean.dtype == scaler.std.dtype == np.float64
    scaled = (observations.astype(float) - scaler.mean) / scaler.std
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=0)[[0, 2, 3]], 1)
    assert scaler.std[1] == 1.0
