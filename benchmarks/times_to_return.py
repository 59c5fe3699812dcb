"""The time until an expert reaches a return: projected from shipped curves, or trained anew."""

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import yaml

from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import read_record
from brainiarb.experts.training import KeepBest, Training, build
from brainiarb.files import write_csv

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "workflow/resources/checkpoints/walker2d"
KEPT = ROOT / "results/bench"
"""The folder of the curves of trainings anew."""
BODY = get_body("walker2d")
ENDLESS = 1_000_000
"""A number of steps that no limit of time allows."""
SEEDS = range(3)


class Until(KeepBest):
    """A callback that ends a training if an evaluation reaches a return, or after a time (s)."""

    goal = limit = math.inf

    def _on_step(self) -> bool:
        late = bool(self.rows) and self.rows[-1]["wall_time_s"] > self.limit
        return super()._on_step() and self.best < self.goal and not late


def reached(curve: pd.DataFrame, bar: float) -> float:
    """Return the wall time (s) of the first evaluation that reaches a bar, or infinity."""
    times = curve.loc[curve["return_mean"] >= bar, "wall_time_s"]
    return float(times.min()) if len(times) else math.inf


def projected_times(algorithm: str, bar: float, updates: float, steps: float) -> dict[str, float]:
    """Return the time (s) of each shipped seed to a bar, at so many updates and steps per second.

    Steps are those of training and of its evaluations. A seed that never reached the bar counts as
    its whole budget, and one that does not ship as infinity.
    """
    times = {}
    for name in (f"{algorithm}_{seed}" for seed in SEEDS):
        path = SHIPPED / f"{name}.csv"
        if not path.exists():
            times[f"{name} (does not ship)"] = math.inf
            continue
        curve, record = pd.read_csv(path), read_record(path.with_suffix(".json"))
        until = curve.index[curve["return_mean"] >= bar]
        curve = curve.loc[: until[0]] if len(until) else curve
        made, walked = curve["update"].iloc[-1], curve["step"].iloc[-1]
        walked += record["evaluation_episodes"] * curve["length_mean"].sum()
        budget = "" if len(until) else ", its budget, because it never reached it,"
        label = f"{name} ({made:,} updates{budget} and {walked:,.0f} steps)"
        times[label] = float(made / updates + walked / steps)
    return times


def trained_times(algorithm: str, goal: float, limit: float, threads: int) -> dict[str, float]:
    """Return the time (s) of each shipped seed to a bar, trained again with these threads.

    A seed may take `limit` (s), or less if two other seeds already fix the median. Its budget of
    steps does not count here. Finished trainings are kept, so a run that was stopped continues
    with the next seed.
    """
    config = yaml.safe_load((ROOT / "config/train_experts.yaml").read_text(encoding="utf-8"))
    times: dict[str, float] = {}
    for name in (f"{algorithm}_{seed}" for seed in SEEDS):
        path = KEPT / f"{name}.csv"
        if not path.exists():
            training = replace(Training(**config["experts"][name]["train"]), steps=ENDLESS)
            model = build(BODY, training)
            keep = Until(BODY, training)
            keep.goal = goal
            keep.limit = min(limit, sorted(times.values())[1] if len(times) > 1 else math.inf)
            model.learn(training.steps, callback=keep, log_interval=training.steps)
            write_csv(path, pd.DataFrame(keep.rows).assign(threads=threads))
        curve = pd.read_csv(path)
        spent, used = reached(curve, goal), int(curve["threads"].iloc[0])
        times[f"{name} ({used} thread{'s' * (used > 1)}, anew)"] = spent
        print(f"{name} to {goal:,}: {minutes(spent)}, kept in {path}", flush=True)
    return times


def minutes(seconds: float) -> str:
    """Return a time in minutes as text."""
    return f"{seconds / 60:.1f} min" if math.isfinite(seconds) else "not reached"
