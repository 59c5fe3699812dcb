"""What offline methods make of mixed data: python -m benchmarks.offline_replay.

D4RL's `medium-replay` is what an agent saw until it was half trained. Such a set is made here by
the training of sac_0 itself, which is stopped after a quarter of its steps, when its best episodes
have more than a third of the return of the trained expert. The replay buffer of that moment is the
set. Clones learn from it by every method for as long as they do in a study, each method in a
process of its own. In published tables, behaviour cloning has a quarter of what the others have
(D4RL's scores of walker2d-medium-replay: 22, and 82 by IQL and 86 by TD3+BC; CORL), from 302,000
rows and after a million updates. `benchmarks/NOTES.md` says how other sets and numbers of updates
fared.
"""

import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
import yaml

from benchmarks.table import Row, show
from brainiarb.actors.actors import mean_action
from brainiarb.actors.architecture import DEFAULT
from brainiarb.bodies.body import Body
from brainiarb.bodies.registry import get_body
from brainiarb.clones.methods import METHODS
from brainiarb.clones.settings import Cloning, clone_architecture
from brainiarb.clones.training import train_clones
from brainiarb.experts.state import REPLAY
from brainiarb.experts.training import Training, build, evaluate
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import RETURN_STEPS
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import episode_returns
from brainiarb.rollouts.scaler import observation_scaler
from brainiarb.seeds import derive_seed
from brainiarb.statistics.methods import Inference, t_interval

ROOT = Path(__file__).resolve().parents[1]
BODY, EXPERT = "walker2d", "sac_0"
STEPS, LEARNERS, EPISODES = 100_000, 4, 10
CONFIDENCE = 0.95
REFERENCE = "bc"


def settings(name: str) -> dict:
    """Return a file of the folder config."""
    return yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))


def half_trained(body: Body, steps: int = STEPS) -> tuple[Mapping[str, np.ndarray], np.ndarray]:
    """Train the expert for some steps; return its replay (n, environments, ...) and its returns.

    The oldest rows come first.
    """
    training = Training(**settings("train_experts")["experts"][EXPERT]["train"])
    model = build(body, replace(training, steps=steps))
    model.learn(steps)
    buffer = model.replay_buffer
    assert buffer is not None
    oldest = buffer.pos if buffer.full else 0
    replay = {
        name: np.roll(getattr(buffer, name)[: buffer.size()], -oldest, axis=0) for name in REPLAY
    }
    returns = evaluate(model, body, EPISODES, derive_seed(training.seed, "evaluation"))[:, 0]
    return replay, returns


def as_demonstrations(replay: Mapping[str, np.ndarray], learners: int = LEARNERS) -> Rollouts:
    """Return a replay as demonstrations, environment by environment, the same for every learner.

    The walk of each environment that was going on in the end is cut there.
    """
    rows = {
        name: np.concatenate([*values.swapaxes(0, 1)])  # all rows of one environment, then the next
        for name, values in replay.items()
    }
    ends = rows["dones"].astype(bool)
    of_environment = len(replay["dones"])
    cut = np.arange(1, len(ends) + 1) % of_environment == 0
    terminals = ends & ~rows["timeouts"].astype(bool)
    last = ends | cut
    ids = np.cumsum(np.append(False, last[:-1]))
    given = {
        "inputs": rows["observations"], "observations": rows["observations"],
        "labels": rows["actions"], "actions": rows["actions"], "rewards": rows["rewards"],
        "terminals": terminals, "timeouts": last & ~terminals,
    }  # fmt: skip
    finals = rows["next_observations"][last]
    count = int(last.sum())
    return {
        **{name: np.concatenate([values] * learners) for name, values in given.items()},
        "final_observations": np.concatenate([finals] * learners),
        "clone_ids": np.repeat(np.arange(learners), len(ids)),
        "episode_ids": np.concatenate([ids + count * k for k in range(learners)]),
    }


def returns_of(method: str, demonstrations: Rollouts, body: Body) -> np.ndarray:
    """Return the mean return of each learner by a method, over episodes of the mean action."""
    learners = len(np.unique(demonstrations["clone_ids"]))
    clones = train_clones(
        demonstrations,
        observation_scaler(demonstrations),
        Cloning(**settings("config")["cloning"]),
        initial_seeds=[derive_seed(0, "initial", k) for k in range(learners)],
        training_seeds=[derive_seed(0, "training", k) for k in range(learners)],
        architecture=clone_architecture(DEFAULT),
        method=method,
    )
    walks = record_episodes(
        body, mean_action(clones.actors), agents=learners, episodes=EPISODES, steps=RETURN_STEPS,
        seed=derive_seed(0, "evaluation"), mode="mean",
    )  # fmt: skip
    return episode_returns(walks).groupby("clone")["return"].mean().to_numpy()


def method_row(method: str, returns: Mapping[str, np.ndarray]) -> Row:
    """Return the row of a method against cloning: it is higher, and the intervals are apart."""
    found, copied = (t_interval(returns[name], CONFIDENCE) for name in (method, REFERENCE))
    return Row(
        f"return of {len(returns[method])} {method} learners on the replay",
        told(found),
        f"{REFERENCE} {told(copied)}",
        f"{found.estimate / copied.estimate:.2f}",
        "intervals apart",
        found.low > copied.high,
    )


def told(result: Inference) -> str:
    """Return a mean return with its interval."""
    return f"{result.estimate:.0f} [{result.low:.0f}, {result.high:.0f}]"


def main() -> int:
    """Print the table; return 1 if a bar is missed."""
    torch.set_num_threads(1)
    body = get_body(BODY)
    replay, half = half_trained(body)
    demonstrations = as_demonstrations(replay)
    processes = ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    )
    with processes as pool:
        learn = partial(returns_of, demonstrations=demonstrations, body=body)
        returns = dict(zip(METHODS, pool.map(learn, METHODS), strict=True))
    rows = [method_row(method, returns) for method in METHODS if method != REFERENCE]
    agent = f"{half.mean():.0f} over {EPISODES} episodes"
    rows.append(Row(f"return of {EXPERT} after {STEPS:,} steps", agent, "", "", "", None))
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
