"""Rows of the table of claims: the numbers of one part of a claim at one level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import pandas as pd

from brainiarb.statistics.effects import Effects, effects
from brainiarb.statistics.ledger import UNTESTABLE, WITHIN, Claim, Part
from brainiarb.statistics.power import power, spread
from brainiarb.statistics.procedure import Subjects, by_procedure
from brainiarb.statistics.questions import CONDITIONAL, OVER
from brainiarb.statistics.verdicts import Evidence, evidence, reason, verdict

DOUBTED = "; some of the values are unstable"
DESCRIBED = "described only: this level does not decide the claim"


@dataclass(frozen=True)
class Asked:
    """How all claims are asked."""

    alpha: float
    primary_levels: Sequence[int]
    designs: Mapping[str, Mapping[str, int]]
    """Numbers of `experts` and of `clones` of each level, by the name of a design."""


@dataclass(frozen=True)
class Row:
    """One part of a claim at one level."""

    claim: Claim
    number: int
    part: Part
    level: int
    decides: bool
    effects: Effects
    evidence: Evidence
    fault: str
    """Why nothing can be tested."""
    doubted: bool
    """Whether some of the values are unstable."""

    def answer(self, p: float, p_against: float, alpha: float) -> tuple[str, str]:
        """Return the answer of the part by corrected p values, and the reason for it."""
        if not self.decides:
            return "", DESCRIBED
        found = verdict(self.evidence, p, p_against, alpha)
        if found == UNTESTABLE:
            return found, self.fault
        because = reason(self.evidence, self.part, found, alpha)
        return found, because + DOUBTED * self.doubted

    def power(self, alpha: float, experts: int, clones: int) -> float:
        """Return the power of a design at `alpha`, nan at a level that does not decide."""
        if not self.decides:
            return float("nan")
        ends = (self.part.smallest, self.part.no_effect)
        least, none = map(log, ends) if self.part.logarithms else ends
        found = spread([*self.effects.blocks.values()])
        margins = 2 if self.part.expects == WITHIN else 1
        return power(found, least - none, experts, clones, alpha, margins)


def row(claim: Claim, number: int, level: int, of_measure: Subjects, asked: Asked) -> Row:
    """Return the row of the part of a claim with a number from 1, at one level."""
    part = claim.parts[number - 1]
    subject = of_measure.get((part.method, part.measure))
    found = Effects({}, 0, (-np.inf, np.inf), part.logarithms)
    fault, doubted = f"the study has no measure {part.measure}", False
    if subject is not None:
        found = effects(subject, part.comparison, level, part.logarithms)
        because = subject.reasons.get(level) or subject.reasons.get(-1)
        fault = f"no clone has this comparison of {part.measure} at this level"
        fault += f" ({because})" if because else ""
        doubted = any((expert, level) in subject.unstable for expert in found.blocks)
    if found.blocks:
        fault = "one number is no sample"
    decides = level in claim.levels and level in asked.primary_levels
    tested = evidence(found.units, part, found.least_error)
    return Row(claim, number, part, level, decides, found, tested, fault, doubted)


def numbers(
    row: Row, of_measure: Subjects, similarity: pd.DataFrame | None, asked: Asked
) -> dict[str, object]:
    """Return what a row says before its p values are corrected, by the names of columns."""
    claim, part, found = row.claim, row.part, row.effects
    confidence = 1 - 2 * asked.alpha
    result = found.interval(confidence)
    scaled = [part.scaled(x) for x in (result.estimate, result.low, result.high)]
    deviation, experts = spread([*found.blocks.values()]), len(found.blocks)
    return {
        "id": claim.name,
        "part": row.number,
        "section": claim.section,
        "claim": claim.says,
        "hypothesis": claim.hypothesis,
        "exploratory": claim.exploratory,
        "level": row.level,
        "decides": row.decides,
        "measure": part.measure,
        "comparison": part.comparison,
        "expects": part.expects,
        "smallest_effect": part.smallest,
        "no_effect": part.no_effect,
        "stimuli": part.stimuli,
        **by_procedure(claim, row.level, of_measure, similarity),
        "estimate": result.estimate,
        "low": result.low,
        "high": result.high,
        "confidence": confidence,
        "n_experts": experts,
        "n_clones": sum(map(len, found.blocks.values())),
        "n_left_out": found.left_out,
        "condition": OVER if experts > 1 else CONDITIONAL * experts,
        "p": row.evidence.p if row.decides else np.nan,
        "p_against": row.evidence.p_against if row.decides else np.nan,
        "claimed": part.claimed,
        "effect": scaled[0],
        "effect_low": min(scaled[1:]),
        "effect_high": max(scaled[1:]),
        "sd_blocks": deviation.blocks,
        "sd_experts": deviation.experts,
        **_control(part, row.level, of_measure),
        "figure": claim.figure,
        "method": part.method,
    }


def _control(part: Part, level: int, of_measure: Subjects) -> dict[str, object]:
    """Return the name and the mean of the number that decides how a result is read."""
    if part.control is None:
        return {"control": "", "control_value": np.nan}
    measure, comparison = part.control
    value, subject = np.nan, of_measure.get((part.method, measure))
    if subject is not None:
        found = effects(subject, comparison, level, comparison == "ratio")
        value = found.interval(0.9).estimate
    return {"control": f"{measure}, {comparison}", "control_value": value}
