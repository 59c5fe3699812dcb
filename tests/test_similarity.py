"""Linear CKA against the definition by Gram matrices, on easy and on hard inputs."""

import numpy as np
import pytest

from brainiarb.similarity import cka_matrices, linear_cka, table


def reference(x, y, debiased):
    """CKA from centred Gram matrices, straight from Kornblith et al. 2019 and Song et al. 2012."""
    n = len(x)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    grams = x @ x.T, y @ y.T

    def hsic(k, m):
        if not debiased:
            return (k * m).sum()
        k, m = (g - np.diag(np.diag(g)) for g in (k, m))
        return (
            (k * m).sum()
            + k.sum() * m.sum() / ((n - 1) * (n - 2))
            - 2 / (n - 2) * (k.sum(axis=0) @ m.sum(axis=0))
        )

    k, m = grams
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 9))
    return x, x[:, :4] @ rng.normal(size=(4, 5)) + rng.normal(size=(60, 5))


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_equals_the_definition(pair, debiased, offset):
    x, y = pair
    assert linear_cka(x + offset, y, debiased) == pytest.approx(
        reference(x + offset, y, debiased), abs=1e-9
    )


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e18])
def test_float32_neither_overflows_nor_underflows(pair, scale):
    x, y = pair
    small = (x * scale).astype(np.float32)
    assert linear_cka(small, y) == pytest.approx(linear_cka(x, y), abs=1e-6)


@pytest.mark.parametrize("debiased", [False, True])
def test_rotation_scaling_shift_and_order_change_nothing(pair, debiased):
    x, y = pair
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(9, 9)))[0]
    expected = linear_cka(x, y, debiased)
    assert linear_cka(x @ rotation * 7 + 3, y, debiased) == pytest.approx(expected, abs=1e-12)
    assert linear_cka(y, x, debiased) == pytest.approx(expected, abs=1e-12)
    assert linear_cka(x, x, debiased) == pytest.approx(1, abs=1e-12)


def test_independent_data_score_zero_only_when_debiased():
    rng = np.random.default_rng(2)
    values = [
        (linear_cka(x, y), linear_cka(x, y, debiased=True))
        for x, y in (rng.normal(size=(2, 50, 40)) for _ in range(40))
    ]
    biased, unbiased = np.mean(values, axis=0)
    assert biased > 0.3
    assert abs(unbiased) < 0.02


def test_a_layer_without_variance_is_undefined_never_a_number(pair):
    x, y = pair
    still = np.full((60, 3), 0.1)
    assert np.isnan(linear_cka(still, y))
    frame = table({"still": still, "x": x}, {"y": y})
    assert frame["note"].tolist() == ["undefined: no variance", ""]
    assert np.isnan(frame["cka"][0])


def test_all_pairs_together_equal_each_pair_alone(pair):
    x, y = pair
    biased, unbiased = cka_matrices({"a": x, "b": x[:, :2]}, {"y": y, "a": x})
    assert biased[1, 0] == pytest.approx(linear_cka(x[:, :2], y), abs=1e-12)
    assert unbiased[0, 1] == pytest.approx(1, abs=1e-12)


def test_unequal_rows_are_refused(pair):
    x, y = pair
    with pytest.raises(ValueError, match=r"found \[59, 60\] rows"):
        linear_cka(x, y[:-1])
