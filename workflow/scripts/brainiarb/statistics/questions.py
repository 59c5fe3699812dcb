"""The questions that are asked of the values of one measure, and how each is answered.

The unit is the training run. If one expert is cloned, the sample is its clones, and the condition
says "conditional on this expert". If several experts are cloned, the sample is one number for each
expert ("over experts"), and the tests within experts stand beside it ("conditional on these
experts").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from brainiarb.statistics.dip import dip_test
from brainiarb.statistics.methods import (
    Inference,
    equivalence,
    interquartile_mean,
    permutation_test,
    sign_flip_test,
    stratified_bootstrap,
    t_interval,
    trend_test,
)

OVER = "over experts"

Experts = Mapping[str, float]
"""The value of each expert itself, by its name."""
Clones = Mapping[str, Mapping[int, np.ndarray]]
"""The values of the clones (n) of each expert by level. Untrained networks have level -1."""


@dataclass(frozen=True)
class Question:
    """One row of the table of statistics, before p is corrected for the other rows of its kind."""

    kind: str
    result: Inference
    clones: Sequence[np.ndarray]
    """The values (n) of each expert that the result is from."""
    method: str
    condition: str
    level: int | None = None
    answers: tuple[str, str] | None = None
    """The answers for p of at most alpha, for a negative and for a positive estimate; None where
    nothing is tested."""


@dataclass(frozen=True)
class Inquiry:
    """How all questions of one measure are asked."""

    rng: np.random.Generator
    alpha: float
    replicates: int
    """Resamples of each bootstrap."""
    permutations: int
    """Arrangements or simulated samples of each test."""

    @property
    def confidence(self) -> float:
        """Return the confidence of all intervals except those of equivalence."""
        return 1 - self.alpha


def ask_levels(experts: Experts, clones: Clones, inquiry: Inquiry) -> Iterator[Question]:
    """Ask for mean and interquartile mean of the clones of every level, and for the experts'."""
    values = np.array([experts[name] for name in sorted(experts) if name in clones or not clones])
    if len(values):
        result = t_interval(values, inquiry.confidence)
        condition = OVER if len(values) > 1 else _condition([*values])
        yield Question("level", result, [np.zeros(0)] * len(values), "t of experts", condition, -1)
    for level in sorted({level for levels in clones.values() for level in levels}):
        samples = [levels[level] for levels in clones.values() if level in levels]
        result, method, condition = _mean(samples, inquiry.confidence)
        yield Question("level", result, samples, method, condition, level)
        result = stratified_bootstrap(
            samples, interquartile_mean, inquiry.replicates, inquiry.rng, inquiry.confidence
        )
        method = "interquartile mean, stratified bootstrap"
        yield Question("iqm", result, samples, method, _condition(samples), level)


def ask_differences(
    experts: Experts, clones: Clones, walking: Mapping[str, list[int]], inquiry: Inquiry
) -> Iterator[Question]:
    """Ask whether clones differ from their own expert at the levels where demonstrators walk.

    `walking` names these levels for each expert.
    """
    samples = []
    for expert, levels in clones.items():
        used = [levels[level] for level in levels if level in walking.get(expert, [])]
        if used and expert in experts:
            samples.append(np.concatenate(used) - experts[expert])
    if not samples:
        return
    answers = ("lower than the expert", "higher than the expert")
    if len(samples) > 1:
        result, method, condition = _mean(samples, inquiry.confidence)
    else:
        draws = inquiry.permutations, inquiry.rng, inquiry.confidence
        result = sign_flip_test(samples[0], *draws)
        method, condition = "sign flips of clones", _condition(samples)
    yield Question("difference", result, samples, method, condition, answers=answers)


def ask_contrasts(
    clones: Clones, walking: Mapping[str, list[int]], inquiry: Inquiry
) -> Iterator[Question]:
    """Ask whether noisy clones differ from clean ones at the levels where demonstrators walk."""
    clean, noisy = [], []
    contrasted: set[int] = set()
    for expert, levels in clones.items():
        used = [level for level in levels if level > 0 and level in walking.get(expert, [])]
        if 0 in levels and used:
            clean.append(levels[0])
            noisy.append(np.concatenate([levels[level] for level in used]))
            contrasted.update(used)
    if not clean:
        return
    answers = ("lower with noise", "higher with noise")
    samples = [*map(np.concatenate, zip(clean, noisy, strict=True))]
    groups = f"levels {' '.join(map(str, sorted(contrasted)))} against 0"
    if len(clean) > 1:
        differences = np.array(
            [second.mean() - first.mean() for first, second in zip(clean, noisy, strict=True)]
        )
        result = t_interval(differences, inquiry.confidence)
        yield Question("contrast", result, samples, f"t, {groups}", OVER, answers=answers)
    result = permutation_test(clean, noisy, inquiry.permutations, inquiry.rng, inquiry.confidence)
    method = f"permutation of clones, {groups}"
    yield Question("contrast", result, samples, method, _condition(samples), answers=answers)


def ask_trends(clones: Clones, inquiry: Inquiry) -> Iterator[Question]:
    """Ask whether a measure rises or falls over three levels or more."""
    used = [levels for levels in clones.values() if len(levels) > 2]
    if not used:
        return
    answers = ("falls with noise", "rises with noise")
    samples = [np.concatenate([*levels.values()]) for levels in used]
    noise = [np.repeat([*levels], [*map(len, levels.values())]) for levels in used]
    draws = inquiry.replicates, inquiry.rng, inquiry.confidence
    if len(used) > 1:
        trends = [
            trend_test([x], [g], *draws).estimate for x, g in zip(samples, noise, strict=True)
        ]
        result = t_interval(np.array(trends), inquiry.confidence)
        yield Question("trend", result, samples, "t of Jonckheere's trends", OVER, answers=answers)
    result = trend_test(samples, noise, *draws)
    condition = _condition(samples)
    yield Question("trend", result, samples, "Jonckheere-Terpstra", condition, answers=answers)


def ask_bimodality(clones: Clones, inquiry: Inquiry) -> Iterator[Question]:
    """Ask whether the clones of a level, and of all levels together, have more than one mode."""
    every = sorted({level for levels in clones.values() for level in levels})
    several = ("more than one mode",) * 2
    for asked in [None, *every] if every else []:
        cells = [
            [values for level, values in levels.items() if asked is None or level == asked]
            for levels in clones.values()
        ]
        all_cells = [values for expert in cells for values in expert]
        result = dip_test(all_cells, inquiry.permutations, inquiry.rng)
        samples = [np.concatenate(expert) for expert in cells if expert]
        condition = _condition(samples)
        yield Question("bimodality", result, samples, "mean dip", condition, asked, several)


def ask_equivalence(
    experts: Experts,
    clones: Clones,
    margin: float,
    relative: bool,
    spreads: Mapping[str, float],
    inquiry: Inquiry,
) -> Iterator[Question]:
    """Ask whether the clones of each level are like their expert, up to a margin.

    `margin` is in the unit of the measure or, if `relative`, a share of the expert's value. It is
    at least the expert's own spread where `spreads` has one.
    """
    scales = {
        expert: abs(experts[expert]) if relative else 1.0
        for expert in clones
        if expert in experts and not (relative and experts[expert] == 0)
    }
    least = [spreads[expert] / scale for expert, scale in scales.items() if expert in spreads]
    margin = max([margin, *filter(np.isfinite, least)])
    method = f"two one-sided tests, margin {margin:.3g}" + " of the expert's" * relative
    for level in sorted({level for expert in scales for level in clones[expert]}):
        samples = [
            (clones[expert][level] - experts[expert]) / scale
            for expert, scale in scales.items()
            if level in clones[expert]
        ]
        units = np.array([x.mean() for x in samples]) if len(samples) > 1 else samples[0]
        result = equivalence(units, margin, inquiry.alpha)
        condition = OVER if len(samples) > 1 else _condition(samples)
        answers = ("equivalent",) * 2
        yield Question("equivalence", result, samples, method, condition, level, answers)


def _mean(samples: Sequence[np.ndarray], confidence: float) -> tuple[Inference, str, str]:
    """Return the mean of the clones, its interval over clones or experts, method and condition."""
    if len(samples) == 1:
        return t_interval(samples[0], confidence), "t of clones", _condition(samples)
    return t_interval(np.array([x.mean() for x in samples]), confidence), "t of experts", OVER


def _condition(experts: Sequence[object]) -> str:
    return f"conditional on {'this expert' if len(experts) == 1 else 'these experts'}"
