"""The state of a training: everything that an interrupted training needs to end as it would have.

A state is written and read between two rounds of steps and updates. It holds numbers only, and
nothing in it is unpickled when it is read.
"""

import logging
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainiarb.errors import Refused
from brainiarb.experts.sac import SAC
from brainiarb.files import whole
from brainiarb.records import check

REPLAY = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
"""The arrays of the replay buffer."""


def random_states(model: SAC) -> dict[str, Any]:
    """Return the states of all random numbers that a training draws outside its environments."""
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return {
        "python": random.getstate(),
        "numpy": (name, np.asarray(keys).tolist(), *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if model.device.type == "cuda" else [],
        "actions": model.action_space.np_random.bit_generator.state,
    }


def load_random_states(model: SAC, states: dict[str, Any]) -> None:
    """Go on with the random numbers of `random_states`."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if model.device.type == "cuda" and states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])
    model.action_space.np_random.bit_generator.state = states["actions"]


def learner_state(model: SAC) -> dict[str, Any]:
    """Return the state of a learner, its replay buffer, its environments and its random numbers.

    Of the replay buffer, only the rows that are filled are in it.
    """
    learner: Any = model
    buffer = learner.replay_buffer
    rows = buffer.buffer_size if buffer.full else buffer.pos
    return {
        "learning": learner.learning_state(),
        "optimizers": [optimizer.state_dict() for optimizer in learner.optimizers()],
        "log_temperature": learner.log_ent_coef,
        # A view would bring the whole buffer into the file.
        "replay": {name: torch.from_numpy(getattr(buffer, name)[:rows]).clone() for name in REPLAY},
        "position": buffer.pos,
        "full": buffer.full,
        "steps": learner.num_timesteps,
        "updates": learner._n_updates,
        "episodes": learner._episode_num,
        "environments": learner.env.env_method("trace"),
        "observations": torch.from_numpy(np.array(learner._last_obs)),
        "random": random_states(model),
    }


def load_learner_state(model: SAC, state: dict[str, Any]) -> None:
    """Bring a new learner with the same settings into the state of `learner_state`."""
    learner: Any = model
    learner.load_learning_state(state["learning"])
    for optimizer, saved in zip(model.optimizers(), state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    if state["log_temperature"] is not None:
        learner.log_ent_coef.data.copy_(state["log_temperature"].data)
    buffer = learner.replay_buffer
    for name, saved in state["replay"].items():
        getattr(buffer, name)[: len(saved)] = saved.numpy()
    buffer.pos, buffer.full = state["position"], state["full"]
    learner.num_timesteps, learner._n_updates = state["steps"], state["updates"]
    learner._episode_num = state["episodes"]
    learner.env.reset()
    learner._last_obs = np.stack(
        [
            learner.env.env_method("retrace", trace, indices=[number])[0]
            for number, trace in enumerate(state["environments"])
        ]
    )
    if not np.array_equal(learner._last_obs, state["observations"].numpy()):
        logging.warning(
            "this machine rounds otherwise than the one on which the training began, so the expert "
            "will differ from that of an undisturbed training"
        )
    # The environments and the learner drew numbers until here.
    load_random_states(model, state["random"])


def write_state(path: Path, state: dict[str, Any]) -> bool:
    """Write a state; if that fails, as on a full disk, say so and keep the last one."""
    try:
        with whole(path) as temporary:
            torch.save(state, temporary)
    except (OSError, RuntimeError, Refused) as error:
        reason, *_ = str(error.__cause__ or error).splitlines()
        logging.warning(
            "%s could not be written (%s); training goes on, and its last state stays: make space",
            path, reason,
        )  # fmt: skip
        return False
    return True


def read_state(path: Path | None, settings: dict[str, Any]) -> dict[str, Any] | None:
    """Return the state that an interrupted training with the same settings left, or None.

    Raises Refused if the file is damaged.
    """
    if path is None or not path.exists():
        return None
    check(path)
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:
        reason, *_ = str(error).splitlines() or [repr(error)]
        raise Refused(
            f"{path} is not a whole state of a training ({reason}); delete it to start the "
            "training again"
        ) from error
    if state.get("settings") != settings or "learner" not in state:
        logging.warning(
            "%s belongs to a training with other settings or of another version of this project, "
            "so training starts again",
            path,
        )
        return None
    return dict(state)
