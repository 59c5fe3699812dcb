"""How fast an expert is made on this machine: python -m benchmarks.experts [--full] [--threads 2].

Both sides of a row take turns in blocks of updates, and the ratio is the median over pairs of
neighbouring turns. So other work on the machine slows both sides. Times to a return come from the
learning curves of the shipped experts, whose machine did other work too. With --full, the shipped
seeds are trained again until they reach the bar. Their curves stay in results/bench; delete that
folder to train them once more. Stock SAC is not trained. It needs a million updates to a return of
4,500 (median of ten seeds in the curves of CrossQ's authors; RL Zoo's SAC has 3,863 after as many).
Its time is that of a million updates at its speed on this machine, without steps and evaluations.
"""

import argparse
import itertools
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pandas as pd
import stable_baselines3
import torch
import yaml
from stable_baselines3.common.evaluation import evaluate_policy
from torch.profiler import ProfilerActivity, profile

from benchmarks.table import Row, show
from benchmarks.turns import Block, alternate, versus
from brainiarb.actors import gradients
from brainiarb.bodies.registry import get_body
from brainiarb.experts.crossq import CrossQ
from brainiarb.experts.importing import read_record
from brainiarb.experts.sac import SAC
from brainiarb.experts.training import FINAL_EPISODES, KeepBest, Training, build, evaluate
from brainiarb.files import write_csv

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "workflow/resources/checkpoints/walker2d"
KEPT = ROOT / "results/bench"
"""The folder of the curves of --full."""
BODY = get_body("walker2d")
WIDTH, BATCH = 256, 256
UPDATES = 32
"""Number of updates in a block."""
ENDLESS = 1_000_000
"""A number of steps that no limit of time allows."""
STOCK_UPDATES = 1_000_000
"""Number of updates that stock SAC needs to a return of 4,500."""
SEEDS = range(3)

# ---- updates


def learner(algorithm: Any, batch: int, **options: Any) -> Any:
    """Return an untrained learner with a replay buffer full of random transitions."""
    model = algorithm(
        "MlpPolicy", BODY.env_id, learning_rate=1e-3, batch_size=batch, buffer_size=20_000, seed=0,
        policy_kwargs={"net_arch": {"pi": [WIDTH] * 2, "qf": [WIDTH] * 2}}, **options,
    )  # fmt: skip
    model._setup_learn(1)
    buffer, draw = model.replay_buffer, np.random.default_rng(0)
    for name in ("observations", "next_observations", "rewards"):
        array = getattr(buffer, name)
        array[:] = draw.normal(size=array.shape)
    buffer.actions[:] = draw.uniform(-1, 1, buffer.actions.shape)
    buffer.full = True
    return model


def updating(model: Any, batch: int) -> Block:
    """Return a block whose speed is in updates per second."""

    def block() -> float:
        start = time.perf_counter()
        model.train(UPDATES, batch)
        if type(model).__module__.startswith("sbx."):  # JAX returns before it has finished.
            states = model.policy.qf_state, model.policy.actor_state
            import_module("jax").block_until_ready([state.params for state in states])
        return UPDATES / (time.perf_counter() - start)

    return block


def crossq_peers() -> dict[str, Any]:
    """Return the other implementations of CrossQ that are installed (`pip install .[bench]`)."""
    peers = {}
    for name, package in (("sb3-contrib", "sb3_contrib"), ("SBX (JAX)", "sbx")):
        try:
            peers[name] = import_module(package).CrossQ
        except ImportError:
            print(f"{name} is not installed and not compared: pip install .[bench]")
    return peers


# ---- times to a return


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


def shipped_times(algorithm: str, bar: float) -> dict[str, float]:
    """Return the time (s) of each seed to a bar; infinity if it is not reached or not shipped."""
    times = {}
    for name in (f"{algorithm}_{seed}" for seed in SEEDS):
        path = SHIPPED / f"{name}.csv"
        if not path.exists():
            times[f"{name} (does not ship)"] = math.inf
            continue
        record = read_record(path.with_suffix(".json"))
        label = f"{name} ({record['threads']} thread{'s' * (record['threads'] > 1)})"
        times[label] = reached(pd.read_csv(path), bar)
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


# ---- evaluation


def evaluating(walk: Callable[[int], float]) -> Block:
    """Return a block whose speed is in steps per second; `walk` maps a seed to the steps taken."""
    seeds = itertools.count(1)

    def block() -> float:
        start = time.perf_counter()
        return walk(next(seeds)) / (time.perf_counter() - start)

    return block


def evaluation_blocks() -> dict[str, Block]:
    """Return blocks of our evaluation and of Stable-Baselines3's, of one shipped expert."""
    model = stable_baselines3.SAC.load(SHIPPED / "crossq_0.zip", device="cpu")
    env = gymnasium.make(BODY.env_id)

    def ours(seed: int) -> float:
        return float(evaluate(model, BODY, FINAL_EPISODES, seed)[:, 1].sum())

    def theirs(seed: int) -> float:
        env.reset(seed=seed)
        _, lengths = evaluate_policy(model, env, 2, return_episode_rewards=True, warn=False)
        assert isinstance(lengths, list)
        return float(sum(lengths))

    return {"ours": evaluating(ours), "stock": evaluating(theirs)}


# ---- where the time goes


def flops_per_update(observations: int, actions: int) -> float:
    """Return the number of floating-point operations in the matrix products of a SAC update."""
    actor = observations * WIDTH + WIDTH**2 + WIDTH * 2 * actions
    critics = 2 * ((observations + actions) * WIDTH + WIDTH**2 + WIDTH)
    # The critics' update takes the actor's next actions, the targets' values, a pass forward and
    # two products back. The actor's takes a pass forward and two products back, and passes through
    # the critics, of which only the gradient of the inputs is needed.
    return 2 * BATCH * ((actor + critics + 3 * critics) + (3 * actor + 2 * critics))


def multiplying(product: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Block:
    """Return a block whose speed is in GFLOP/s, of products of 256-wide float32 matrices."""
    left, right = torch.randn(WIDTH, WIDTH), torch.randn(WIDTH, WIDTH)
    times = 200

    def block() -> float:
        start = time.perf_counter()
        for _ in range(times):
            product(left, right)
        return times * 2 * WIDTH**3 / (time.perf_counter() - start) / 1e9

    return block


KINDS = {
    "products": ("_linear_pointwise", "aten::addmm", "aten::mm"),
    "Adam and targets": ("_fused_adam_", "aten::lerp_", "Optimizer.step"),
    "ReLU gradients": ("threshold_backward",),
    "copies": ("aten::copy_", "aten::cat"),
}


def shares_of_time(model: Any) -> dict[str, float]:
    """Return the share of an update's time that each kind of work takes."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        start = time.perf_counter()
        model.train(UPDATES, BATCH)
        whole = (time.perf_counter() - start) * 1e6
    shares = dict.fromkeys((*KINDS, "other operations"), 0.0)
    for event in profiled.key_averages():
        kinds = (k for k, names in KINDS.items() if any(name in event.key for name in names))
        shares[next(kinds, "other operations")] += event.self_cpu_time_total / whole
    return {**shares, "Python": 1 - sum(shares.values())}


# ---- the table


def within(what: str, seconds: float, limit: int) -> Row:
    """Return the row of a time that has a limit in minutes."""
    return Row(what, minutes(seconds), "", "", f"<= {limit} min", seconds <= 60 * limit)


def product_row(fast: Any) -> tuple[Row, float]:
    """Return the row of the share of the machine's product rate, and the rate of torch.mm."""
    sizes = fast.observation_space.shape[0], fast.action_space.shape[0]
    updates = updating(fast, BATCH)
    rates = alternate(
        {
            "update": lambda: updates() * flops_per_update(*sizes) / 1e9,
            "oneDNN": multiplying(gradients.linear),
            "torch.mm": multiplying(torch.mm),
        },
        15,
    )
    rate = {name: statistics.median(values) for name, values in rates.items()}
    best = max(rate["oneDNN"], rate["torch.mm"])
    row = Row(
        "sac, share of the machine's rate of 256-wide products",
        f"{rate['update']:.0f} GFLOP/s",
        f"products alone {best:.0f} GFLOP/s",
        f"{rate['update'] / best:.2f}",
        "",
        None,
    )
    return row, rate["torch.mm"]


def main() -> int:
    """Measure, print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="How fast an expert is made on this machine.")
    parser.add_argument("--full", action="store_true", help="train the shipped seeds anew")
    parser.add_argument("--threads", type=int, default=2, help="of torch, 2 by default")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    fast = learner(SAC, BATCH, ent_coef=0.2, device="cpu")
    stock = learner(stable_baselines3.SAC, BATCH, ent_coef=0.2, device="cpu")
    speeds = alternate({"ours": updating(fast, BATCH), "stock": updating(stock, BATCH)}, 15)
    what = f"sac updates/s, batch {BATCH}, {WIDTH} wide"
    rows = [versus(what, speeds, "stock", "stock SB3 SAC", 1.7)]

    goals = {"crossq": 4500, "sac": 3900}
    limits = {"crossq": 12, "sac": 45}  # minutes
    times = {
        algorithm: trained_times(algorithm, goal, 60 * limits[algorithm], options.threads)
        if options.full
        else shipped_times(algorithm, goal)
        for algorithm, goal in goals.items()
    }
    crossq, sac = (statistics.median(times[algorithm].values()) for algorithm in goals)
    stock_time = STOCK_UPDATES / statistics.median(speeds["stock"])
    ratio = stock_time / crossq
    against = f"stock SB3 SAC, 1M updates at that speed {minutes(stock_time)}"
    rows += [
        Row("crossq to 4,500", minutes(crossq), against, f"{ratio:.1f}", ">= 15 x", ratio >= 15),
        within("crossq from scratch to 4,500, median of 3 seeds", crossq, limits["crossq"]),
        within("sac from scratch to 3,900, median of 3 seeds", sac, limits["sac"]),
    ]

    speeds = alternate(evaluation_blocks(), 5)
    what = f"evaluation steps/s, {FINAL_EPISODES} episodes in lockstep"
    rows.append(versus(what, speeds, "stock", "SB3's evaluate_policy, one environment", 4))

    row, plain = product_row(fast)
    rows.append(row)

    peers, batch = crossq_peers(), 128
    if peers:
        blocks = {"ours": updating(learner(CrossQ, batch, device="cpu"), batch)}
        blocks |= {name: updating(learner(peer, batch), batch) for name, peer in peers.items()}
        speeds, what = alternate(blocks, 10), f"crossq updates/s, batch {batch}, {WIDTH} wide"
        rows += [versus(what, speeds, name, name, 0) for name in peers]

    print(f"{os.cpu_count()} cores, {options.threads} threads, torch {torch.__version__}\n")
    code = show(rows)
    print()
    for algorithm, goal in goals.items():
        each = ", ".join(f"{name} {minutes(spent)}" for name, spent in times[algorithm].items())
        print(f"{algorithm} to {goal:,}: {each}")
    shares = ", ".join(f"{kind} {share:.0%}" for kind, share in shares_of_time(fast).items())
    print(f"an update of sac: {shares}; torch.mm, 256 wide: {plain:.0f} GFLOP/s")
    return code


if __name__ == "__main__":
    sys.exit(main())
