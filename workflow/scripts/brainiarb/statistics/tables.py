"""The table of statistics: every question of every measure, with the p values corrected."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from brainiarb.seeds import generator
from brainiarb.statistics.measures import DEMONSTRATOR, EPISODE_SD, FLOOR, SPREAD
from brainiarb.statistics.methods import holm
from brainiarb.statistics.questions import (
    Inquiry,
    Question,
    ask_bimodality,
    ask_contrasts,
    ask_differences,
    ask_equivalence,
    ask_levels,
    ask_trends,
)

COLUMNS = (
    "measure", "unit", "kind", "level", "estimate", "low", "high", "n_experts", "n_clones", "p",
    "p_holm", "answer", "condition", "method",
)  # fmt: skip
UNRESOLVED = "not resolved"


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

    `measures` is from `measures_table`. Absent values are left out. Unstable values count: without
    the most variable agents, the others would look too regular. `margins` name, for `absolute` and
    `relative`, the margin of equivalence of some measures, in their unit or as a share of the
    expert's value. A margin is at least the expert's own `<measure>_spread`, where that is among
    the measures: the difference that groups of the expert's own episodes show. Nothing is asked of
    spreads, of standard deviations between episodes and of demonstrators; of a `floor_` measure
    only the levels are asked. Columns: `COLUMNS`.
    """
    walks = walking_levels(measures, walking)
    rows = []
    names = measures["measure"].str
    asked = measures[~(names.startswith(DEMONSTRATOR) | names.endswith((SPREAD, EPISODE_SD)))]
    for (measure, unit), agents in asked.groupby(["measure", "unit"], sort=True):
        finite = agents[np.isfinite(agents["value"])]
        experts, clones = expert_values(finite), clone_values(finite)
        rng = generator(seed, "compute_statistics", str(measure))
        inquiry = Inquiry(rng, alpha, replicates, permutations)
        questions = [*ask_levels(experts, clones, inquiry)]
        if not str(measure).startswith(FLOOR):
            questions += [
                *ask_differences(experts, clones, walks, inquiry),
                *ask_contrasts(clones, walks, inquiry),
                *ask_trends(clones, inquiry),
                *ask_bimodality(clones, inquiry),
            ]
        for kind, by_measure in sorted(margins.items()):
            if measure in by_measure:
                spreads = expert_values(measures[measures["measure"] == f"{measure}{SPREAD}"])
                limits = by_measure[str(measure)], kind == "relative", spreads
                questions += ask_equivalence(experts, clones, *limits, inquiry)
        rows += [(measure, unit, question) for question in questions]
    return _answered(rows, alpha)


def walking_levels(measures: pd.DataFrame, walking: float) -> dict[str, list[int]]:
    """Return, for each expert, the levels of noise at which its demonstrator still walks.

    A demonstrator walks where its mean return is at least the share `walking` of its return without
    noise.
    """
    returns = measures[measures["measure"] == f"{DEMONSTRATOR}return"]
    levels = {}
    for expert, demonstrator in returns.groupby("expert"):
        by_level = demonstrator.set_index("level")["value"].sort_index()
        walks = by_level >= walking * by_level.get(0, np.nan)
        levels[str(expert)] = [int(level) for level in by_level.index[walks]]
    return levels


def expert_values(measure: pd.DataFrame) -> dict[str, float]:
    """Return the value of each expert itself in one measure."""
    own = measure[(measure["level"] < 0) & (measure["clone"] < 0)]
    return {
        str(name): float(value) for name, value in zip(own["expert"], own["value"], strict=True)
    }


def clone_values(measure: pd.DataFrame) -> dict[str, dict[int, np.ndarray]]:
    """Return the values (n) of the clones in one measure, by expert and level.

    The level of the clones' networks before training is -1.
    """
    clones = measure[measure["clone"] >= 0]
    return {
        str(expert): {
            int(level): cell.sort_values("clone")["value"].to_numpy(float)
            for level, cell in rows.groupby("level", sort=True)
        }
        for expert, rows in clones.groupby("expert", sort=True)
    }


def _answered(rows: Sequence[tuple[str, str, Question]], alpha: float) -> pd.DataFrame:
    """Tabulate questions with their answers, p corrected over those of one kind and condition.

    A kind that asks of single levels and of all levels together has two families.
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
