"""Concerns about an expert from elsewhere, which its trial walk shows."""

from collections.abc import Sequence

import numpy as np

from brainiarb.actors.foreign import equal_in_size
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.rollouts.episodes import RETURN_STEPS, transient_rows

LEAST_REWARD = 0.5
"""Reward of a step (at least) of an agent that learnt to walk on a body that cannot fall."""
SHORTEST_WALK = 2
"""Rows after the start transient (at least) of an episode in which a gait is measured."""


def concerns(returns: np.ndarray, lengths: np.ndarray, body: Body) -> list[str]:
    """Return a sentence if the returns are those of no agent that learnt to walk; else nothing.

    `returns` (n) are the sums of rewards of episodes and `lengths` (n) their numbers of steps. An
    agent that learnt to walk earns more than an agent that stands still for `RETURN_STEPS` steps.
    """
    least = RETURN_STEPS * max(environment_facts(body).healthy_reward, LEAST_REWARD)
    mean = float(np.mean(returns))
    if mean >= least:
        return []
    return [
        f"this expert returns {mean:.0f} in episodes of {np.mean(lengths):.0f} steps on average, "
        f"where an agent that learnt to walk in {body.env_id} returns more than {least:.0f}; the "
        "usual causes are an archive of another body with the same sizes (here "
        f"{equal_in_size(body)}), statistics of a VecNormalize that are missing or belong to "
        "another archive, a wrapper that changed observations or actions, or a short training"
    ]


def length_concerns(
    lengths: np.ndarray, body: Body, transient: float, segment: int, steps: int
) -> list[str]:
    """Return a sentence for what the episodes of an expert are too short for; else nothing.

    `lengths` (n) are the steps of episodes that end after `RETURN_STEPS` steps or at a fall. The
    study leaves out `transient` seconds of every episode, needs `segment` rows in a row for a
    spectrum and records `steps` steps of an episode without a fall.
    """
    skipped = transient_rows(environment_facts(body).sampling_rate, transient)
    recorded = np.where(lengths >= RETURN_STEPS, steps, lengths)
    walked = recorded - skipped
    short, n = int((walked < SHORTEST_WALK).sum()), len(lengths)
    if short == n:
        return [
            f"all {n} episodes of this expert end within the start transient (analysis.transient: "
            f"{transient:g} s, {skipped} steps), so it has no gait, no map of postures and no "
            "spectrum; give an expert that walks, or a shorter transient"
        ]
    sentences = []
    if short:
        sentences.append(
            f"{short} of {n} episodes of this expert end within the start transient "
            f"(analysis.transient: {transient:g} s, {skipped} steps), and no gait is measured there"
        )
    if walked.max() < segment:
        sentences.append(
            f"no episode of this expert holds a segment of {segment} rows (spectra.segment) after "
            f"the start transient; the longest has {walked.max()}, so it has no spectrum; give an "
            "expert that walks longer, or a shorter segment"
        )
    return sentences


def band_concerns(body: Body, lowest: float) -> list[str]:
    """Return a sentence if no frequency (Hz) of a recording reaches `lowest`; else nothing."""
    highest = environment_facts(body).sampling_rate / 2
    if lowest < highest:
        return []
    return [
        f"recordings of {body.env_id} have frequencies up to {highest:g} Hz, and spectra begin at "
        f"{lowest:g} Hz (spectra.lowest), so there is no spectrum; lower spectra.lowest"
    ]


def file_concerns(files: Sequence[str], expert: str) -> list[str]:
    """Return a sentence if files beside an archive may be its VecNormalize; else nothing."""
    if not files:
        return []
    return [
        f"{', '.join(files)} may be the VecNormalize that this expert was trained with; it is not "
        f"read unless the config names it: experts.{expert}.normalisation"
    ]
