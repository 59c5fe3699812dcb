"""Training an expert: learning, evaluation by a fixed rule, and an archive that stock SB3 opens."""

import logging
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
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

from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import actor_from
from brainiarb.actors.layers import WIDTH
from brainiarb.bodies.body import Body
from brainiarb.errors import Refused
from brainiarb.experts.crossq import CrossQ
from brainiarb.experts.environment import training_env
from brainiarb.experts.sac import SAC
from brainiarb.files import whole
from brainiarb.rollouts.episodes import RETURN_STEPS, episode_lengths, episode_sums
from brainiarb.rollouts.recording import record_episodes
from brainiarb.seeds import derive_seed

ROLLOUT_STEPS = 8  # of every environment between two rounds of updates
EVALUATION_SEED = 10_000  # of the episodes that choose the best weights, the same at every step
FINAL_EPISODES = 20  # of the evaluation on fresh seeds that is reported
CHECKPOINT_SECONDS = 180.0  # between the states that a killed training goes on from, at most
REPLAY = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


@dataclass(frozen=True)
class Training:
    """How an expert is trained; each field is a key of `experts.<name>.train` in the config."""

    algorithm: str
    """`sac` or `crossq`."""
    seed: int
    """Of weights, exploration and minibatches."""
    steps: int
    """Environment steps in all."""
    learning_rate: float
    """Of actor, critics and temperature."""
    temperature: float | None
    """Fixed weight of the entropy; None learns it."""
    batch_size: int
    """Transitions per update; there is one update per environment step."""
    critic_width: int
    """Units in each of a critic's two hidden layers."""
    learning_starts: int
    """Steps of random actions before the first update."""
    environments: int
    """Copies of the environment that are stepped together."""
    evaluate_every: int
    """Steps between evaluations; the weights of the best one are kept, the earliest of equals."""
    evaluation_episodes: int
    """Episodes of an evaluation, always from the same seeds."""


@dataclass(frozen=True)
class Trained:
    """What training gives: the expert as a stock SAC, its learning curve and its provenance."""

    model: stable_baselines3.SAC
    curve: pd.DataFrame
    """One row per evaluation: step, update, return_mean, return_sd, length_mean, wall_time_s, and
    resumed: how often training had been killed before."""
    record: dict[str, Any]


def build(body: Body, training: Training, device: str = "cpu") -> SAC:
    """Return the untrained algorithm, its environments seeded."""
    envs = make_vec_env(partial(training_env, body), training.environments, seed=training.seed)
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
    networks = {"net_arch": _net_arch(training.critic_width)}
    return algorithms[training.algorithm]("MlpPolicy", policy_kwargs=networks, **common)


def _net_arch(critic_width: int) -> dict[str, list[int]]:
    """Return the widths of the hidden layers of the actor and of a critic, as SAC takes them."""
    return {"pi": [WIDTH, WIDTH], "qf": [critic_width, critic_width]}


def as_stock_sac(model: SAC, body: Body, critic_width: int) -> stable_baselines3.SAC:
    """Return the same networks in a stock SAC without replay buffer, its optimisers cold."""
    env = gymnasium.make(body.env_id)
    networks = {"net_arch": _net_arch(critic_width)}
    stock = stable_baselines3.SAC(
        "MlpPolicy", env, buffer_size=1, policy_kwargs=networks, device="cpu", seed=0
    )
    stock.policy.load_state_dict(model.policy.state_dict())
    stock.num_timesteps = model.num_timesteps
    return stock


def evaluate(model: BaseAlgorithm, body: Body, episodes: int, seed: int) -> np.ndarray:
    """Return (episodes, 2): return and length with the mean action, from seeded resets.

    All episodes are walked in lockstep.
    """
    threads = torch.get_num_threads()
    weights = {name: tensor.cpu() for name, tensor in model.policy.state_dict().items()}
    actors = actor_from(weights, "the trained policy", body)
    # The actor is small, and torch's waiting threads would keep the simulation's from working.
    torch.set_num_threads(1)
    try:
        rollouts = record_episodes(
            body, mean_action(actors), agents=1, episodes=episodes, steps=RETURN_STEPS,
            seed=seed, mode="mean", threads=threads,
        )  # fmt: skip
    finally:
        torch.set_num_threads(threads)
    ids = rollouts["episode_ids"]
    return np.column_stack([episode_sums(rollouts["rewards"], ids), episode_lengths(ids)])


class KeepBest(BaseCallback):
    """Evaluates at fixed steps, keeps the best weights and leaves a state to go on from."""

    def __init__(self, body: Body, training: Training, state: Path | None = None) -> None:
        super().__init__()
        self.body, self.training, self.state = body, training, state
        self.rows: list[dict[str, float]] = []
        self.best, self.best_step = -np.inf, 0
        self.weights: dict[str, Tensor] = {}
        self.wall_time, self.resumed = 0.0, 0
        self.clock = self.saved = time.monotonic()

    def _settings(self) -> dict[str, Any]:
        return {"environment": self.body.env_id, **asdict(self.training)}

    def _count_time(self) -> None:
        now = time.monotonic()
        self.wall_time += now - self.clock
        self.clock = now

    def save_state(self) -> None:
        """Write all that training needs to go on after it was killed."""
        if self.state is None:
            return
        self._count_time()
        learner: Any = self.model
        buffer = learner.replay_buffer
        rows = buffer.buffer_size if buffer.full else buffer.pos
        content = {
            "settings": self._settings(),
            "learning": learner.learning_state(),
            "optimizers": [optimizer.state_dict() for optimizer in learner.optimizers()],
            "log_temperature": learner.log_ent_coef,
            "replay": {n: torch.from_numpy(getattr(buffer, n)[:rows].copy()) for n in REPLAY},
            "steps": self.num_timesteps,
            "updates": learner._n_updates,
            "rows": self.rows,
            "best": self.best,
            "best_step": self.best_step,
            "weights": self.weights,
            "wall_time": self.wall_time,
            "resumed": self.resumed,
        }
        with whole(self.state) as temporary:
            torch.save(content, temporary)
        self.saved = time.monotonic()

    def load_state(self, model: SAC) -> None:
        """Go on from the state that an earlier, killed training of this kind left, if there is one.

        Raises ValueError where that file is damaged.
        """
        if self.state is None or not self.state.exists():
            return
        try:
            content = torch.load(self.state, weights_only=True)
        except Exception as error:
            raise Refused(
                f"{self.state} is no whole state of a training ({error}); delete it to train anew"
            ) from error
        if content.get("settings") != self._settings():
            logging.warning("%s is of a training by other settings: trained anew", self.state)
            return
        learner: Any = model
        learner.load_learning_state(content["learning"])
        for optimizer, saved in zip(model.optimizers(), content["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        if content["log_temperature"] is not None:
            learner.log_ent_coef.data.copy_(content["log_temperature"].data)
        buffer = learner.replay_buffer
        for name, saved in content["replay"].items():
            getattr(buffer, name)[: len(saved)] = saved.numpy()
        buffer.pos = len(saved) % buffer.buffer_size
        buffer.full = len(saved) == buffer.buffer_size
        learner.num_timesteps, learner._n_updates = content["steps"], content["updates"]
        self.rows, self.weights = content["rows"], content["weights"]
        self.best, self.best_step = content["best"], content["best_step"]
        self.wall_time, self.resumed = content["wall_time"], content["resumed"] + 1
        # The same random numbers must not come twice: what is left is drawn from a seed of its own.
        model.set_random_seed(derive_seed(self.training.seed, "resumed", content["steps"]))
        logging.info("going on from step %d of a killed training", content["steps"])

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

    def _on_rollout_start(self) -> None:
        if self.num_timesteps // self.training.evaluate_every > len(self.rows):
            self._evaluate()
        elif time.monotonic() - self.saved > CHECKPOINT_SECONDS:
            self.save_state()

    def _evaluate(self) -> None:
        learner: Any = self.model
        episodes = self.training.evaluation_episodes
        found = evaluate(learner, self.body, episodes, seed=EVALUATION_SEED)
        mean = float(found[:, 0].mean())
        self._count_time()
        row = {
            "step": self.num_timesteps,
            "update": learner._n_updates,
            "return_mean": mean,
            "return_sd": float(found[:, 0].std(ddof=1)),
            "length_mean": float(found[:, 1].mean()),
            "wall_time_s": round(self.wall_time, 1),
            "resumed": self.resumed,
        }
        self.rows.append(row)
        if mean > self.best:
            self.best, self.best_step = mean, self.num_timesteps
            self.weights = {k: v.clone() for k, v in learner.policy.state_dict().items()}
        self.bar.set_postfix_str(f"return {mean:.0f}, best {self.best:.0f}")
        logging.info("step %d: return %.0f, best %.0f", self.num_timesteps, mean, self.best)
        for name in ("return_mean", "return_sd", "length_mean"):
            self.logger.record(f"evaluation/{name}", row[name])
        self.logger.record("train/temperature", float(learner.temperature()))
        learner.dump_logs()
        self.save_state()

    def _on_training_end(self) -> None:
        if not self.rows or self.training.steps // self.training.evaluate_every > len(self.rows):
            self._evaluate()
        self.bar.close()


def train(
    body: Body,
    training: Training,
    state: Path | None = None,
    threads: int = 1,
    device: str = "cpu",
    logs: Path | None = None,
) -> Trained:
    """Train an expert and return its best evaluated weights, re-evaluated on fresh seeds.

    `state` is a file that training keeps while it runs; where it exists, training goes on from it.
    `logs` is the folder of logs for TensorBoard, if any are wanted; raises ValueError if the
    package is missing then.
    """
    if logs is not None and logger.SummaryWriter is None:
        raise Refused(
            "`tensorboard: true` asks for logs, but the package tensorboard is not installed: "
            "install it (pip install tensorboard) or leave the key out"
        )
    torch.set_num_threads(threads)
    model = build(body, training, device)
    model.tensorboard_log = None if logs is None else str(logs)
    keep = KeepBest(body, training, state)
    keep.load_state(model)
    model.learn(
        training.steps - model.num_timesteps,
        callback=keep,
        log_interval=training.steps,
        tb_log_name=training.algorithm,
        reset_num_timesteps=False,
    )
    model.policy.load_state_dict(keep.weights)
    stock = as_stock_sac(model, body, training.critic_width)
    stock.num_timesteps = keep.best_step
    stock.resumed = keep.resumed  # type: ignore[attr-defined]
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
        "device": device,
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
