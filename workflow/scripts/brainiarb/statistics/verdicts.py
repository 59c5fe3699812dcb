"""Verdicts: what a sample of effects says of a hypothesis.

Every hypothesis has a direction, so every test is one-sided and every interval holds 1 - 2 alpha:
the interval excludes a value exactly where a test at alpha does. Interval and both p values are
Student's t of one sample: the initialisation blocks of one expert, or one mean of each of several
experts (`blocks`).

An effect (`higher`, `lower`) is `supported` if no effect is excluded and the estimate reaches the
smallest effect; it is `contradicted` if the smallest effect is excluded. A bound (`at_least`,
`at_most`) is `supported` if values beyond it are excluded, and `contradicted` if all others are.
Equivalence (`within`) is `supported` if both margins are excluded (Schuirmann 1987), and
`contradicted` if all values between them are.

Otherwise the verdict is `not resolved`. It is `not testable` where fewer than two units have a
value. Units that are all equal are an answer, too: their p is that of sign flips, 1 / 2^n.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log

import numpy as np

from brainiarb.statistics.distributions import t_tail
from brainiarb.statistics.ledger import (
    AT_LEAST,
    AT_MOST,
    CONTRADICTED,
    EFFECTS,
    SUPPORTED,
    UNRESOLVED,
    UNTESTABLE,
    WITHIN,
    Part,
)
from brainiarb.statistics.methods import ROUNDING, missing_numbers, standard_error

EXCLUDED = {
    AT_LEAST: ("below", "of at least"),
    AT_MOST: ("above", "of at most"),
    WITHIN: ("beyond the margin", "within the margin"),
}
"""Which values are excluded where a bound or a margin is supported, and where contradicted."""


@dataclass(frozen=True)
class Evidence:
    """How far a sample speaks for a hypothesis and against it."""

    p: float
    """Of the test whose rejection supports the hypothesis; nan where it is not testable."""
    p_against: float
    """Of the test whose rejection contradicts it."""
    reached: bool
    """Whether the estimate reaches the smallest effect, if an effect is expected."""


def evidence(units: np.ndarray, part: Part, least_error: float = 0.0) -> Evidence:
    """Return what `units` (n) say of a hypothesis; logarithms where the hypothesis asks for them.

    The standard error of their mean is at least `least_error`.

    The p values are nan if there are fewer than two units, and if one is nan or infinite.
    """
    smallest, none = part.smallest, part.no_effect
    if part.logarithms:
        smallest, none = log(smallest), log(none)
    if part.expects == WITHIN:
        low, high = none - abs(smallest - none), none + abs(smallest - none)
        p = max(tail(units, low, 1, least_error), tail(units, high, -1, least_error))
        # Only one of the two can be small, so that the smaller one is not corrected.
        against = min(tail(units, high, 1, least_error), tail(units, low, -1, least_error))
        return Evidence(p, against, True)
    against = tail(units, smallest, -part.sign, least_error)
    if part.expects not in EFFECTS:
        return Evidence(tail(units, smallest, part.sign, least_error), against, True)
    reached = len(units) > 0 and part.sign * (float(np.mean(units)) - smallest) >= 0
    return Evidence(tail(units, none, part.sign, least_error), against, reached)


def tail(units: np.ndarray, null: float, side: int, least_error: float = 0.0) -> float:
    """Return the one-sided p of Student's t test that the mean of `units` (n) is `null`.

    A small p says that the mean is larger, for `side` 1, or smaller, for -1. The
    standard error of the mean is at least `least_error`. If all units are
    equal, p is that of exact sign flips: 1 / 2^n, or 1. It is nan if there are fewer than two
    units, and if one of them is nan or infinite.
    """
    n = len(units)
    if n < 2 or missing_numbers(units):
        return float("nan")
    apart = side * (float(np.mean(units)) - null)
    error = max(standard_error(units), least_error)
    if error:
        return t_tail(apart / error, n - 1)
    return 1 / 2**n if apart > ROUNDING * max(abs(null), abs(apart)) else 1.0


def verdict(found: Evidence, p: float, p_against: float, alpha: float) -> str:
    """Return the verdict from p values that are corrected for the number of hypotheses."""
    if np.isnan(found.p):
        return UNTESTABLE
    if p <= alpha and found.reached:
        return SUPPORTED
    return CONTRADICTED if p_against <= alpha else UNRESOLVED


def combined(answers: Iterable[str]) -> str:
    """Return the verdict on a claim whose parts must all hold, from the answers to its parts.

    It is empty where the parts are described only.
    """
    answers = set(answers)
    for decisive in (CONTRADICTED, UNTESTABLE, UNRESOLVED, ""):
        if decisive in answers:
            return decisive
    return SUPPORTED


def reason(found: Evidence, part: Part, answer: str, alpha: float) -> str:
    """Return in one clause why a tested hypothesis has its answer."""
    least, effect = f"{part.smallest:g}", part.expects in EFFECTS
    if effect and answer == SUPPORTED:
        return f"no effect is excluded, and the estimate reaches {least}"
    if effect and answer == CONTRADICTED:
        small = "; there is an effect, but a smaller one" if found.p <= alpha else ""
        return f"an effect of {least} is excluded{small}"
    if answer in (SUPPORTED, CONTRADICTED):
        beyond, others = EXCLUDED[part.expects]
        return f"values {beyond if answer == SUPPORTED else others} {least} are excluded"
    if min(found.p if found.reached else 1.0, found.p_against) <= alpha:
        return "the correction for the number of hypotheses leaves it open"
    if effect and found.p <= alpha:
        return f"there is an effect, but whether it is as large as {least} is open"
    if part.expects == WITHIN:
        return f"the interval holds an end of the margin {least}"
    return f"the interval holds {least}" + (" and no effect" if effect else "")
