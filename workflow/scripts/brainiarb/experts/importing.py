"""Importing an expert: reading the actor of a foreign archive, and facts about it.

The module reads archives of the algorithms in `SUPPORTED` from any Stable-Baselines3 since 1.3, and
plain files (see `actors.plain`). It unpickles nothing, so the packages of an archive's author (gym,
sb3-contrib, another Python) do not matter. `actors.state_dicts` gives the weights, and the plain
fields of `data` give everything else.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors, fold_scaler, mean_action
from brainiarb.actors.archives import (
    critic_outputs,
    fields_of,
    mapping,
    read_members,
    read_tensors,
    told_activation,
)
from brainiarb.actors.layouts import BATCH_NORM_EPSILON, actor_from
from brainiarb.actors.plain import holds_plain_weights, read_plain
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import Facts, environment_facts
from brainiarb.bounded import read_object, read_text
from brainiarb.errors import Refused
from brainiarb.experts.concerns import concerns
from brainiarb.experts.normalisation import Normalisation, read_normalisation
from brainiarb.files import digest_of, refusing_damage
from brainiarb.records import RECORD
from brainiarb.rollouts.episodes import RETURN_STEPS, episode_lengths, episode_sums
from brainiarb.rollouts.recording import record_episodes

SUPPORTED = ("SAC", "TQC", "CrossQ", "TD3", "DDPG", "PPO", "A2C", "TRPO")
"""The algorithms whose archives can be imported."""
EPISODES = 5
"""Number of episodes that an imported expert walks for its evaluation."""

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
    path: str | Path,
    body: Body,
    vecnormalize: str | Path | None = None,
    told: Mapping[str, Any] | None = None,
) -> Imported:
    """Read an archive or a plain file, and the VecNormalize file that belongs to it.

    `told` is the record beside the file (see `read_record`); that of a plain file says its
    architecture. Raises Refused if the file is damaged, holds another algorithm or network, or was
    trained with other observations or actions than those of the body.
    """
    check_sum(path)
    read = _plain if holds_plain_weights(path) else _archive
    actors, critics, record = read(path, body, told or {})

    normalisation = None
    scaling: str | dict[str, Any] = (
        "none: no VecNormalize file was found, so the expert is taken as trained without one"
    )
    if vecnormalize is not None:
        check_sum(vecnormalize)
        normalisation = read_normalisation(vecnormalize, environment_facts(body).observations)
        file = Path(vecnormalize).name
        scaling = f"none: {file} scaled rewards and no observations"
    critics_note = "kept" if critics else record.pop("critics")
    if normalisation is not None:
        actors = fold_scaler(actors, normalisation.scaler)
        scaling = {"file": file, "folded_into": "linear1", "clip": normalisation.clip}
        if critics:
            critics_note = "untrained: those of the archive take normalised observations"
            critics = {}
    record = {
        "sha256": digest_of(path),
        **record,
        "hidden": [*actors.architecture.hidden],
        "architecture": asdict(actors.architecture),
        "normalisation": scaling,
        "critics": critics_note,
        "optimisers": "cold: the archive holds weights, no optimiser state and no replay buffer",
    }
    return Imported(actors, critics, normalisation, record)


def _archive(
    path: str | Path, body: Body, told: Mapping[str, Any]
) -> tuple[Actors, dict[str, Tensor], dict[str, Any]]:
    """Return actor, critics and facts of an archive of Stable-Baselines3."""
    members = read_members(path)
    data = fields_of(members, path)
    algorithm = _algorithm(data)
    if algorithm not in SUPPORTED:
        raise Refused(
            f"{path} holds {algorithm} where one of {', '.join(SUPPORTED)} is needed, whose actors "
            "this workflow clones; train the expert with one of them and policy MlpPolicy"
        )
    _refuse_other_observations(data, path)
    kwargs = mapping(data.get("policy_kwargs"))
    _refuse_another_extractor(kwargs, path)
    policy = read_tensors(members["policy.pth"], path)
    facts = environment_facts(body)
    epsilon = kwargs.get("batch_norm_eps", BATCH_NORM_EPSILON)
    if type(epsilon) not in (int, float) or not epsilon > 0:
        raise Refused(f"{path} was trained with batch_norm_eps={epsilon!r}, which is no number")
    actors = actor_from(policy, path, body, told_activation(data, path), epsilon)
    _refuse_other_bounds(mapping(data.get("action_space")), facts, path, body.name)
    of_sac = actors.architecture.spread == "state" and algorithm != "CrossQ"
    critics = _critics(policy, facts.sizes) if of_sac else {}
    version = members.get("_stable_baselines3_version", b"").decode("ascii", "replace").strip()
    if not re.fullmatch(r"[\w.+!-]{0,40}", version, re.ASCII):
        raise Refused(f"{path} holds {version!r:.60} as its version of Stable-Baselines3")
    record = {
        "layout": algorithm,
        "stable_baselines3": version or None,
        "steps": _count(data, "num_timesteps", path),
        "seed": _count(data, "seed", path),
        "critics": f"untrained: those of the archive ({algorithm}) are not SAC's",
    }
    return actors, critics, record


def _plain(
    path: str | Path, body: Body, told: Mapping[str, Any]
) -> tuple[Actors, dict[str, Tensor], dict[str, Any]]:
    """Return actor, critics (none) and facts of a plain file."""
    actors = read_plain(path, body, told.get("architecture"))
    record = {"layout": "plain file", "critics": "untrained: a plain file holds none"}
    return actors, {}, record


def check_sum(path: str | Path) -> None:
    """Raise Refused if `<name>.sha256` beside a file tells another SHA-256 than the file has.

    `sha256sum NAME > NAME.sha256` writes it, and many sites offer it beside a download.
    """
    beside = Path(f"{path}.sha256")
    if not beside.is_file():
        return
    with refusing_damage(beside, "checksum file", "write it again, or remove it"):
        (told, *_) = read_text(beside).split()
    if told.lower() != digest_of(path):
        raise Refused(
            f"{path} is not the file whose SHA-256 {beside.name} tells; copy or download it again"
        )


def read_record(path: str | Path | None) -> dict[str, Any]:
    """Return the content of the JSON file beside an archive, which says how it was made.

    Raises Refused if the file is damaged or holds no JSON object.
    """
    if path is None:
        return {"made_by": "unknown"}
    with refusing_damage(path, "JSON file", "mend or remove it"):
        record = read_object(path)
    for name in ("algorithm", "environment"):
        if not isinstance(record.get(name, ""), str):
            raise Refused(
                f"{path} says its {name} by something else than a text; mend or remove it"
            )
    if not isinstance(record.get("selected_step", 0), int):
        raise Refused(
            f"{path} says its selected_step by something else than a number; mend or remove it"
        )
    return {name: value for name, value in record.items() if name != RECORD}


def trial(imported: Imported, body: Body, threads: int = 1) -> dict[str, Any]:
    """Walk `EPISODES` episodes with the mean action; return and log the evaluation.

    A folded normalisation does not clip, because no layer of an actor could. The record
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


def _count(data: Mapping[str, Any], name: str, path: str | Path) -> int | None:
    """Return a field that counts, or None if it is something else; refuse what is no count."""
    value = data.get(name)
    if isinstance(value, float) or (type(value) is int and not 0 <= value < 2**63):
        raise Refused(f"{path} holds {value!r:.40} as {name}; save the model again")
    return value if type(value) is int else None


def _algorithm(data: Mapping[str, Any]) -> str:
    """Return the algorithm of an archive, by fields that only it has or by its policy's module."""
    module = str(mapping(data.get("policy_class")).get("__module__", "unknown"))
    if module.split(".")[0] not in _OWNERS or not module.count("."):
        return f"a policy class of the module {module!r}"
    if "recurrent" in module or "maskable" in module:
        return "RecurrentPPO" if "recurrent" in module else "MaskablePPO"
    for name, field in (("PPO", "clip_range"), ("TRPO", "cg_max_steps"), ("A2C", "gae_lambda")):
        if field in data:
            return name
    if "target_policy_noise" in data:
        # DDPG is TD3 without its smoothing.
        return "TD3" if data.get("target_noise_clip") else "DDPG"
    name = module.split(".")[-2].upper()
    return "CrossQ" if name == "CROSSQ" else name


def _refuse_another_extractor(kwargs: Mapping[str, Any], path: str | Path) -> None:
    told = kwargs.get("features_extractor_class", _FLATTEN)
    if told != _FLATTEN:
        raise Refused(
            f"{path} was trained with features_extractor_class={_class_name(told)} where "
            "FlattenExtractor, the default, is needed; train it without features_extractor_class"
        )


def _refuse_other_observations(data: Mapping[str, Any], path: str | Path) -> None:
    """Refuse observations in parts, because a body gives one array, in another order."""
    kind = str(mapping(data.get("observation_space")).get(":type:"))
    if ".Dict'" in kind or "MultiInput" in str(mapping(data.get("policy_class")).get("__init__")):
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
