"""The rate of a gait by three estimates, folded to one octave, and whether they agree.

The posture of a gait repeats after one stride or after two, and an estimate of its rate finds
either. So every estimate is folded: it is multiplied by 1/2, 1 or 2, whichever brings it nearest to
the stride rate of the expert. Where the estimates still differ, the gait has no one rate, and its
`fundamental` is unstable.
"""

from collections.abc import Mapping

import numpy as np

from brainiarb.gait.period import GaitPeriod
from brainiarb.statistics.measures import Measure, qualified

AGREE = 0.05
"""The largest disagreement of the estimates with which they are one rate: the margin by which the
rate of a clone may differ from that of its expert."""
FACTORS = (1.0, 2.0, 0.5)
ONE_ESTIMATE = "the rate has fewer than two estimates"


def fold(rate: float, octave: float) -> tuple[float, float]:
    """Return a rate (Hz) folded to the octave of another, and the factor of 1/2, 1 or 2.

    A rate that is nan, infinite or not above 0 stays as it is with the factor 1, and such an octave
    folds nothing.

    Examples
    --------
    >>> from brainiarb.gait.rates import fold
    >>> fold(0.85, octave=1.7), fold(1.6, octave=1.7), fold(3.2, octave=1.7)
    ((1.7, 2.0), (1.6, 1.0), (1.6, 0.5))
    """
    if not (0 < rate < np.inf and 0 < octave < np.inf):
        return rate, 1.0
    factor = min(FACTORS, key=lambda factor: abs(np.log(rate * factor / octave)))
    return rate * factor, factor


def disagreement(rates: Mapping[str, float]) -> float:
    """Return the largest rate over the smallest minus 1; nan with fewer than two above 0."""
    known = [rate for rate in rates.values() if 0 < rate < np.inf]
    return max(known) / min(known) - 1 if len(known) > 1 else float("nan")


def rate_measures(
    cycle: GaitPeriod,
    peak: float,
    strikes: float,
    octave: float,
    searched: tuple[float, float],
    no_cycle: str,
    no_peak: str,
) -> dict[str, Measure]:
    """Return the rates of a gait: `spectral_peak`, `fundamental` and `rate_disagreement`.

    The estimates (Hz) are the frequency of most power in the posture's spectrum (`peak`), the
    autocorrelation of the posture (`cycle`) and the strikes of the feet (`strikes`); each is nan
    where there is none, for the reasons `no_cycle` and `no_peak`. All are folded to the `octave`
    (Hz), and a note says by which factor. An estimate outside of the `searched` rates (Hz) is
    unstable, and it is not folded, so that no half of a fast gait is reported. The fundamental is
    unstable, too, where the estimates disagree by more than 5 %.
    """
    cycle_rate = float("nan") if no_cycle else 1 / cycle.seconds
    found = {"spectral peak": peak, "posture": cycle_rate, "strikes": strikes}
    far = {name: _outside(rate, searched) for name, rate in found.items()}
    far["posture"] = cycle.outside
    folded = {
        name: (rate, 1.0) if far[name] else fold(rate, octave) for name, rate in found.items()
    }
    rates = {name: rate for name, (rate, _) in folded.items()}
    spread = disagreement(rates)
    disagree = ""
    if spread > AGREE:
        said = ", ".join(f"{name} {rate:.3g}" for name, rate in rates.items() if np.isfinite(rate))
        disagree = f"the estimates of the rate disagree by {100 * spread:.2g} %: {said} Hz"
    return {
        "spectral_peak": _folded(*folded["spectral peak"], no_peak, far["spectral peak"]),
        "fundamental": _folded(*folded["posture"], no_cycle, far["posture"], disagree),
        "rate_disagreement": qualified("1", spread, "" if np.isfinite(spread) else ONE_ESTIMATE),
    }


def _outside(rate: float, searched: tuple[float, float]) -> str:
    """Say that a rate lies outside of the searched rates by more than a tolerance, or nothing."""
    lowest, highest = searched
    if np.isnan(rate) or lowest * (1 - AGREE) <= rate <= highest * (1 + AGREE):
        return ""
    return f"{rate:.3g} Hz lies outside the searched range {lowest:.3g} to {highest:.3g} Hz"


def _folded(rate: float, factor: float, absent: str, *unstable: str) -> Measure:
    """Return a folded rate whose note says the factor, after the reasons why it is unstable."""
    turned = "" if factor == 1 else f"folded: {factor:g} times the {rate / factor:.3g} Hz found"
    measure = qualified("Hz", rate, absent, "; ".join(filter(None, unstable)))
    notes = "; ".join(filter(None, (measure.note, turned if not absent else "")))
    return Measure("Hz", measure.value, measure.status, notes)
