"""Bootstrap of CKA over episodes, and its distribution if the states of both sides do not match.

Episodes are the unit, because rows within an episode depend on each other. Each function sums the
products of two layers once (see `hsic`) and then makes any number of replicates from the sums, at a
cost that does not depend on the number of rows:

* `bootstrap_cka` draws episodes anew, from the products of each episode;
* `swap_null` exchanges the episodes of one side, from the products of each pair of episodes;
* `shift_null` shifts one side within its episodes, from all lags at once by FFT.
"""

import logging
from dataclasses import dataclass

import numpy as np

from brainiarb.similarity.centring import unit
from brainiarb.similarity.hsic import columns_of, hsic, normalised
from brainiarb.statistics.methods import p_value

SHARE = 1 - 1e-4
"""Share of each side's variance in the components of a null; the rest moves CKA by about 1e-8."""
ROUNDING = 1e-13  # a difference below this share of its terms is rounding
BATCH = 64  # replicates that are evaluated together


@dataclass(frozen=True, eq=False)
class HsicForm:
    """HSIC of two layers as a polynomial of the weights of E episodes; see `hsic_form`.

    S_e = sum x y', u_e = sum x and v_e = sum y over the rows of episode e; a = |x|^2, b = |y|^2.
    """

    rows: np.ndarray
    """(E) rows of each episode."""
    products: np.ndarray
    """(E, E) <S_e, S_f>."""
    triples: np.ndarray
    """(E, E, E) u_f' S_e v_g."""
    means: tuple[np.ndarray, np.ndarray]
    """(E, E) u_e'u_f and v_e'v_f."""
    skews: tuple[np.ndarray, np.ndarray]
    """(E, E) (sum of b x in episode e)'u_f and (sum of a y in episode e)'v_f."""
    norms: tuple[np.ndarray, np.ndarray, np.ndarray]
    """(E) sums of a, b and a b."""

    def hsic(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ||Y'X||^2 and n(n-3) HSIC1, both (R,), for weights (R, E) of the episodes."""

        def square(matrix: np.ndarray) -> np.ndarray:
            return ((weights @ matrix) * weights).sum(axis=1)

        n = weights @ self.rows
        mean_x, mean_y = (square(matrix) / n**2 for matrix in self.means)
        skew = sum(square(matrix) / n for matrix in self.skews)
        a, b, both = (weights @ norm for norm in self.norms)
        cubic = np.zeros(len(weights))
        for e, matrix in enumerate(self.triples):
            cubic += weights[:, e] * square(matrix)
        terms = square(self.products), n**2 * mean_x * mean_y
        biased = terms[0] - 2 / n * cubic + terms[1]
        norms = both - 2 * skew + 4 / n**2 * cubic + mean_y * a + mean_x * b
        norms -= 3 * n * mean_x * mean_y
        totals = (a - n * mean_x) * (b - n * mean_y)
        with np.errstate(divide="ignore", invalid="ignore"):
            unbiased = biased - n / (n - 2) * norms + totals / ((n - 1) * (n - 2))
        # If the drawn episodes hold no variance, only rounding is left.
        least = ROUNDING * (terms[0] + terms[1])
        biased = np.where(biased > least, biased, 0.0)
        unbiased = np.where(np.abs(unbiased) > least, unbiased, 0.0)
        return biased, np.where(n < 4, np.nan, unbiased)


@dataclass(frozen=True, eq=False)
class Null:
    """CKA of two layers, and R values of CKA for states that do not match.

    All values, the observed ones too, are from the same rows of equally long episodes.
    """

    observed: float
    observed_debiased: float
    values: np.ndarray
    """(R)."""
    values_debiased: np.ndarray
    """(R)."""
    episodes: int
    rows: int
    """The number of rows of each episode."""

    def p_value(self, debiased: bool = False) -> float:
        """Return the share of values, with the observed one, that reach it; nan without values."""
        observed = self.observed_debiased if debiased else self.observed
        values = self.values_debiased if debiased else self.values
        return p_value(observed, values)


def hsic_form(x: np.ndarray, y: np.ndarray, episode_ids: np.ndarray) -> HsicForm:
    """Return HSIC of `x` (n, p) and `y` (n, q) as a polynomial of the weights of the episodes.

    Episodes are ordered by their ids. Costs n p q + E^2 p q operations and the memory of E p q.
    """
    labels, sorted_ids = np.unique(episode_ids, return_inverse=True)
    sides = [columns_of(unit(side)) for side in (x, y)]
    members = [np.flatnonzero(sorted_ids == e) for e in range(len(labels))]
    parts = np.stack([sides[0][rows].T @ sides[1][rows] for rows in members])
    cross, u, v = parts[:, :-2, :-2], parts[:, :-2, -1], parts[:, -1, :-2]
    flat = cross.reshape(len(labels), -1)
    return HsicForm(
        parts[:, -1, -1],
        flat @ flat.T,
        u @ cross @ v.T,
        (u @ u.T, v @ v.T),
        (parts[:, :-2, -2] @ u.T, parts[:, -2, :-2] @ v.T),
        (parts[:, -2, -1], parts[:, -1, -2], parts[:, -2, -2]),
    )


def episode_weights(episodes: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each of E episodes is drawn in each bootstrap replicate, (R, E)."""
    if not episodes:
        return np.zeros((replicates, 0))
    return rng.multinomial(episodes, np.full(episodes, 1 / episodes), replicates).astype(float)


def bootstrap_cka(
    x: np.ndarray, y: np.ndarray, episode_ids: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return biased and debiased CKA (R,) of two layers with episodes weighted by `weights` (R, E).

    `x` (n, p), `y` (n, q), `episode_ids` (n).

    The values equal those computed anew from the drawn rows. Use the same weights, from
    `episode_weights`, for pairs of layers whose replicates belong together. All values are nan
    without rows, if a number is nan or infinite, and if a layer does not vary.
    """
    if not len(x):
        return np.full(len(weights), np.nan), np.full(len(weights), np.nan)
    forms = [hsic_form(*sides, episode_ids) for sides in ((x, y), (x, x), (y, y))]
    biased, unbiased = zip(*(form.hsic(weights) for form in forms), strict=True)
    return normalised(*biased), normalised(*unbiased)


def swap_null(
    x: np.ndarray,
    y: np.ndarray,
    episode_ids: np.ndarray,
    replicates: int,
    rng: np.random.Generator,
    share: float = SHARE,
) -> Null:
    """Return CKA of `x` (n, p) with `y` (n, q) when episodes of `x` meet other episodes of `y`.

    The null hypothesis: both sides share nothing but the time since the start of the episode.
    Permutations are drawn evenly from all. Episodes shorter than half the median are left out, and
    the others are cut to the shortest. With k components, costs E n k^2 operations and the memory
    of E^2 k^2 numbers, then E k^2 per replicate. With fewer than two episodes there is no null, and
    the log says so. Values are nan if a number is nan or infinite, or if a layer does not vary.
    """
    first, second = _sides(x, y, episode_ids, share)
    episodes, rows = first.shape[:2]
    if episodes < 2:
        logging.warning("no null by swapping episodes: there are fewer than 2")
        return Null(np.nan, np.nan, np.zeros(0), np.zeros(0), episodes, rows)
    flat = [side.swapaxes(0, 1).reshape(rows, -1) for side in (first, second)]
    parts = (flat[0].T @ flat[1]).reshape(episodes, first.shape[2], episodes, second.shape[2])
    parts = np.ascontiguousarray(parts.swapaxes(1, 2))
    orders = np.stack(
        [np.arange(episodes), *(rng.permutation(episodes) for _ in range(replicates))]
    )
    cross = []
    for start in range(0, len(orders), BATCH):
        batch = orders[start : start + BATCH]
        cross.append(hsic(sum(parts[e, batch[:, e]] for e in range(episodes))))
    itself = [hsic(np.tensordot(side, side, ([0, 1], [0, 1]))) for side in (first, second)]
    biased, unbiased = (
        normalised(np.concatenate(values), x_itself, y_itself)
        for values, x_itself, y_itself in zip(zip(*cross, strict=True), *itself, strict=True)
    )
    return Null(biased[0], unbiased[0], biased[1:], unbiased[1:], episodes, rows)


def shift_null(
    x: np.ndarray,
    y: np.ndarray,
    episode_ids: np.ndarray,
    least: int,
    most: int | None = None,
    share: float = SHARE,
) -> Null:
    """Return CKA of `x` (n, p) with `y` (n, q) shifted within episodes by `least` to `most` rows.

    The null hypothesis: both sides share nothing but slow change. There is a value for every lag of
    either sign in the range, in order. `least` should be several gait periods; `most` is a quarter
    of an episode unless given. Shifts are linear (Harris 2020): the middle of an episode of `x`,
    `most` rows from its ends, meets as many rows of `y` at every lag. Episodes are chosen and cut
    as in `swap_null`. With k components, costs n k^2 operations and the memory of `most` k^2
    numbers for all lags together. If episodes are too short there is no null, and the log says so.
    Values are nan if a number is nan or infinite, or if a layer does not vary.
    """
    first, second = _sides(x, y, episode_ids, share)
    episodes, length = first.shape[:2]
    most = length // 4 if most is None else most
    rows = length - 2 * most
    if not (episodes and 1 <= least <= most and rows > 0):
        logging.warning(
            "no null by shifts of %d to %d rows: episodes have %d rows", least, most, length
        )
        return Null(np.nan, np.nan, np.zeros(0), np.zeros(0), episodes, max(rows, 0))
    lags = np.concatenate([[0], np.arange(-most, 1 - least), np.arange(least, most + 1)])
    middle = np.zeros_like(first)
    middle[:, most : most + rows] = first[:, most : most + rows]
    sums = _lagged(middle, second, lags)
    windows = [second[:, :rows].reshape(-1, second.shape[2])]
    window = windows[0].T @ windows[0]
    of_second = {-most: hsic(window)}
    for lag in range(1 - most, most + 1):
        leaving, entering = second[:, most + lag - 1], second[:, most + lag + rows - 1]
        window = window + entering.T @ entering - leaving.T @ leaving
        of_second[lag] = hsic(window)
    of_first = hsic(np.tensordot(middle, middle, ([0, 1], [0, 1])))
    of_windows = zip(*(of_second[lag] for lag in lags.tolist()), strict=True)
    biased, unbiased = (
        normalised(cross, x_itself, np.array(y_itself))
        for cross, x_itself, y_itself in zip(hsic(sums), of_first, of_windows, strict=True)
    )
    return Null(biased[0], unbiased[0], biased[1:], unbiased[1:], episodes, rows)


def _lagged(x: np.ndarray, y: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Return sum x_i y_(i+lag)' over the rows of all episodes (E, n, .), for each lag, by FFT.

    `x` must be zero in every row i for which i + lag lies outside the episode.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    length = next_fast_len(x.shape[1], real=True)
    x, y = (rfft(side, length, axis=1).transpose(1, 0, 2) for side in (x, y))
    sums = np.empty((len(lags), x.shape[2], y.shape[2]))
    for column in range(x.shape[2]):
        spectrum = np.conj(x[:, None, :, column]) @ y
        sums[:, column] = irfft(spectrum[:, 0], length, axis=0)[lags]
    return sums


def _sides(
    x: np.ndarray, y: np.ndarray, episode_ids: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns (E, n, k + 2) of both layers' components in equally long episodes."""
    labels, counts = np.unique(episode_ids, return_counts=True)
    kept = 2 * counts >= np.median(counts) if len(counts) else counts > 0
    rows = int(counts[kept].min(initial=len(episode_ids)))
    chosen = [np.flatnonzero(episode_ids == label)[:rows] for label in labels[kept]]
    index = np.concatenate([np.zeros(0, np.int64), *chosen])
    sides = [columns_of(components(side[index], share)) for side in (x, y)]
    first, second = (side.reshape(len(chosen), rows, side.shape[1]) for side in sides)
    return first, second


def components(values: np.ndarray, share: float = SHARE) -> np.ndarray:
    """Return the scores (n, k) of a layer (n, p) on the fewest components with a variance share."""
    centred = unit(values)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    held = np.cumsum(variances[::-1])
    count = 1 + int(np.searchsorted(held, share * held[-1]))
    return centred @ directions[:, ::-1][:, :count]
