"""Training an expert, its evaluation by a fixed rule, and its archive, which stock SB3 opens."""

import logging
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import stable_baselines3
import torch
from stable_baselines3.common import logger
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from torch import Tensor
from tqdm import tqdm

from brainiarb.actors.actors import Actors, mean_action
from brainiarb.actors.device import device_name
from brainiarb.actors.layouts import actor_from
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import make_env
from brainiarb.errors import Refused
from brainiarb.experts.claim import claimed
from brainiarb.experts.crossq import CrossQ
from brainiarb.experts.environment import Retraced, training_env
from brainiarb.experts.interruption import Interruption, noticed
from brainiarb.experts.sac import SAC
from brainiarb.experts.state import learner_state, load_learner_state, read_state, write_state
from brainiarb.rollouts.episodes import RETURN_STEPS, episode_lengths, episode_sums
from brainiarb.rollouts.recording import record_episodes
from brainiarb.seeds import derive_seed

ROLLOUT_STEPS = 8
"""Number of steps of every environment between two rounds of updates."""
EVALUATION_SEED = 10_000
"""Seed of the episodes that choose the best weights; it is the same at every evaluation."""
FINAL_EPISODES = 20
"""Number of episodes of the reported evaluation, whose seeds are fresh."""
CHECKPOINT_SECONDS = 180.0
"""Shortest time (s) between two states from which a killed training can continue."""
CHECKPOINT_SHARE = 0.03
"""Largest share of the time of a training that writing its states takes."""
KEPT = ("rows", "best", "best_step", "weights", "wall_time", "resumed")
"""The attributes of `KeepBest` that a state holds."""


@dataclass(frozen=True)
class Training:
    """The settings of a training; each field is a key of `experts.<name>.train` in the config."""

    algorithm: str
    """`sac` or `crossq`."""
    seed: int
    """Seed of weights, exploration and minibatches."""
    steps: int
    """Total number of environment steps."""
    learning_rate: float
    """Learning rate of actor, critics and temperature."""
    temperature: float | None
    """Fixed weight of the entropy; if it is None, the weight is learned."""
    batch_size: int
    """Number of transitions in an update; each environment step has one update."""
    critic_width: int
    """Number of units in each of the two hidden layers of a critic."""
    learning_starts: int
    """Number of steps with random actions before the first update."""
    environments: int
    """Number of copies of the environment that step together."""
    evaluate_every: int
    """Number of steps between two evaluations. The weights of the best evaluation are kept; of
    equal evaluations, the earliest counts."""
    evaluation_episodes: int
    """Number of episodes of an evaluation, whose seeds are always the same."""
    actor_width: int = 256
    """Number of units in each of the two hidden layers of the actor."""


@dataclass(frozen=True)
class Trained:
    """The result of a training: the expert as a stock SAC, its learning curve and provenance."""

    model: stable_baselines3.SAC
    curve: pd.DataFrame
    """One row for each evaluation: step, update, return_mean, return_sd, length_mean, wall_time_s
    and resumed, which counts how often the training had been killed before."""
    record: dict[str, Any]


def build(body: Body, training: Training, device: str = "cpu") -> SAC:
    """Return the untrained algorithm with seeded environments."""
    envs = make_vec_env(
        partial(training_env, body), training.environments, training.seed, wrapper_class=Retraced
    )
    common: dict[str, Any] = {
        "env": envs,
        "learning_rate": training.learning_rate,
        "ent_coef": "auto" if training.temperature is None else training.temperature,
        "batch_size": training.batch_size,
        "buffer_size": training.steps,
        "learning_starts": training.learning_starts,
        "train_freq": ROLLOUT_STEPS,
        "gradient_steps": ROLLOUT_STEPS * training.environments,
        "seed": training.seed,
        "device": device,
    }
    algorithms = {"sac": SAC, "crossq": CrossQ}
    if training.algorithm not in algorithms:
        raise Refused(f"algorithm must be sac or crossq, found {training.algorithm!r}")
    networks = {"net_arch": _net_arch(training)}
    return algorithms[training.algorithm]("MlpPolicy", policy_kwargs=networks, **common)


def _net_arch(training: Training) -> dict[str, list[int]]:
    """Return the widths of the hidden layers of actor and critic in the form that SAC expects."""
    return {"pi": [training.actor_width] * 2, "qf": [training.critic_width] * 2}


def as_stock_sac(model: SAC, body: Body, training: Training) -> stable_baselines3.SAC:
    """Return the same networks in a stock SAC without replay buffer and optimiser states."""
    env = make_env(body)
    networks = {"net_arch": _net_arch(training)}
    stock = stable_baselines3.SAC(
        "MlpPolicy", env, buffer_size=1, policy_kwargs=networks, device="cpu", seed=0
    )
    stock.policy.load_state_dict(model.policy.state_dict())
    stock.num_timesteps = model.num_timesteps
    return stock


def learnt_actor(model: BaseAlgorithm, body: Body, source: str) -> Actors:
    """Return the actor of a model (K = 1) on the CPU; `source` names it in errors."""
    weights = {name: tensor.cpu() for name, tensor in model.policy.state_dict().items()}
    return actor_from(weights, source, body)


def evaluate(model: BaseAlgorithm, body: Body, episodes: int, seed: int) -> np.ndarray:
    """Return (episodes, 2) the return and the length (steps) of episodes with the mean action.

    The resets are seeded, and all episodes step together.
    """
    actors = learnt_actor(model, body, "the trained policy")
    rollouts = record_episodes(
        body, mean_action(actors), agents=1, episodes=episodes, steps=RETURN_STEPS,
        seed=seed, mode="mean", threads=torch.get_num_threads(),
    )  # fmt: skip
    ids = rollouts["episode_ids"]
    return np.column_stack([episode_sums(rollouts["rewards"], ids), episode_lengths(ids)])


class KeepBest(BaseCallback):
    """A callback that evaluates at fixed steps, keeps the best weights and saves checkpoints."""

    def __init__(
        self,
        body: Body,
        training: Training,
        state: Path | None = None,
        interruption: Interruption | None = None,
    ) -> None:
        super().__init__()
        self.body, self.training, self.state = body, training, state
        self.interruption = interruption or Interruption()
        self.rows: list[dict[str, float]] = []
        self.best, self.best_step = -np.inf, 0
        self.weights: dict[str, Tensor] = {}
        self.wall_time, self.resumed = 0.0, 0
        self.clock = self.saved = time.monotonic()
        self.pause = CHECKPOINT_SECONDS

    def _settings(self) -> dict[str, Any]:
        return {"environment": self.body.env_id, **asdict(self.training)}

    def _count_time(self) -> None:
        now = time.monotonic()
        self.wall_time += now - self.clock
        self.clock = now

    def save_state(self) -> None:
        """Write everything that the training needs to continue after an interruption."""
        if self.state is None:
            return
        self._count_time()
        began = time.monotonic()
        learner: Any = self.model
        content = {
            "settings": self._settings(),
            "learner": learner_state(learner),
            **{name: getattr(self, name) for name in KEPT},
        }
        write_state(self.state, content)
        self.saved = time.monotonic()
        self.pause = max(CHECKPOINT_SECONDS, (self.saved - began) / CHECKPOINT_SHARE)

    def load_state(self, model: SAC) -> None:
        """Continue from the state that an interrupted training with the same settings left, if any.

        Raises Refused if the file of the state is damaged.
        """
        content = read_state(self.state, self._settings())
        if content is None:
            return
        load_learner_state(model, content["learner"])
        for name in KEPT:
            setattr(self, name, content[name])
        self.resumed += 1
        logging.info("training continues from step %d, where it was stopped", model.num_timesteps)

    def _on_training_start(self) -> None:
        self.bar = tqdm(
            total=self.training.steps,
            initial=self.num_timesteps,
            desc=self.training.algorithm,
            unit="step",
            mininterval=5.0,
        )

    def _on_step(self) -> bool:
        self.bar.update(self.num_timesteps - self.bar.n)
        return True

    def _end_if_interrupted(self) -> None:
        if self.interruption.number is not None:
            self.save_state()
            self.bar.close()
            self.interruption.end(self.num_timesteps)

    def _on_rollout_start(self) -> None:
        self._end_if_interrupted()
        if self.num_timesteps // self.training.evaluate_every > len(self.rows):
            self._evaluate()
        if time.monotonic() - self.saved > self.pause:
            self.save_state()

    def _evaluate(self) -> None:
        learner: Any = self.model
        episodes = self.training.evaluation_episodes
        returns, lengths = evaluate(learner, self.body, episodes, seed=EVALUATION_SEED).T
        mean = float(returns.mean())
        self._count_time()
        row = {
            "step": self.num_timesteps,
            "update": learner._n_updates,
            "return_mean": mean,
            "return_sd": float(returns.std(ddof=1)),
            "length_mean": float(lengths.mean()),
            "wall_time_s": round(self.wall_time, 1),
            "resumed": self.resumed,
        }
        self.rows.append(row)
        if mean > self.best and not learner.walks_as_given:
            self.best, self.best_step = mean, self.num_timesteps
            self.weights = {k: v.clone() for k, v in learner.policy.state_dict().items()}
        self.bar.set_postfix_str(f"return {mean:.0f}, best {self.best:.0f}")
        logging.info("step %d: return %.0f, best %.0f", self.num_timesteps, mean, self.best)
        for name in ("return_mean", "return_sd", "length_mean"):
            self.logger.record(f"evaluation/{name}", row[name])
        self.logger.record("train/temperature", float(learner.temperature()))
        learner.dump_logs()

    def _on_training_end(self) -> None:
        if not self.weights or self.training.steps // self.training.evaluate_every > len(self.rows):
            self._evaluate()
        self._end_if_interrupted()
        self.bar.close()


def train(
    body: Body,
    training: Training,
    state: Path | None = None,
    threads: int = 1,
    device: str = "cpu",
    logs: Path | None = None,
    model: SAC | None = None,
) -> Trained:
    """Train an expert and return the weights of its best evaluation, evaluated on fresh seeds.

    `state` is a file that the training keeps while it runs; if it exists, training continues from
    it and ends as if it had never stopped. SIGTERM and SIGINT write it and end the process. `logs`
    is a folder for logs of TensorBoard, or None. `model` is from `build`; a new one without it.
    Raises Refused if the algorithm is unknown, the state is damaged or another training has it, or
    `logs` is given and the package tensorboard is missing.
    """
    if logs is not None and logger.SummaryWriter is None:
        raise Refused(
            "`tensorboard: true` asks for logs, but the package tensorboard is not installed: "
            "install it (pip install tensorboard) or remove the key"
        )
    torch.set_num_threads(threads)
    model = model or build(body, training, device)
    model.tensorboard_log = None if logs is None else str(logs)
    with claimed(state), noticed() as interruption:
        keep = KeepBest(body, training, state, interruption)
        keep.load_state(model)
        model.learn(
            training.steps - model.num_timesteps,
            callback=keep,
            log_interval=training.steps,
            tb_log_name=training.algorithm,
            reset_num_timesteps=False,
        )
    model.policy.load_state_dict(keep.weights)
    stock = as_stock_sac(model, body, training)
    stock.num_timesteps = keep.best_step
    final = evaluate(
        stock, body, FINAL_EPISODES, seed=derive_seed(training.seed, "final evaluation")
    )
    record = {
        "environment": body.env_id,
        **asdict(training),
        "steps_done": model.num_timesteps,
        "updates_done": model._n_updates,
        "wall_time_s": round(keep.wall_time, 1),
        "resumed": keep.resumed,
        "threads": threads,
        "device": device_name(model.device),
        "selection": "highest mean return of the evaluations, the earliest of equals",
        "selected_step": keep.best_step,
        "optimisers": "cold: the archive holds weights, no optimiser state and no replay buffer",
        "evaluation": {
            "action": "mean",
            "steps": RETURN_STEPS,
            "episodes": FINAL_EPISODES,
            "return_mean": float(final[:, 0].mean()),
            "return_sd": float(final[:, 0].std(ddof=1)),
            "returns": final[:, 0].round(1).tolist(),
            "lengths": final[:, 1].astype(int).tolist(),
        },
    }
    return Trained(stock, pd.DataFrame(keep.rows), record)
