"""From the measures of all agents to the table of statistics: what is asked, of whom, the answer.

The unit is the training run. Of one cloned expert, clones are the sample and the condition says
"conditional on this expert". Of several, one number for each expert is the sample ("over experts"),
and the tests within experts stand beside it ("conditional on these experts").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.seeds import generator
from brainiarb.statistics.dip import dip_test
from brainiarb.statistics.methods import (
    Inference,
    equivalence,
    holm,
    interquartile_mean,
    permutation_test,
    sign_flip_test,
    stratified_bootstrap,
    t_interval,
    trend_test,
)

COLUMNS = (
    "measure", "unit", "kind", "level", "estimate", "low", "high", "n_experts", "n_clones", "p",
    "p_holm", "answer", "condition", "method",
)  # fmt: skip
OVER = "over experts"
UNRESOLVED = "not resolved"

Cells = Mapping[int, np.ndarray]
"""Values of an expert's clones (n) by level."""


@dataclass(frozen=True)
class Question:
    """One row of the table before p is corrected for the others of its kind."""

    kind: str
    result: Inference
    clones: Sequence[np.ndarray]
    """Values (n) that it is from, of each expert."""
    method: str
    condition: str
    level: int | None = None
    answers: tuple[str, str] | None = None
    """If p is at most alpha, by the sign of the estimate; None where nothing is tested."""


@dataclass(frozen=True)
class Inquiry:
    """How all questions are asked."""

    rng: np.random.Generator
    alpha: float
    replicates: int
    """Of every bootstrap."""
    permutations: int
    """Of every test that arranges or simulates."""

    @property
    def confidence(self) -> float:
        """Of all intervals but those of equivalence."""
        return 1 - self.alpha


def statistics_table(
    measures: pd.DataFrame,
    seed: int,
    alpha: float,
    replicates: int,
    permutations: int,
    walking: float,
    margins: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    """Tabulate levels, differences, contrasts, trends, bimodality and equivalence of every measure.

    `measures` has the columns of `measures.COLUMNS`; `margins` name, for `absolute` and `relative`,
    the margin of equivalence of some measures, in their unit or as a share of the expert's value. A
    margin is at least the expert's own `<measure>_spread`, where that is among the measures. Of
    spreads and demonstrators nothing is asked, of a `floor_` only its levels.
    """
    walks = walking_levels(measures, walking)
    rows = []
    names = measures["measure"].str
    asked = measures[~(names.startswith("demonstrator_") | names.endswith("_spread"))]
    for (measure, unit), mine in asked.groupby(["measure", "unit"], sort=True):
        finite = mine[np.isfinite(mine["value"])]
        own = own_values(finite)
        cells = cells_of(finite)
        rng = generator(seed, "compute_statistics", str(measure))
        inquiry = Inquiry(rng, alpha, replicates, permutations)
        questions = [*_levels(own, cells, inquiry)]
        if not str(measure).startswith("floor_"):
            questions += [
                *_differences(own, cells, walks, inquiry),
                *_contrasts(cells, walks, inquiry),
                *_trends(cells, inquiry),
                *_bimodality(cells, inquiry),
            ]
        for kind, by_measure in sorted(margins.items()):
            if measure in by_measure:
                spread = own_values(measures[measures["measure"] == f"{measure}_spread"])
                limits = by_measure[str(measure)], kind == "relative", spread
                questions += _equivalences(own, cells, *limits, inquiry)
        rows += [(measure, unit, question) for question in questions]
    return _answered(rows, alpha)


def walking_levels(measures: pd.DataFrame, walking: float) -> dict[str, list[int]]:
    """Return, for each expert, the levels of noise at which its demonstrator still walks.

    There the mean return is at least the share `walking` of that without noise.
    """
    returns = measures[measures["measure"] == "demonstrator_return"]
    levels = {}
    for expert, mine in returns.groupby("expert"):
        by_level = mine.set_index("level")["value"].sort_index()
        walks = by_level >= walking * by_level.get(0, np.nan)
        levels[str(expert)] = [int(level) for level in by_level.index[walks]]
    return levels


def own_values(measure: pd.DataFrame) -> dict[str, float]:
    """Return the value of each expert itself in one measure."""
    own = measure[measure["level"] < 0]
    return {
        str(name): float(value) for name, value in zip(own["expert"], own["value"], strict=True)
    }


def cells_of(measure: pd.DataFrame) -> dict[str, Cells]:
    """Return the values of the clones of one measure by expert and level."""
    clones = measure[(measure["level"] >= 0) & (measure["clone"] >= 0)]
    return {
        str(expert): {
            int(level): cell.sort_values("clone")["value"].to_numpy(float)
            for level, cell in mine.groupby("level", sort=True)
        }
        for expert, mine in clones.groupby("expert", sort=True)
    }


def _levels(
    own: Mapping[str, float], cells: Mapping[str, Cells], inquiry: Inquiry
) -> Iterator[Question]:
    """Ask for mean and interquartile mean of the clones of every level, and for the experts'."""
    experts = np.array([own[name] for name in sorted(own) if name in cells or not cells])
    if len(experts):
        result = t_interval(experts, inquiry.confidence)
        condition = OVER if len(experts) > 1 else _condition([*experts])
        yield Question("level", result, [np.zeros(0)] * len(experts), "t of experts", condition, -1)
    for level in sorted({level for mine in cells.values() for level in mine}):
        clones = [mine[level] for mine in cells.values() if level in mine]
        result, method, condition = _mean(clones, inquiry.confidence)
        yield Question("level", result, clones, method, condition, level)
        result = stratified_bootstrap(
            clones, interquartile_mean, inquiry.replicates, inquiry.rng, inquiry.confidence
        )
        method = "interquartile mean, stratified bootstrap"
        yield Question("iqm", result, clones, method, _condition(clones), level)


def _differences(
    own: Mapping[str, float],
    cells: Mapping[str, Cells],
    walks: Mapping[str, list[int]],
    inquiry: Inquiry,
) -> Iterator[Question]:
    """Ask whether clones differ from their own expert where the demonstrator still walks."""
    clones = []
    for expert, mine in cells.items():
        used = [mine[level] for level in mine if level in walks.get(expert, [])]
        if used and expert in own:
            clones.append(np.concatenate(used) - own[expert])
    if not clones:
        return
    answers = ("lower than the expert", "higher than the expert")
    if len(clones) > 1:
        result, method, condition = _mean(clones, inquiry.confidence)
    else:
        draws = inquiry.permutations, inquiry.rng, inquiry.confidence
        result = sign_flip_test(clones[0], *draws)
        method, condition = "sign flips of clones", _condition(clones)
    yield Question("difference", result, clones, method, condition, answers=answers)


def _contrasts(
    cells: Mapping[str, Cells], walks: Mapping[str, list[int]], inquiry: Inquiry
) -> Iterator[Question]:
    """Ask whether noisy clones differ from clean ones where the demonstrator still walks."""
    clean, noisy = [], []
    levels: set[int] = set()
    for expert, mine in cells.items():
        used = [level for level in mine if level > 0 and level in walks.get(expert, [])]
        if 0 in mine and used:
            clean.append(mine[0])
            noisy.append(np.concatenate([mine[level] for level in used]))
            levels.update(used)
    if not clean:
        return
    answers = ("lower with noise", "higher with noise")
    clones = [*map(np.concatenate, zip(clean, noisy, strict=True))]
    what = f"levels {' '.join(map(str, sorted(levels)))} against 0"
    if len(clean) > 1:
        differences = np.array(
            [second.mean() - first.mean() for first, second in zip(clean, noisy, strict=True)]
        )
        result = t_interval(differences, inquiry.confidence)
        yield Question("contrast", result, clones, f"t, {what}", OVER, answers=answers)
    result = permutation_test(clean, noisy, inquiry.permutations, inquiry.rng, inquiry.confidence)
    method = f"permutation of clones, {what}"
    yield Question("contrast", result, clones, method, _condition(clones), answers=answers)


def _trends(cells: Mapping[str, Cells], inquiry: Inquiry) -> Iterator[Question]:
    """Ask whether a measure rises or falls over three levels or more."""
    used = [mine for mine in cells.values() if len(mine) > 2]
    if not used:
        return
    answers = ("falls with noise", "rises with noise")
    clones = [np.concatenate([*mine.values()]) for mine in used]
    levels = [np.repeat([*mine], [*map(len, mine.values())]) for mine in used]
    draws = inquiry.replicates, inquiry.rng, inquiry.confidence
    if len(used) > 1:
        trends = [
            trend_test([x], [g], *draws).estimate for x, g in zip(clones, levels, strict=True)
        ]
        result = t_interval(np.array(trends), inquiry.confidence)
        yield Question("trend", result, clones, "t of Jonckheere's trends", OVER, answers=answers)
    result = trend_test(clones, levels, *draws)
    condition = _condition(clones)
    yield Question("trend", result, clones, "Jonckheere-Terpstra", condition, answers=answers)


def _bimodality(cells: Mapping[str, Cells], inquiry: Inquiry) -> Iterator[Question]:
    """Ask whether the clones of a level, and of all levels together, have more than one mode."""
    levels = sorted({level for mine in cells.values() for level in mine})
    several = ("more than one mode",) * 2
    for level in [None, *levels] if levels else []:
        asked = [
            [x for at, x in mine.items() if level is None or at == level] for mine in cells.values()
        ]
        result = dip_test([x for mine in asked for x in mine], inquiry.permutations, inquiry.rng)
        clones = [np.concatenate(mine) for mine in asked if mine]
        condition = _condition(clones)
        yield Question("bimodality", result, clones, "mean dip", condition, level, several)


def _equivalences(
    own: Mapping[str, float],
    cells: Mapping[str, Cells],
    margin: float,
    relative: bool,
    spread: Mapping[str, float],
    inquiry: Inquiry,
) -> Iterator[Question]:
    """Ask whether the clones of each level are like their expert, up to a margin."""
    scales = {
        expert: abs(own[expert]) if relative else 1.0
        for expert in cells
        if expert in own and not (relative and own[expert] == 0)
    }
    spreads = [spread[expert] / scale for expert, scale in scales.items() if expert in spread]
    margin = max([margin, *filter(np.isfinite, spreads)])
    method = f"two one-sided tests, margin {margin:.3g}" + " of the expert's" * relative
    for level in sorted({level for expert in scales for level in cells[expert]}):
        clones = [
            (cells[expert][level] - own[expert]) / scale
            for expert, scale in scales.items()
            if level in cells[expert]
        ]
        units = np.array([x.mean() for x in clones]) if len(clones) > 1 else clones[0]
        result = equivalence(units, margin, inquiry.alpha)
        condition = OVER if len(clones) > 1 else _condition(clones)
        answers = ("equivalent",) * 2
        yield Question("equivalence", result, clones, method, condition, level, answers)


def _mean(clones: Sequence[np.ndarray], confidence: float) -> tuple[Inference, str, str]:
    """Return the mean of the clones with the interval that their number of experts allows."""
    if len(clones) == 1:
        return t_interval(clones[0], confidence), "t of clones", _condition(clones)
    return t_interval(np.array([x.mean() for x in clones]), confidence), "t of experts", OVER


def _condition(experts: Sequence[object]) -> str:
    return f"conditional on {'this expert' if len(experts) == 1 else 'these experts'}"


def _answered(rows: Sequence[tuple[str, str, Question]], alpha: float) -> pd.DataFrame:
    """Tabulate questions with their answers, p corrected over those of one kind and condition.

    A kind that asks of levels and of all together has a family of each.
    """
    table = pd.DataFrame(
        [
            (
                measure, unit, q.kind, q.level, q.result.estimate, q.result.low, q.result.high,
                len(q.clones), sum(map(len, q.clones)),
                q.result.p if q.answers else np.nan, np.nan, "", q.condition, q.method,
            )
            for measure, unit, q in rows
        ],
        columns=list(COLUMNS),
    ).astype({"level": "Int64"})  # fmt: skip
    family = [table["kind"], table["condition"], table["level"].isna()]
    table["p_holm"] = table.groupby(family)["p"].transform(lambda p: holm(p.to_numpy()))
    for row, (_, _, question) in zip(table.index, rows, strict=True):
        if question.answers:
            corrected = table.loc[row, "p_holm"]
            table.loc[row, "answer"] = _answer(question, corrected, alpha)
    return table


def _answer(question: Question, corrected: float, alpha: float) -> str:
    if np.isnan(corrected):
        return "not testable"
    if question.answers and max(corrected, question.result.smallest) <= alpha:
        return question.answers[int(question.result.estimate > 0)]
    return UNRESOLVED
