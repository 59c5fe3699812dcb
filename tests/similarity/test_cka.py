"""CKA of many layers from sums over the rows: equal to each pair alone, however rows are cut."""

import weakref
from itertools import pairwise, product
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brainiarb.similarity.array_measures import linear_cka
from brainiarb.similarity.cka import merge
from brainiarb.similarity.streaming import MOST_HEAVY, cross_products, in_chunks

ROWS = 90


def networks(rows=ROWS, count=3, seed=0):
    """Networks that see the same states, of two layers each."""
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(rows, 5)) * (3, 2, 1, 0.5, 0.2)
    layers = []
    for _ in range(count):
        first = np.maximum(states @ rng.normal(size=(5, 12)) + rng.normal(size=12), 0)
        layers.append({"first": first, "second": first @ rng.normal(size=(12, 3)) + 7})
    return layers


def part(chosen, rows):
    return [{name: values[rows] for name, values in network.items()} for network in chosen]


def each_alone(chosen, a, b):
    """Biased and debiased CKA of all layers of two networks, pair by pair."""
    return [
        [[linear_cka(x, y, debiased) for y in chosen[b].values()] for x in chosen[a].values()]
        for debiased in (False, True)
    ]


def assert_equals_each_alone(products, chosen, pairs=None, **tolerance):
    count = len(chosen)
    for a, b in pairs or product(range(count), repeat=2):
        np.testing.assert_allclose(products.cka(a, b), each_alone(chosen, a, b), **tolerance)
    assert products.rows == len(chosen[0]["first"])


EXACT = {"rtol": 0, "atol": 1e-12}
SINGLE = {"rtol": 0, "atol": 1e-6}


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, EXACT), (np.float32, SINGLE)])
@pytest.mark.parametrize("rows", [7, 32, ROWS])
def test_all_pairs_together_equal_each_pair_alone(rows, dtype, tolerance):
    chosen = networks()
    products = cross_products(in_chunks(chosen, rows), dtype=dtype)
    assert_equals_each_alone(products, chosen, **tolerance)


def hard(kind):
    """Networks with something in their first layers that costs a naive sum its digits."""
    chosen = networks()
    for network in chosen[:2]:
        x = network["first"]
        if kind == "mean of 1e6":
            x += 1e6
        elif kind == "constant units":
            x[:, :5] = 0.1
        elif kind == "outliers":
            x[40] *= 1e4
        elif kind == "a first chunk that is constant":
            x[:32] = x[0]
        elif kind == "a first chunk elsewhere":
            x[:32] += 1e3
        elif kind == "large float32":
            network["first"] = (x * 1e30).astype(np.float32)
        elif kind == "small float32":
            network["first"] = (x * 1e-35).astype(np.float32)
        elif kind == "half precision":
            network["first"] = x.astype(np.float16)
        elif kind == "integers":
            network["first"] = (10 * x).astype(int)
    return chosen


KINDS = (
    "mean of 1e6",
    "constant units",
    "outliers",
    "a first chunk that is constant",
    "a first chunk elsewhere",
    "large float32",
    "small float32",
    "half precision",
    "integers",
)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, EXACT), (np.float32, SINGLE)])
@pytest.mark.parametrize("kind", KINDS)
def test_hard_rows_cost_no_digits(kind, dtype, tolerance):
    chosen = hard(kind)
    products = cross_products(in_chunks(chosen, 32), dtype=dtype)
    assert_equals_each_alone(products, chosen, **tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_parts_merge_as_if_they_had_been_one(kind):
    """Each part has a shift, a scale and outliers of its own."""
    chosen = hard(kind)
    parts = [
        cross_products(in_chunks(part(chosen, rows), 16), dtype=np.float64)
        for rows in (slice(0, 32), slice(32, 41), slice(41, 41), slice(41, ROWS))
    ]
    assert_equals_each_alone(merge(parts), chosen, **EXACT)
    assert_equals_each_alone(merge(parts[::-1]), chosen, **EXACT)


@given(st.sets(st.integers(1, ROWS - 1), max_size=6), st.randoms(use_true_random=False))
@example({1, 2}, Random(0))  # parts of one row, which vary between them only
@settings(deadline=None, max_examples=25)
def test_neither_cuts_nor_their_order_matter(cuts, random):
    chosen = networks(count=2)
    ends = [0, *sorted(cuts), ROWS]
    parts = [
        cross_products(in_chunks(part(chosen, slice(*rows))), dtype=np.float64)
        for rows in pairwise(ends)
    ]
    random.shuffle(parts)
    assert_equals_each_alone(merge(parts), chosen, pairs=[(0, 1)], **EXACT)


def test_merging_leaves_the_parts_as_they_were():
    chosen = networks()
    parts = [cross_products(in_chunks(part(chosen, slice(k, None, 2)))) for k in range(2)]
    before = [piece.sums[0, 1].copy() for piece in parts]
    merge(parts)
    for piece, sums in zip(parts, before, strict=True):
        np.testing.assert_array_equal(piece.sums[0, 1], sums)


def test_only_the_pairs_asked_for_are_multiplied():
    chosen = networks()
    products = cross_products(in_chunks(chosen), [(0, 1), (2, 0)])
    assert set(products.sums) == {(0, 0), (1, 1), (2, 2), (0, 1), (0, 2)}
    assert_equals_each_alone(products, chosen, [(0, 1), (2, 0), (1, 1)], **SINGLE)
    with pytest.raises(ValueError, match="found 1 and 2; add it to the pairs"):
        products.cka(1, 2)


def test_the_same_call_gives_the_same_bits():
    first, again = (cross_products(in_chunks(networks())).cka(0, 1) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_chunks_are_taken_one_by_one_and_none_is_kept():
    taken = []

    def chunks():
        for seed in range(4):
            assert [seen() for seen in taken[:-1]] == [None] * len(taken[:-1])
            x = np.random.default_rng(seed).normal(size=(ROWS, 5))
            taken.append(weakref.ref(x))
            yield [{"x": x}]

    assert cross_products(chunks()).rows == 4 * ROWS


def test_what_has_no_value_says_why():
    chosen = networks(count=1)
    x = chosen[0]["first"]
    single = np.full_like(x, 0.1)
    single[3] += 1
    layers = {"still": np.full_like(x, 0.1), "single": single, "wrong": np.where(x > 2, np.inf, x)}
    products = cross_products(in_chunks([layers, {"x": x}]), dtype=np.float64)
    assert [note for (note,) in products.notes(0, 1)] == [
        "undefined: no variance",
        "debiased undefined: all variance in one row",
        "undefined: values that are not finite",
    ]
    biased, debiased = products.cka(0, 1)
    assert np.isnan(biased).ravel().tolist() == [True, False, True]
    assert np.isnan(debiased).all()
    assert products.notes(0, 0)[1][0] == products.notes(0, 0)[0][1] == "undefined: no variance"
    assert products.notes(1, 1) == [[""]]


@pytest.mark.parametrize(
    ("rows", "note"),
    [(0, "undefined: no rows"), (3, "debiased undefined: fewer than 4 rows"), (4, "")],
)
def test_too_few_rows_say_so(rows, note):
    products = cross_products(in_chunks(part(networks(), slice(rows))))
    assert {reason for line in products.notes(0, 1) for reason in line} == {note}
    assert np.isnan(products.cka(0, 1)[1]).all() == bool(note)


def test_unequal_rows_are_refused():
    chosen = networks()
    chosen[1]["second"] = chosen[1]["second"][:-1]
    with pytest.raises(ValueError, match=r"found \[89, 90\] rows"):
        cross_products([chosen])


def test_no_chunks_at_all_are_refused():
    with pytest.raises(ValueError, match="expected chunks of rows, found none"):
        cross_products([])


def test_parts_of_other_networks_are_refused():
    first = cross_products(in_chunks(networks()))
    for changed in (networks(count=2), [dict(reversed(n.items())) for n in networks()]):
        with pytest.raises(ValueError, match="expected parts of the same networks"):
            merge([first, cross_products(in_chunks(changed))])


def test_rows_far_out_of_line_are_kept_apart_and_few():
    x = np.random.default_rng(0).normal(size=(40, 4))
    x[[5, 17]] *= 1e3
    (layer,) = cross_products(in_chunks([{"x": x}], 8)).networks[0]
    assert len(layer.heavy) == 2
    np.testing.assert_allclose(layer.heavy / layer.scale + layer.shift, x[[5, 17]])
    growing = x[:, :1] * 10.0 ** np.arange(40)[:, None]
    (layer,) = cross_products(in_chunks([{"x": np.tile(growing, (1000, 1))}])).networks[0]
    assert len(layer.heavy) == MOST_HEAVY
