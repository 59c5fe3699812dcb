"""Robustness: how often an agent falls under each dose of a disturbance, and what it keeps.

Every function takes `responses`, the episodes of `dose_responses` with the columns expert and
level, of one expert and its clones of all levels.
"""

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.rollouts.disturbances import undisturbed_dose
from brainiarb.statistics.measures import (
    OK,
    UNSTABLE,
    Measure,
    Named,
    measures_table,
    of_agent,
    qualified,
)
from brainiarb.statistics.shares import wilson

AGENT = ["expert", "level", "clone"]
LEAST_CRITICAL = 0.1
"""A critical dose fells this share of the clean clones' episodes or more, and spares as many."""
NO_CLEAN_CLONES = "no clean clones are disturbed, so that no dose is critical"


def robustness_measures(body: Body, responses: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the measures of robustness of every agent.

    `falls_<disturbance>_<dose>` is the share of the episodes of an agent at one dose that end in a
    fall, from 0 to 1, and `falls_undisturbed` the same without a disturbance. `falls_critical` is
    the share at the dose of `critical_dose`, which its note names. It is absent without clean
    clones, and unstable where even this dose fells nearly all or nearly none of them.

    `robust_<disturbance>` is the area under the retained return, which is the mean return at a dose
    over the mean return without disturbance: 1 if nothing is lost. The measure is absent if an
    agent falls without disturbance in half of its episodes or more: it has no walk to retain.

    `time_to_fall_<disturbance>` is the restricted mean survival time (s), from the start of the
    episode to its fall (`survival.episode_falls`) or its 1,000th step (Royston and Parmar 2013, BMC
    Med. Res. Methodol. 13:152; no episode is censored earlier, so it is a plain mean), averaged
    over the dose range by the same area.
    """
    critical, clean = critical_dose(body, responses), responses[responses["level"] == 0]
    share = float("nan") if critical is None else float(_shares(clean)[critical])
    named: list[Named] = []
    for (expert, level, clone), episodes in responses.groupby(AGENT, sort=False):
        measures = {**_falls(body, episodes, critical, share), **_areas(body, episodes)}
        named += of_agent(expert, level, clone, measures)
    return measures_table(named)


def fall_shares(body: Body, responses: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Tabulate the share of episodes that end in a fall, by level and dose, with its interval.

    Columns: expert, level, disturbance, dose, unit, share, low, high, confidence, clones, episodes,
    undisturbed (whether the dose changes nothing), critical (whether it is that of
    `critical_dose`). The interval (`wilson`) holds 1 - `alpha`. The episodes of a clone resemble
    one another, so that it counts their effective number. Where all episodes end alike, it counts
    each clone once.
    """
    critical, rows = critical_dose(body, responses), []
    keys = ["expert", "level", "disturbance", "dose", "unit"]
    for place, episodes in responses.groupby(keys, sort=False):
        clones = [group.to_numpy(bool) for _, group in episodes.groupby("clone")["fell"]]
        share = wilson(clones, 1 - alpha)
        _, _, name, dose, _ = place
        rows.append(
            (*place, share.estimate, share.low, share.high, 1 - alpha, len(clones), len(episodes),
             dose == undisturbed_dose(body, name), (name, dose) == critical)
        )  # fmt: skip
    columns = [
        *keys, "share", "low", "high", "confidence", "clones", "episodes", "undisturbed",
        "critical",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def critical_dose(body: Body, responses: pd.DataFrame) -> tuple[str, float] | None:
    """Return the disturbance and dose that fells nearest to half of the clean clones' episodes.

    There a change of either sign can be seen; at a dose that fells all or none, it cannot. The dose
    is fixed by the clean clones, which are compared with others. Of doses that are equally near,
    the first counts. None without a disturbed clean clone (level 0).
    """
    clean = responses[(responses["level"] == 0) & ~_undisturbed(body, responses)]
    if clean.empty:
        return None
    name, dose = (_shares(clean) - 0.5).abs().idxmin()
    return str(name), float(dose)


def area(doses: np.ndarray, values: np.ndarray) -> float:
    """Return the area under values (n) over ascending doses (n), whose range is scaled to 1."""
    return float(np.trapezoid(values, (doses - doses[0]) / (doses[-1] - doses[0])))


def _undisturbed(body: Body, responses: pd.DataFrame) -> pd.Series:
    """Return which episodes (n) have the dose that changes nothing."""
    names = responses["disturbance"]
    neutral = {name: undisturbed_dose(body, name) for name in names.unique()}
    return responses["dose"] == names.map(neutral)


def _shares(episodes: pd.DataFrame) -> pd.Series:
    """Return the share of episodes that end in a fall by disturbance and dose."""
    return episodes.groupby(["disturbance", "dose"], sort=False)["fell"].mean()


def _falls(
    body: Body, episodes: pd.DataFrame, critical: tuple[str, float] | None, clean: float
) -> dict[str, Measure]:
    """Return the shares of an agent's episodes that end in a fall.

    `clean` is the share of the clean clones' episodes at the `critical` dose.
    """
    neutral = _undisturbed(body, episodes)
    # The walk without a disturbance stands with each disturbance, and counts once.
    first = episodes["disturbance"] == episodes["disturbance"].iloc[0]
    falls = {"falls_undisturbed": Measure("1", episodes[neutral & first]["fell"].mean())}
    shares = _shares(episodes[~neutral])
    for (name, dose), share in shares.items():
        falls[f"falls_{name}_{dose:g}"] = Measure("1", share)
    if critical is None:
        falls["falls_critical"] = qualified("1", np.nan, NO_CLEAN_CLONES)
    else:
        name, dose = critical
        note = f"{name} {dose:g} fells {clean:.2g} of the clean clones' episodes"
        status = OK if LEAST_CRITICAL <= clean <= 1 - LEAST_CRITICAL else UNSTABLE
        falls["falls_critical"] = Measure("1", shares[critical], status, note)
    return falls


def _areas(body: Body, episodes: pd.DataFrame) -> dict[str, Measure]:
    """Return what an agent keeps of its return and its time over the doses of each disturbance."""
    seconds = environment_facts(body).step_seconds
    measures = {}
    for name, series in episodes.groupby("disturbance", sort=False):
        means = series.groupby("dose")[["return", "length"]].mean()
        doses = means.index.to_numpy(float)
        undisturbed = series[_undisturbed(body, series)]
        falls, whole = int(undisturbed["fell"].sum()), undisturbed["return"].mean()
        retained, absent = np.nan, ""
        if 2 * falls >= len(undisturbed):
            absent = f"falls undisturbed in {falls} of {len(undisturbed)} episodes"
        elif whole <= 0:
            absent = f"undisturbed return {whole:.0f}, nothing to retain"
        else:
            retained = area(doses, means["return"].to_numpy() / whole)
        survived = area(doses, means["length"].to_numpy() * seconds)
        measures[f"robust_{name}"] = qualified("1", retained, absent)
        measures[f"time_to_fall_{name}"] = Measure("s", survived)
    return measures
