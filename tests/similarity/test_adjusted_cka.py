"""CKA without the observations and of whitened components: literal values and invariances."""

import numpy as np
import pytest

from brainiarb.actors.actors import untrained
from brainiarb.actors.architecture import DEFAULT
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.similarity.adjusted_cka import deconfounded_cka, whitened_cka
from brainiarb.similarity.array_measures import linear_cka, svcca
from brainiarb.similarity.cka import merge
from brainiarb.similarity.network_measures import clone_measures
from brainiarb.similarity.products import products_of
from brainiarb.similarity.streaming import cross_products, in_chunks
from brainiarb.statistics.measures import ABSENT
from builders import SIZES, equal_layers, random_recording

ROWS = 400
RNG = np.random.default_rng(0)
STATES = RNG.normal(size=(ROWS, 5)) * (100, 3, 1, 0.1, 1e-3) + 7


def hidden(units, seed):
    """A layer of ReLU units that read the states."""
    rng = np.random.default_rng(seed)
    scaled = (STATES - 7) / (100, 3, 1, 0.1, 1e-3)
    return np.maximum(scaled @ rng.normal(size=(5, units)) + rng.normal(size=units), 0)


X, Y = hidden(9, 1), hidden(12, 2)


def products(x, y, dtype=np.float64, states=STATES):
    return cross_products(in_chunks([{"x": x}, {"x": y}, {OBSERVATIONS: states}]), dtype=dtype)


def value(function, x, y, **options):
    return function(products(x, y, **options), 0, 1, 0, 0)


def residual(layer, states=STATES):
    """What a linear map with an intercept leaves of a layer, by least squares on arrays."""
    states = np.column_stack([states - states.mean(axis=0), np.ones(len(states))])
    return layer - states @ np.linalg.lstsq(states, layer, rcond=None)[0]


def whitened(layer):
    """The orthonormal scores of the fewest components that hold 99 % of the variance."""
    left, sizes, _ = np.linalg.svd(layer - layer.mean(axis=0), full_matrices=False)
    share = np.cumsum(sizes**2) / np.sum(sizes**2)
    return left[:, : 1 + np.flatnonzero(share >= 0.99)[0]]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 1e-4)])
def test_both_equal_their_definitions_on_arrays(dtype, tolerance):
    expected = linear_cka(residual(X), residual(Y))
    assert value(deconfounded_cka, X, Y, dtype=dtype) == pytest.approx(expected, abs=tolerance)
    assert 0.05 < expected < linear_cka(X, Y) - 0.02
    expected = linear_cka(whitened(X), whitened(Y))
    assert value(whitened_cka, X, Y, dtype=dtype) == pytest.approx(expected, abs=tolerance)


def test_whitened_cka_of_equal_numbers_is_the_mean_squared_correlation_of_svcca():
    x, y = RNG.normal(size=(2, ROWS, 3))
    mixed = x @ RNG.normal(size=(3, 3))
    assert value(whitened_cka, x, mixed) == pytest.approx(1)
    assert svcca(x, mixed) == pytest.approx(1)
    assert value(whitened_cka, x, y) < 0.05


@pytest.mark.parametrize("function", [deconfounded_cka, whitened_cka])
def test_rotation_shift_and_scale_of_a_layer_change_nothing(function):
    rotation = np.linalg.qr(RNG.normal(size=(12, 12)))[0]
    expected = value(function, X, Y)
    assert value(function, X, 1e3 * Y @ rotation - 40) == pytest.approx(expected, abs=1e-9)
    assert value(function, Y, X) == pytest.approx(expected, abs=1e-12)
    assert value(function, X, X) == pytest.approx(1)


def test_what_is_added_from_the_observations_is_taken_out_again():
    expected = value(deconfounded_cka, X, Y)
    confounded = X + STATES @ RNG.normal(size=(5, 9)) / 10
    assert value(deconfounded_cka, confounded, Y) == pytest.approx(expected, abs=1e-6)
    units = STATES * (1e-3, 10, 0.1, 5, 1e4)
    assert value(deconfounded_cka, X, Y, states=units) == pytest.approx(expected, abs=1e-9)
    twice = np.column_stack([STATES, STATES[:, :2], np.full(ROWS, 0.1)])
    assert value(deconfounded_cka, X, Y, states=twice) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_variance_there_is_no_value(dtype):
    constant = np.full((ROWS, 4), 0.1)
    for function in (deconfounded_cka, whitened_cka):
        assert np.isnan(value(function, X, constant, dtype=dtype))
        assert np.isnan(value(function, X[:0], Y[:0], states=STATES[:0], dtype=dtype))
        assert np.isnan(value(function, np.where(X > 1, np.nan, X), Y, dtype=dtype))
    linear = STATES @ RNG.normal(size=(5, 6))
    assert np.isnan(value(deconfounded_cka, X, linear, dtype=dtype))
    assert value(whitened_cka, X, linear, dtype=dtype) > 0.1


def test_rows_may_come_in_parts():
    parts = [
        products(X[rows], Y[rows], states=STATES[rows]) for rows in np.split(np.arange(ROWS), 4)
    ]
    for function in (deconfounded_cka, whitened_cka):
        merged = function(merge(parts), 0, 1, 0, 0)
        assert merged == pytest.approx(value(function, X, Y), abs=1e-9)


def test_without_observations_they_cannot_be_regressed_out():
    alone = cross_products(in_chunks([{"x": X}, {"x": Y}]))
    with pytest.raises(ValueError, match="expected products with the observations among"):
        deconfounded_cka(alone, 0, 1, 0, 0)


def test_products_of_networks_are_always_beside_the_observations():
    states = np.random.default_rng(0).normal(size=(50, SIZES[0])).astype(np.float32)
    networks = {
        f"network_{k}": DEFAULT.derive(
            {name: values[0] for name, values in untrained(SIZES, [k]).respond(states).items()}
        )
        for k in range(2)
    }
    networks[OBSERVATIONS] = {OBSERVATIONS: states}
    multiplied = products_of(networks, [("network_0", "network_1")], ["linear2_relu"])
    (of_layer,) = multiplied.matching
    left = [residual(networks[f"network_{k}"]["linear2_relu"], states) for k in range(2)]
    value = deconfounded_cka(of_layer, 0, 1, 0, 0)
    assert value == pytest.approx(linear_cka(*left), abs=1e-4)


def test_both_are_measures_of_hidden_layers_after_their_relu(compare):
    table = compare(random_recording((70, 60), (0, 1)))
    names = ["cka_deconfounded", "cka_whitened"]
    known = table[table[names].notna().any(axis=1)]
    assert set(known["layer_first"]) == {"linear1_relu", "linear2_relu"}
    assert (known["layer_first"] == known["layer_second"]).all()
    measures = clone_measures(table.assign(expert="sac_0", level=5))
    values = measures.set_index(["measure", "clone"])["value"]
    for name in names:
        for layer in ("linear1_relu", "linear2_relu"):
            # The first clone is the expert itself.
            assert values[f"{name}_{layer}", 0] == pytest.approx(1, abs=1e-4)
            assert 0 < values[f"{name}_{layer}", 1] < 0.99


def test_a_pair_without_a_value_says_what_it_needs(compare, monkeypatch):
    monkeypatch.setattr(
        "brainiarb.similarity.adjusted_cka._inverse", lambda covariance, _: covariance * np.nan
    )
    table = compare(random_recording((70, 60), (0, 1)))
    common = equal_layers(table, "expert_clone", "common", 1).set_index("layer_first")
    needed = "cka_deconfounded undefined: needs variance that the observation leaves in both layers"
    assert common.loc["linear2_relu", "note"] == needed
    assert common.loc["linear2", "note"] == ""
    measures = clone_measures(table.assign(expert="sac_0", level=5)).set_index("measure")
    assert set(measures.loc["cka_deconfounded_linear2_relu", "status"]) == {ABSENT}
    assert set(measures.loc["cka_deconfounded_linear2_relu", "note"]) == {needed}
