"""What a study will take on this machine: python -m benchmarks.estimate [CONFIG ...].

Every job of a planned study is compared with the jobs of its rule in the default study that this
checkout has made. It takes as long as they did and writes as much, times the ratio of what there
is to do (`AMOUNTS`). The sum over the cores is the wall time, because in a study of hundreds of
jobs no core is idle for long. A rule that the default study does not have is told as unknown and
left out. Body, networks and epochs are taken to be those of the default study, so an estimate of
`config/published.yaml` would be far too small.
"""

import argparse
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.planned import Job, jobs_of
from benchmarks.study import job_times, stored_bytes
from benchmarks.table import Row, number_of, show

ROOT = Path(__file__).resolve().parents[1]
STUDIES = ("reference", "full")
"""The configs that are estimated unless others are named."""
CORES = 2
BARS = {"reference": (2.5, 6.0)}
"""The most hours on two cores and the most GB of a study."""
SHOWN = 0.03
"""The share of the time from which a rule has a row of its own."""


@dataclass(frozen=True)
class Size:
    """What a job has to do, as far as the config says it."""

    clones: int
    """Clones of a level; 1 for a job of the expert alone."""
    levels: int
    """Noise levels at which the job's expert is cloned."""
    samples: int
    rows: int
    points: int
    episodes: int
    """Episodes that one agent walks: the job's, or the clones' if the job records nothing."""
    disturbed: int
    """Disturbed episodes of one agent."""
    compared: int
    """Experts that are recorded and compared."""
    everyone: int
    """Clones of the whole study."""


AMOUNTS: dict[str, Callable[[Size], float]] = {
    "record_expert": lambda size: size.episodes,
    "record_demonstrations": lambda size: size.clones * size.samples,
    "train_clones": lambda size: size.clones * size.samples,
    "tune_clones": lambda size: size.clones,
    "record_clones": lambda size: size.clones * size.episodes,
    "record_clone_activations": lambda size: size.clones * size.rows,
    "record_common_activations": lambda size: size.rows,
    "disturb_agents": lambda size: size.clones * size.disturbed,
    "measure_robustness": lambda size: size.clones * size.disturbed,
    "compare_clones": lambda size: size.clones * size.rows,
    "compare_functions": lambda size: size.clones,
    "compare_untrained_functions": lambda size: size.clones,
    "compare_experts": lambda size: size.compared * size.rows,
    "analyse_dynamics": lambda size: size.clones,
    "measure_gaits": lambda size: size.levels * size.clones * size.episodes,
    # A map is fitted to points. Then each clone is placed on it, which takes as long as 370 points.
    "map_gaits": lambda size: size.points + 370 * size.levels * size.clones,
    "compute_statistics": lambda size: size.everyone,
    "evaluate_claims": lambda size: size.everyone,
    "concatenate_tables": lambda size: size.everyone,
    "tabulate_measures": lambda size: size.everyone,
    "write_explorer": lambda size: size.everyone,
}
"""How much a job of a rule has to do, in a unit of that rule. Jobs of other rules are all alike."""


def size(job: Job, config: Mapping[str, Any]) -> Size:
    """Return what a job has to do under the config of its study."""
    levels = {expert: len(cloned) for expert, cloned in config["study"]["levels"].items()}
    alone = "expert" in (job.wildcards.get("agents"), job.rule.removeprefix("record_"))
    recording = config["recording"]
    walked = "expert_episodes" if job.rule == "record_expert" else "clone_episodes"
    sampled = "sampled" in job.wildcards.get("mode", "")
    doses = [x for name, x in config["robustness"].items() if name not in ("levels", "episodes")]
    return Size(
        clones=1 if alone else config["noise"]["clones"],
        levels=levels.get(job.wildcards.get("expert", ""), 0),
        samples=config["noise"]["samples"],
        rows=config["stimuli"]["rows"],
        points=config["gaitmap"]["points"],
        episodes=recording["sampled_episodes" if sampled else walked],
        disturbed=config["robustness"]["episodes"] * sum(map(len, doses)),
        compared=len(config["study"]["compare"]),
        everyone=sum(levels.values()) * config["noise"]["clones"],
    )


def amount(job: Job, config: Mapping[str, Any]) -> float:
    """Return how much a job has to do, in a unit of its rule (see `AMOUNTS`)."""
    return float(AMOUNTS.get(job.rule, lambda _: 1)(size(job, config)))


@dataclass(frozen=True)
class Spent:
    """What a rule took in the finished study, for one unit of what there was to do."""

    seconds: float
    bytes: float


def spent(checkout: Path) -> dict[str, Spent]:
    """Return what each rule of a finished default study took, or nothing if there is none."""
    jobs, config = jobs_of(checkout)
    results = checkout / config["results"] / config["body"]
    if not (results / "tables/claims.csv").exists():
        return {}
    times = job_times(checkout, results, jobs)
    units: defaultdict[str, float] = defaultdict(float)
    written: Counter[str] = Counter()
    for job in jobs:
        units[job.rule] += amount(job, config)
        written[job.rule] += sum(stored_bytes(checkout / path) for path in job.outputs)
    seconds = {rule: sum(end - start for start, end in spans) for rule, spans in times.items()}
    return {
        rule: Spent(seconds[rule] / units[rule], written[rule] / units[rule])
        for rule in seconds.keys() & units.keys()
    }


def estimate(checkout: Path, overlay: Path, past: Mapping[str, Spent]) -> Iterator[Row]:
    """Give the rows of the time and disk that a study will take, and of the rules that take most.

    A rule that the default study does not have has a row without a time.
    """
    jobs, config = jobs_of(checkout, [overlay])
    counts = Counter(job.kind for job in jobs)
    seconds: defaultdict[str, float] = defaultdict(float)
    stored = 0.0
    for job in jobs:
        if job.kind in past:
            seconds[job.kind] += amount(job, config) * past[job.kind].seconds
            stored += amount(job, config) * past[job.kind].bytes
    study, whole = overlay.stem, sum(seconds.values())
    wall, gigabytes = whole / 3600 / CORES, stored / 1e9
    most_hours, most_bytes = BARS.get(study, (math.inf, math.inf))
    made = f"{len(jobs)} jobs, {whole / 3600:.1f} core hours"
    yield _limited(f"{study} study on {CORES} cores, estimated", wall, "h", made, most_hours)
    yield _limited(f"{study} study on disk, estimated", gigabytes, "GB", "", most_bytes)
    for kind in sorted(counts, key=lambda kind: -seconds[kind]):
        known, share = kind in past, seconds[kind] / whole
        if share >= SHOWN or not known:
            took = f"{seconds[kind]:.0f} s" if known else "unknown"
            part = f"{share:.1%}" if known else ""
            what, each = f"{study}: jobs of {kind}", number_of(counts[kind], "job")
            yield Row(what, took, each, part, "", None)


def _limited(what: str, value: float, unit: str, against: str, most: float) -> Row:
    bounded = math.isfinite(most)
    bar = f"<= {most:g} {unit}" if bounded else ""
    return Row(what, f"{value:.2f} {unit}", against, "", bar, value <= most if bounded else None)


def estimates(checkout: Path, overlays: list[Path]) -> list[Row]:
    """Return the rows of several studies, or none without a finished default study."""
    past = spent(checkout)
    return [row for path in overlays for row in estimate(checkout, path, past)] if past else []


def main() -> int:
    """Print the estimates and return the exit code."""
    parser = argparse.ArgumentParser(description="What a study will take.")
    parser.add_argument("configs", nargs="*", type=Path, help="laid over config/config.yaml")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="that made the default study")
    options = parser.parse_args()
    checkout = options.checkout.resolve()
    configs = options.configs or [ROOT / f"config/{name}.yaml" for name in STUDIES]
    rows = estimates(checkout, configs)
    if not rows:
        print("estimate: there is no finished default study; run make first", file=sys.stderr)
        return 1
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
