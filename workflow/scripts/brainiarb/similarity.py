"""Similarity of representations: linear CKA between layers (Kornblith et al. 2019)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd


def linear_cka(x: np.ndarray, y: np.ndarray, debiased: bool = False) -> float:
    """Return the linear CKA of two representations of the same n states.

    ||Y'X||^2 / (||X'X|| ||Y'Y||) with columns centred (Kornblith et al. 2019, eq. 3 and 4), for
    `x` (n, p) and `y` (n, q); 0 to 1, with `debiased` unbiased and therefore also below 0 (HSIC1
    of Song et al. 2012, eq. 5). nan where a side has no variance, or with `debiased` below 4 rows.
    Costs n (p + q)^2 operations.
    """
    biased, unbiased = cka_matrices({"x": x}, {"y": y})
    return float((unbiased if debiased else biased)[0, 0])


def cka_matrices(
    first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return biased and debiased linear CKA, both (a, b), of a with b layers of the same rows.

    The layers of a side lie side by side in one matrix, so that all pairs come from one product.
    """
    lengths = {len(values) for values in (*first.values(), *second.values())}
    if len(lengths) != 1:
        raise ValueError(
            f"expected layers of the same states, found {sorted(lengths)} rows; "
            "record both sides on the same stimuli"
        )
    (n,) = lengths
    x, y = [_unit(v) for v in first.values()], [_unit(v) for v in second.values()]
    cross, cross_unbiased = _hsic(x, y, n)
    scale = np.outer(*(np.sqrt(_self_hsic(side, n)[0]) for side in (x, y)))
    scale_unbiased = np.outer(
        *(np.sqrt(np.maximum(_self_hsic(side, n)[1], 0.0)) for side in (x, y))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        biased = np.where(scale > 0, cross / scale, np.nan)
        unbiased = np.where(scale_unbiased > 0, cross_unbiased / scale_unbiased, np.nan)
    return biased, unbiased


def table(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the CKA of all pairs of layers.

    Columns: layer_first, layer_second, cka, cka_debiased, rows, note.
    A pair without a value is `undefined` in the note, with the reason.
    """
    biased, unbiased = cka_matrices(first, second)
    rows = len(next(iter(first.values())))
    reason = "no variance" if rows else "no rows"
    return pd.DataFrame(
        [
            {
                "layer_first": a,
                "layer_second": b,
                "cka": biased[i, j],
                "cka_debiased": unbiased[i, j],
                "rows": rows,
                "note": f"undefined: {reason}" if np.isnan(biased[i, j]) else "",
            }
            for i, a in enumerate(first)
            for j, b in enumerate(second)
        ]
    )


def _unit(values: np.ndarray) -> np.ndarray:
    """Return a centred layer in float64, scaled to unit norm, or zeros where it has no variance."""
    centred = values.astype(np.float64)
    centred -= centred[:1]  # a large common offset would cost digits in the mean
    largest = np.abs(centred).max(initial=0.0)
    if not largest > 0:
        return np.zeros_like(centred)
    centred /= largest
    centred -= centred.mean(axis=0)
    return centred / np.linalg.norm(centred)


def _blocks(product: np.ndarray, x: list[np.ndarray], y: list[np.ndarray]) -> np.ndarray:
    rows = np.cumsum([0, *(v.shape[1] for v in x)])[:-1]
    columns = np.cumsum([0, *(v.shape[1] for v in y)])[:-1]
    return np.add.reduceat(np.add.reduceat(product**2, rows, axis=0), columns, axis=1)


def _hsic(x: list[np.ndarray], y: list[np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ||Y'X||^2 of all pairs and the same with HSIC1's terms, up to a common factor.

    For centred features HSIC1 is ||Y'X||^2 - n/(n-2) sum_i |x_i|^2 |y_i|^2
    + |X|^2 |Y|^2 / ((n-1)(n-2)).
    """
    biased = _blocks(np.concatenate(x, axis=1).T @ np.concatenate(y, axis=1), x, y)
    if n < 4:
        return biased, np.full_like(biased, np.nan)
    norms_x = np.stack([(v**2).sum(axis=1) for v in x])
    norms_y = np.stack([(v**2).sum(axis=1) for v in y])
    totals = np.outer(norms_x.sum(axis=1), norms_y.sum(axis=1))
    diagonal = norms_x @ norms_y.T
    return biased, biased - n / (n - 2) * diagonal + totals / ((n - 1) * (n - 2))


def _self_hsic(side: list[np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    pairs = [_hsic([values], [values], n) for values in side]
    return np.array([b.item() for b, _ in pairs]), np.array([u.item() for _, u in pairs])
