"""Stitching: put a clone's hidden layer into the expert by an affine map, and walk with the result.

If the values of the expert's layer are an affine function of those of the clone's layer, the
expert's remaining layers act on the mapped layer as on their own (model stitching: Lenc and Vedaldi
2015, Bansal et al. 2021). The map is fitted to the expert's layer by least squares (direct
matching, Balogh and Jelasity 2024) and never to the task, because a map that is trained for return
could learn to walk by itself. Layers are matched as the next layer reads them. The affine map and
the linear layer behind it are one affine map, so a stitched network is an actor too, if both
networks have one non-linearity and no norm; others are not put together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from brainiarb.activity.stimuli import Stimuli, sample_states
from brainiarb.actors.actors import Actors, mean_action, stack_actors
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.layouts import PARTS
from brainiarb.bodies.body import Body
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import RETURN_STEPS, steps_into_episode
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import episode_returns
from brainiarb.similarity.acting import r2
from brainiarb.statistics.measures import measures_table, qualified

WITHOUT_RETURN = "reward", "undefined: the network has another non-linearity than the expert"
WITHOUT_SHARE = "1", "undefined: one episode"
"""The unit of a stitched return and of a share of variance, and why there is no value."""

RIDGE = 1e-6  # penalty in variances of a unit: it makes the weights of equal units unique


class AffineMap(NamedTuple):
    """The map x -> weight x + bias, with weight (q, p) and bias (q) in float64."""

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Map rows (n, p) to (n, q)."""
        return x @ self.weight.T + self.bias


def fit_affine(x: np.ndarray, y: np.ndarray, ridge: float = RIDGE) -> AffineMap:
    """Return the affine map from (n, p) to (n, q) of least squared error, by ridge regression.

    Columns of x are scaled to unit variance first. So the fit does not depend on the scale of the
    units, which can change without a change of the network's function. A column without variance
    gets weight 0. Expects at least one row; costs n p (p + q) + p^3 operations.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    middle, varies = x.mean(axis=0), np.ptp(x, axis=0) > 0
    deviation = x[:, varies].std(axis=0)
    scaled = (x[:, varies] - middle[varies]) / deviation
    correlation = scaled.T @ scaled / len(x) + ridge * np.eye(varies.sum())
    slopes = np.linalg.solve(correlation, scaled.T @ (y - y.mean(axis=0)) / len(x))
    weight = np.zeros((y.shape[1], x.shape[1]))
    weight[:, varies] = slopes.T / deviation
    return AffineMap(weight, y.mean(axis=0) - weight @ middle)


def matched_states(rollouts: Rollouts, rows: int) -> Stimuli:
    """Choose at most `rows` states of the steps that returns count, evenly from all episodes.

    The start of the episodes is included, although analyses of steady walking leave it out: a
    stitched network has to get through it.
    """
    counted = steps_into_episode(rollouts["episode_ids"]) < RETURN_STEPS
    early = {name: rollouts[name][counted] for name in ("observations", "episode_ids", "clone_ids")}
    return sample_states(early | {"sampling_rate": rollouts["sampling_rate"]}, rows, transient=0)


def stitched_layers(below: Architecture, expert: Architecture) -> dict[str, tuple[str, ...]]:
    """Return each layer that is replaced, with the layers of the expert that read it.

    Layer i of one network takes the place of layer i of the other, as far as both have it.
    """
    readers = [*((name,) for name in expert.trunk[1:]), expert.heads]
    return dict(zip(expert.trunk[: len(below.trunk)], readers, strict=False))


def fit_together(below: Architecture, expert: Architecture) -> bool:
    """Return whether layers of one network and of the other are one actor."""
    return below.activation == expert.activation and {below.norm, expert.norm} == {"none"}


def fit_maps(
    below: Actors, expert: Actors, matched: Stimuli
) -> dict[str, list[tuple[AffineMap, float]]]:
    """Return each network's map to the expert's layer, and the share of variance that it explains.

    The result has a list for each of `stitched_layers`, with an entry for each network. Maps are
    fitted to every second episode of the states; the share is that of the other episodes, nan if
    there are none.
    """
    _, episode = np.unique(matched.episode_ids, return_inverse=True)
    fitting = episode % 2 == 0
    reference = expert.respond(matched.observations)
    fitted: dict[str, list[tuple[AffineMap, float]]] = {
        layer: [] for layer in stitched_layers(below.architecture, expert.architecture)
    }
    for k in range(len(below)):
        layers = below.only(k).respond(matched.observations)
        for layer, maps in fitted.items():
            x, y = (
                actors.architecture.read(layer, values[layer][0])
                for actors, values in ((below, layers), (expert, reference))
            )
            affine = fit_affine(x[fitting], y[fitting])
            maps.append((affine, r2(y[~fitting], affine(x[~fitting]))))
    return fitted


@torch.no_grad()
def stitch(below: Actors, expert: Actors, layer: str, maps: Sequence[AffineMap]) -> Actors:
    """Return K actors: K networks up to `layer`, K maps, and the expert's rest."""
    lower = below.architecture.trunk[: below.architecture.trunk.index(layer) + 1]
    tensors = {
        name: value
        for name, value in below.state_dict().items()
        if name.rpartition(".")[0] in lower
    }
    readers = stitched_layers(below.architecture, expert.architecture)[layer]
    weights = torch.from_numpy(np.stack([fitted.weight for fitted in maps]))
    biases = torch.from_numpy(np.stack([fitted.bias for fitted in maps]))
    upper = expert.architecture.layers
    for name in upper[upper.index(layer) + 1 :]:
        weight, bias = (expert.get_parameter(f"{name}.{part}").double() for part in PARTS)
        if name in readers:
            weight, bias = weight @ weights, bias + biases @ weight[0].T
        tensors[f"{name}.weight"] = weight.expand(len(maps), -1, -1).float()
        tensors[f"{name}.bias"] = bias.expand(len(maps), -1).float()
    if expert.architecture.spread == "constant":
        tensors["log_std"] = expert.get_parameter("log_std").expand(len(maps), -1)
    return expert.like({name: value.clone() for name, value in tensors.items()})


def walk_stitched(
    body: Body,
    expert: Actors,
    below: Actors,
    matched: Stimuli,
    *,
    episodes: int,
    seed: int,
    threads: int = 1,
    progress: str | None = None,
) -> dict[str, list[float]]:
    """Put each of K networks into the expert, layer by layer, and walk with it.

    Returns K values of each measure: `stitched_return_<layer>`, the mean return of `episodes`
    episodes, which start like those of `record_episodes` with this seed; and `stitched_r2_<layer>`,
    the share of `fit_maps`. The returns are nan where the layers do not fit together.
    """
    fits = fit_maps(below, expert, matched)
    shares = {f"stitched_r2_{layer}": [share for _, share in maps] for layer, maps in fits.items()}
    if not fit_together(below.architecture, expert.architecture):
        nothing = [np.nan] * len(below)
        return {f"stitched_return_{layer}": nothing for layer in fits} | shares
    actors = stack_actors(
        [
            stitch(below, expert, layer, [affine for affine, _ in maps])
            for layer, maps in fits.items()
        ]
    )
    rollouts = record_episodes(
        body,
        mean_action(actors),
        agents=len(actors),
        episodes=episodes,
        steps=RETURN_STEPS,
        seed=seed,
        mode="mean",
        threads=threads,
        progress=progress,
    )
    means = episode_returns(rollouts).groupby("clone")["return"].mean().to_numpy()
    by_layer = zip(fits.items(), np.split(means, len(fits)), strict=True)
    measured: dict[str, list[float]] = {}
    for (layer, maps), returns in by_layer:
        measured[f"stitched_return_{layer}"] = returns.tolist()
        measured[f"stitched_r2_{layer}"] = [share for _, share in maps]
    return measured


def tabulate_stitched(
    measured: dict[str, list[float]],
    expert: str,
    level: int,
    clones: Sequence[int],
    prefix: str = "",
) -> pd.DataFrame:
    """Tabulate the values that `walk_stitched` returned for some clones of an expert.

    `prefix` comes before the names of the measures. Columns: see `statistics.measures`.
    """
    return measures_table(
        (expert, level, clone, f"{prefix}{name}",
         qualified(
             unit,
             value,
             absent=absent if np.isnan(value) else "",
         ))
        for name, values in measured.items()
        for unit, absent in [WITHOUT_RETURN if "_return_" in name else WITHOUT_SHARE]
        for clone, value in zip(clones, values, strict=True)
    )  # fmt: skip
