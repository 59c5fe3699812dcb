"""How fast an expert is made on this machine: python -m benchmarks.experts [--full] [--threads 2].

Both sides of a row take turns in blocks of updates, and the ratio is the median over pairs of
neighbouring turns. So other work on the machine slows both sides. Times to a return are projected:
the updates and steps that the shipped experts took to it, as their learning curves tell, at the
updates and steps per second measured here. A seed that never reached it counts as its whole budget.
With --full, the shipped seeds are trained again until they reach the return. Their curves stay in
results/bench; delete that folder to train them once more (`benchmarks.times_to_return`). Stock SAC
is not trained. It needs a million updates to a return of 4,500 (median of ten seeds in the curves
of CrossQ's authors; RL Zoo's SAC has 3,863 after as many). Its time is that of a million updates at
its speed on this machine, without steps and evaluations.
"""

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import gymnasium
import numpy as np
import stable_baselines3
import torch
from stable_baselines3.common.evaluation import evaluate_policy
from torch.profiler import ProfilerActivity, profile

from benchmarks.table import Row, show
from benchmarks.threads import thread_rows
from benchmarks.times_to_return import (
    BODY,
    SHIPPED,
    minutes,
    projected_times,
    trained_times,
)
from benchmarks.turns import Block, alternate, versus
from brainiarb.actors import gradients
from brainiarb.experts.crossq import CrossQ
from brainiarb.experts.sac import SAC
from brainiarb.experts.training import FINAL_EPISODES, evaluate

WIDTH, BATCH = 256, 256
UPDATES = 32
"""Number of updates in a block."""
STOCK_UPDATES = 1_000_000
"""Number of updates that stock SAC needs to a return of 4,500."""

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
    rows = [versus(what, speeds, "stock", "stock SB3 SAC", 2.2)]

    peers, batch = crossq_peers(), 128
    blocks = {"ours": updating(learner(CrossQ, batch, device="cpu"), batch)}
    blocks |= {name: updating(learner(peer, batch), batch) for name, peer in peers.items()}
    of_crossq, of_evaluation = alternate(blocks, 10), alternate(evaluation_blocks(), 5)
    learning = {
        f"sac, batch {BATCH}": updating(fast, BATCH),
        f"crossq, batch {batch}": blocks["ours"],
    }
    rows += thread_rows(learning, WIDTH)

    goals = {"crossq": 4500, "sac": 3900}
    limits = {"crossq": 12, "sac": 45}  # minutes of one seed
    rates = {
        "crossq": statistics.median(of_crossq["ours"]),
        "sac": statistics.median(speeds["ours"]),
    }
    steps = statistics.median(of_evaluation["ours"])
    times = {
        algorithm: trained_times(algorithm, goal, 60 * limits[algorithm], options.threads)
        if options.full
        else projected_times(algorithm, goal, rates[algorithm], steps)
        for algorithm, goal in goals.items()
    }
    how = "trained anew" if options.full else "projected from shipped curves"
    crossq, sac = (statistics.median(times[algorithm].values()) for algorithm in goals)
    stock_time = STOCK_UPDATES / statistics.median(speeds["stock"])
    ratio = stock_time / crossq
    against = f"stock SB3 SAC, 1M updates at that speed {minutes(stock_time)}"
    rows += [
        Row("crossq to 4,500", minutes(crossq), against, f"{ratio:.1f}", ">= 15 x", ratio >= 15),
        within(f"crossq from scratch to 4,500, median of 3 seeds, {how}", crossq, 6),
        within(f"sac from scratch to 3,900, median of 3 seeds, {how}", sac, limits["sac"]),
    ]

    what = f"evaluation steps/s, {FINAL_EPISODES} episodes in lockstep"
    rows.append(versus(what, of_evaluation, "stock", "SB3's evaluate_policy, one environment", 4))

    row, plain = product_row(fast)
    rows.append(row)

    what = f"crossq updates/s, batch {batch}, {WIDTH} wide"
    rows.append(Row(what, f"{rates['crossq']:.0f}/s", "", "", "", None))
    rows += [versus(what, of_crossq, name, name, 0) for name in peers]

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
