"""HSIC of linear kernels from sums over the rows.

HSIC is the Hilbert-Schmidt independence criterion. A layer of p units is written as p + 2 columns:
its units x, their squared norm a = |x|^2, and a column of ones. The columns of two layers,
multiplied and summed over the rows, give the sums

    [ sum x y'   sum x b   sum x ]
    [ sum a y'   sum a b   sum a ]
    [ sum y'     sum b     n     ]

These sums hold everything that the biased and the unbiased HSIC need. They add up over chunks,
episodes, files and jobs. Another origin of the units is a linear map of the sums (`shifted`), so
centring needs no second pass over the rows.
"""

import numpy as np


def columns_of(units: np.ndarray) -> np.ndarray:
    """Return the columns (n, p + 2) of a layer (n, p): the units, their squared norm, and ones."""
    columns = np.empty((len(units), units.shape[1] + 2), units.dtype)
    columns[:, :-2] = units
    complete_columns(columns)
    return columns


def complete_columns(columns: np.ndarray) -> None:
    """Fill in the last two columns (n, p + 2) of a layer whose units are already written."""
    units = columns[:, :-2]
    columns[:, -2] = np.einsum("ij,ij->i", units, units)
    columns[:, -1] = 1


@np.errstate(over="ignore", invalid="ignore")
def shifted(sums: np.ndarray, x_shift: np.ndarray, y_shift: np.ndarray) -> np.ndarray:
    """Return the sums (..., p + 2, q + 2) after x became x - `x_shift` and y became y - `y_shift`.

    `x_shift` (..., p) and `y_shift` (..., q) are in the units of the layers.
    """
    result = sums.copy()
    for rows, shift in ((result, x_shift), (result.swapaxes(-1, -2), y_shift)):
        shift = shift[..., None, :]
        rows[..., -2, :] += (shift**2).sum(axis=-1) * rows[..., -1, :] - 2 * (
            shift @ rows[..., :-2, :]
        )[..., 0, :]
        rows[..., :-2, :] -= shift.swapaxes(-1, -2) * rows[..., -1:, :]
    return result


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def hsic(
    sums: np.ndarray,
    heavy: tuple[np.ndarray, np.ndarray] | None = None,
    precision: float = np.finfo(np.float64).eps,
) -> tuple[np.ndarray, np.ndarray]:
    """Return ||Y'X||^2 of centred X and Y, and n(n-3) times HSIC1 of their linear kernels.

    `sums` (..., p + 2, q + 2) are over the rows of both layers. `heavy`, (m, p) and (m, q), are
    further rows that are no part of the sums. With K and L the kernels without their diagonals,
    HSIC1 is (sum KL + sum K sum L / ((n-1)(n-2)) - 2/(n-2) 1'KL1) / (n(n-3)) (Song et al. 2012,
    eq. 5); it does not depend on the centre. The second value is nan below 4 rows, and 0 if it is
    smaller than the rounding error that `precision`, the relative error of a product, leaves.
    """
    counted = np.maximum(sums[..., -1, -1], 1.0)[..., None]
    centre = sums[..., :-2, -1] / counted, sums[..., -1, :-2] / counted
    sums = shifted(sums, *centre)
    if heavy is None:
        x, y = (np.zeros((0, size - 2)) for size in sums.shape[-2:])
    else:
        x, y = heavy[0] - centre[0], heavy[1] - centre[1]
    cross, norms = sums[..., :-2, :-2], sums[..., -2, -2]
    x_total, y_total = x.sum(axis=0), y.sum(axis=0)
    n = sums[..., -1, -1] + len(x)
    kernels = [side @ side.T for side in (x, y)]
    for kernel in kernels:
        np.fill_diagonal(kernel, 0.0)
    between = [kernel.sum(axis=1) for kernel in kernels]
    squares = np.square(cross).sum(axis=(-1, -2))
    whole = cross + x.T @ y - np.outer(x_total, y_total) / n[..., None, None]
    products = squares - norms + 2 * ((x @ cross) * y).sum(axis=(-1, -2))
    products += (kernels[0] * kernels[1]).sum()
    totals = (between[0].sum() - sums[..., -2, -1]) * (between[1].sum() - sums[..., -1, -2])
    rows = (x_total @ cross) @ y_total - sums[..., -2, :-2] @ y_total
    rows = rows - sums[..., :-2, -2] @ x_total + norms + between[0] @ between[1]
    unbiased = products + totals / ((n - 1) * (n - 2)) - 2 / (n - 2) * rows
    unbiased = np.where(np.abs(unbiased) > 4 * precision * (squares + norms), unbiased, 0.0)
    return np.square(whole).sum(axis=(-1, -2)), np.where(n < 4, np.nan, unbiased)


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def normalised(cross: np.ndarray, x_itself: np.ndarray, y_itself: np.ndarray) -> np.ndarray:
    """Return HSIC of two sides over the root of each side's HSIC with itself, within [-1, 1].

    Kornblith et al. 2019, eq. 4. nan where the HSIC of a side with itself is not above 0.
    """
    value = cross / np.sqrt(np.maximum(x_itself, 0.0) * np.maximum(y_itself, 0.0))
    return np.where((x_itself > 0) & (y_itself > 0), np.clip(value, -1.0, 1.0), np.nan)
