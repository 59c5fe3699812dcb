"""Demonstrations as a data set of Minari (Younis et al. 2024), which needs h5py alone.

A data set is a folder `<namespace>/<name>-v<version>/data` with `main_data.hdf5`, a group for each
episode, and `metadata.json`. Minari finds it below the folder that MINARI_DATASETS_PATH names.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import gymnasium
import h5py
import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts, make_env
from brainiarb.datasets.scores import ReferenceScores
from brainiarb.files import whole, write_json
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import clone_episodes

FORMAT = "0.5.0"
"""The oldest version of Minari whose form of a data set is written; later ones read it."""

EPISODES, METADATA = "main_data.hdf5", "metadata.json"
"""The files of a data set."""

PHYSICS = ("gymnasium", "mujoco")
"""The packages whose versions decide how an environment moves."""


@dataclass(frozen=True)
class Origin:
    """Where demonstrations come from, for the metadata of a data set."""

    identity: str
    """The id of the data set: namespaces, a name and a version."""
    algorithm: str
    """What trained the expert."""
    description: str
    """What the data set holds, in sentences."""
    scores: ReferenceScores
    """The returns to which Minari normalises."""
    made: Mapping[str, Any]
    """How the demonstrations were made: settings, the record of the expert, the commit."""


def write_minari(root: str | Path, body: Body, demonstrations: Rollouts, origin: Origin) -> None:
    """Write demonstrations as a data set of Minari below a folder.

    Every episode has T + 1 `observations`, and T `actions`, `rewards`, `terminations` and
    `truncations`. Observations and actions are float32, actions in the units of the environment.
    `actions_clean`, which Minari does not read, are the actions before noise was added. The
    attribute `clone` of an episode is the number of the clone that learns from it.
    """
    folder = Path(root, origin.identity, "data")
    for namespace in list(Path(origin.identity).parents)[:-1]:
        write_json(Path(root, namespace, "namespace_metadata.json"), {}, recorded=False)
    rows = list(chain(*clone_episodes(demonstrations).values()))
    with whole(folder / EPISODES, recorded=False) as temporary, h5py.File(temporary, "w") as file:
        for number, of_episode in enumerate(rows):
            group = file.create_group(f"episode_{number}")
            group.attrs["id"] = number
            group.attrs["total_steps"] = of_episode.stop - of_episode.start
            group.attrs["clone"] = int(demonstrations["clone_ids"][of_episode.start])
            for name, values in _episode(body, demonstrations, of_episode, number).items():
                group[name] = values
    size = round((folder / EPISODES).stat().st_size / 1e6, 1)
    # Whoever finds the metadata finds a whole data set.
    write_json(
        folder / METADATA,
        {
            "dataset_id": origin.identity,
            "minari_version": FORMAT,
            "data_format": "hdf5",
            "total_episodes": len(rows),
            "total_steps": len(demonstrations["rewards"]),
            "dataset_size": size,
            "algorithm_name": origin.algorithm,
            "description": origin.description,
            **_environment(body, json.loads(str(demonstrations["versions"]))),
            **_scores(origin.scores),
            "made": dict(origin.made),
        },
        recorded=False,
    )


def _episode(
    body: Body, demonstrations: Rollouts, rows: slice, number: int
) -> dict[str, np.ndarray]:
    """Return the arrays of an episode by Minari's names."""
    final = demonstrations["final_observations"][number]
    return {
        "observations": np.vstack([demonstrations["observations"][rows], final]),
        "actions": executed(body, demonstrations["actions"][rows]),
        "actions_clean": executed(body, demonstrations["actions_clean"][rows]),
        "rewards": demonstrations["rewards"][rows],
        "terminations": demonstrations["terminals"][rows],
        "truncations": demonstrations["timeouts"][rows],
    }


def executed(body: Body, actions: np.ndarray) -> np.ndarray:
    """Return actions (n, a) of [-1, 1] in the units of the environment, as float32."""
    facts = environment_facts(body)
    scaled = facts.action_centre + facts.action_half_range * actions.astype(np.float64)
    return scaled.astype(np.float32)


def _environment(body: Body, versions: Mapping[str, str]) -> dict[str, Any]:
    """Return the spaces of the environment and, if Gymnasium registers it, how it is made again."""
    env = make_env(body)
    described: dict[str, Any] = {
        "observation_space": _box(env.observation_space),
        "action_space": _box(env.action_space),
    }
    if env.spec is not None:
        pinned = [f"{name}=={version}" for name, version in versions.items() if name in PHYSICS]
        described |= {"env_spec": env.spec.to_json(), "requirements": pinned}
    env.close()
    return described


def _box(space: gymnasium.Space) -> str:
    """Return a space of vectors in Minari's text."""
    assert isinstance(space, gymnasium.spaces.Box)
    ends = {"low": space.low.tolist(), "high": space.high.tolist()}
    kind = {"type": "Box", "dtype": str(space.dtype), "shape": list(space.shape)}
    return json.dumps(kind | ends)


def _scores(scores: ReferenceScores) -> dict[str, Any]:
    """Return reference scores by Minari's names."""
    named: dict[str, Any] = {
        "ref_min_score": scores.lowest,
        "ref_max_score": scores.highest,
        "ref_scores": scores.source,
    }
    return named | ({"num_episodes_average_score": scores.episodes} if scores.episodes else {})
