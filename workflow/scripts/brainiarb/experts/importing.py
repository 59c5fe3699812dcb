"""Importing an expert: reading the actor of a foreign archive, and facts about it.

The module reads archives of SAC and of TQC, whose actor is that of SAC, from any Stable-Baselines3
since 1.3. It unpickles nothing, so the packages of an archive's author (gym, sb3-contrib, another
Python) do not matter. Torch's weights-only reader gives the weights, and the plain fields of `data`
give everything else.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors, fold_scaler, mean_action
from brainiarb.actors.archives import actor_from, critic_outputs, read_members, read_tensors
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import Facts, environment_facts
from brainiarb.errors import Refused
from brainiarb.experts.concerns import concerns
from brainiarb.experts.normalisation import Normalisation, read_normalisation
from brainiarb.files import digest_of, read_json
from brainiarb.rollouts.episodes import RETURN_STEPS, episode_lengths, episode_sums
from brainiarb.rollouts.recording import record_episodes

SUPPORTED = ("SAC", "TQC")
"""The algorithms whose archives can be imported."""
EPISODES = 5
"""Number of episodes that an imported expert walks for its evaluation."""

_RELU = "<class 'torch.nn.modules.activation.ReLU'>"
_FLATTEN = "<class 'stable_baselines3.common.torch_layers.FlattenExtractor'>"
_OWNERS = ("stable_baselines3", "sb3_contrib")


@dataclass(frozen=True, eq=False)
class Imported:
    """An expert from a foreign archive."""

    actors: Actors
    """The actor of raw observations, K = 1."""
    critics: dict[str, Tensor]
    """Critics and targets by the names of the archive; empty if they start untrained."""
    normalisation: Normalisation | None
    """The normalisation whose scaling is folded into the actor's first layer; the clip is not."""
    record: dict[str, Any]
    """The facts about the archive, and which of its parts were kept."""


def import_archive(
    path: str | Path, body: Body, vecnormalize: str | Path | None = None
) -> Imported:
    """Read an archive of SAC or TQC, and the VecNormalize file that belongs to it.

    Raises Refused if the archive is damaged, holds another algorithm or network, or was trained
    with other observations or actions than those of the body.
    """
    members = read_members(path)
    data = _fields(members, path)
    algorithm = _algorithm(data)
    if algorithm not in SUPPORTED:
        raise Refused(
            f"{path} holds {algorithm} where SAC or TQC is needed, whose actors this workflow "
            "clones; train the expert with one of them and policy MlpPolicy"
        )
    _refuse_other_observations(data, path)
    _refuse_other_functions(_mapping(data.get("policy_kwargs")), path)
    policy = read_tensors(members["policy.pth"], path)
    facts = environment_facts(body)
    actors = actor_from(policy, path, body)
    _refuse_other_bounds(_mapping(data.get("action_space")), facts, path, body.name)

    normalisation = None
    scaling: str | dict[str, Any] = (
        "none: no VecNormalize file was found, so the expert is taken as trained without one"
    )
    critics, critics_note = _critics(policy, facts.sizes), "kept"
    if vecnormalize is not None:
        normalisation = read_normalisation(vecnormalize, facts.observations)
        file = Path(vecnormalize).name
        scaling = f"none: {file} scaled rewards and no observations"
    if normalisation is not None:
        actors = fold_scaler(actors, normalisation.scaler)
        scaling = {"file": file, "folded_into": "linear1", "clip": normalisation.clip}
        critics, critics_note = {}, "untrained: those of the archive take normalised observations"
    elif not critics:
        critics_note = f"untrained: those of the archive ({algorithm}) are not SAC's"
    version = members.get("_stable_baselines3_version", b"").decode("ascii", "replace").strip()
    record = {
        "sha256": digest_of(path),
        "layout": algorithm,
        "stable_baselines3": version or None,
        "steps": _integer(data.get("num_timesteps")),
        "seed": _integer(data.get("seed")),
        "hidden": [actors.get_parameter(f"linear{n}.bias").shape[1] for n in (1, 2)],
        "normalisation": scaling,
        "critics": critics_note,
        "optimisers": "cold: the archive holds weights, no optimiser state and no replay buffer",
    }
    return Imported(actors, critics, normalisation, record)


def read_record(path: str | Path | None) -> dict[str, Any]:
    """Return the content of the JSON file beside an archive, which says how it was made.

    Raises Refused if the file is damaged or holds no JSON object.
    """
    if path is None:
        return {"made_by": "unknown"}
    record = read_json(path)
    if not isinstance(record, dict):
        raise Refused(
            f"{path} lies beside an expert's archive but holds no JSON object; mend it or remove it"
        )
    return record


def trial(imported: Imported, body: Body, threads: int = 1) -> dict[str, Any]:
    """Walk `EPISODES` episodes with the mean action; return and log the evaluation.

    A folded normalisation does not clip, because nothing in SAC's actor could. The record
    therefore reports the share of states that the original policy would have clipped. If it is 0,
    the imported policy equals the original; otherwise the two differ in those states.
    """
    rollouts = record_episodes(
        body,
        mean_action(imported.actors),
        agents=1,
        episodes=EPISODES,
        steps=RETURN_STEPS,
        seed=0,
        mode="mean",
        threads=threads,
    )
    ids = rollouts["episode_ids"]
    returns = episode_sums(rollouts["rewards"], ids)
    mean, sd = float(returns.mean()), float(returns.std(ddof=1))
    logging.info("return %.0f +- %.0f over %d episodes by the mean action", mean, sd, EPISODES)
    lengths = episode_lengths(ids)
    doubts = concerns(returns, lengths, body)
    for doubt in doubts:
        logging.warning("concern: %s", doubt)
    record: dict[str, Any] = {
        "concerns": doubts,
        "evaluation": {
            "action": "mean",
            "steps": RETURN_STEPS,
            "episodes": EPISODES,
            "return_mean": mean,
            "return_sd": sd,
            "returns": returns.round(1).tolist(),
            "lengths": lengths.tolist(),
        },
    }
    if imported.normalisation is None:
        logging.info("scaling of observations: %s", imported.record["normalisation"])
    else:
        clip = imported.normalisation.clip
        share = float(imported.normalisation.clipped(rollouts["observations"]).mean())
        record["normalisation"] = {**imported.record["normalisation"], "clipped_share": share}
        if share:
            logging.warning(
                "%.2g %% of the states lie beyond the clip of %g standard deviations, which is not "
                "folded; in these states this expert acts otherwise than its archive",
                100 * share,
                clip,
            )
    return record


def _fields(members: Mapping[str, bytes], path: str | Path) -> dict[str, Any]:
    """Return the fields of an archive; pickled fields stay text."""
    try:
        fields = json.loads(members["data"])
        return {**fields}
    except Exception as error:
        raise Refused(
            f"{path} has no fields of Stable-Baselines3 in `data` ({error!r}); save the model again"
        ) from error


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _integer(value: Any) -> int | None:
    return value if type(value) is int else None


def _algorithm(data: Mapping[str, Any]) -> str:
    """Return the algorithm of an archive, by fields that only it has or by its policy's module."""
    for name, field in (("PPO", "clip_range"), ("TRPO", "cg_max_steps"), ("A2C", "gae_lambda")):
        if field in data:
            return name
    if "target_policy_noise" in data:
        # DDPG is TD3 without its smoothing.
        return "TD3" if data.get("target_noise_clip") else "DDPG"
    module = str(_mapping(data.get("policy_class")).get("__module__", "unknown"))
    if module.split(".")[0] in _OWNERS and module.count("."):
        return module.split(".")[-2].upper()
    return f"a policy class of the module {module!r}"


def _refuse_other_functions(kwargs: Mapping[str, Any], path: str | Path) -> None:
    for key, expected, text in (
        ("activation_fn", "ReLU", _RELU),
        ("features_extractor_class", "FlattenExtractor", _FLATTEN),
    ):
        if kwargs.get(key, text) != text:
            raise Refused(
                f"{path} was trained with {key}={_class_name(kwargs[key])} where {expected}, the "
                f"default, is needed; train it without {key}"
            )


def _refuse_other_observations(data: Mapping[str, Any], path: str | Path) -> None:
    """Refuse observations in parts, because a body gives one array, in another order."""
    kind = str(_mapping(data.get("observation_space")).get(":type:"))
    if ".Dict'" in kind or "MultiInput" in str(_mapping(data.get("policy_class")).get("__init__")):
        raise Refused(
            f"{path} was trained with observations that are a Dict (MultiInputPolicy), whose parts "
            "the network takes in another order than the body gives them; train it with MlpPolicy "
            "on the body's own environment"
        )


def _class_name(text: Any) -> str:
    return (re.findall(r"\w+", str(text)) or ["unknown"])[-1]


def _refuse_other_bounds(
    space: Mapping[str, Any], facts: Facts, path: str | Path, body: str
) -> None:
    """Refuse an action space with other bounds; bounds that are not printed in full are unknown."""
    for key, sign in (("low", -1), ("high", 1)):
        try:
            bounds = np.array(str(space.get(key)).strip("[] \n").split(), np.float64)
        except ValueError:
            continue
        expected = facts.action_centre + sign * facts.action_half_range
        if bounds.shape != expected.shape:
            continue
        for bound, body_bound in zip(bounds, expected, strict=True):
            if not np.isclose(bound, body_bound, rtol=1e-5):
                raise Refused(
                    f"{path} was trained with actions whose {key} is {bound:g} where that of "
                    f"{body} is {body_bound:g}; train it on the body's own environment, without a "
                    "wrapper that changes actions"
                )


def _critics(policy: Mapping[str, Tensor], sizes: tuple[int, int]) -> dict[str, Tensor]:
    """Return the critics and targets of a state dict, or nothing if they are not those of SAC."""
    outputs, count = critic_outputs(policy)
    if not outputs or outputs[-1] != 1:
        return {}
    inputs = [sum(sizes), *outputs]
    shapes = {
        f"{net}.qf{critic}.{2 * layer}.{part}": (out, inputs[layer])[: 2 if part == "weight" else 1]
        for net in ("critic", "critic_target")
        for critic in range(count)
        for layer, out in enumerate(outputs)
        for part in ("weight", "bias")
    }
    critics = {name: value for name, value in policy.items() if name.startswith("critic")}
    fits = {name: tuple(value.shape) for name, value in critics.items()} == shapes
    finite = all(torch.isfinite(value).all() for value in critics.values())
    return critics if fits and finite else {}
