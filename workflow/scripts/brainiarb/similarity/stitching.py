"""Stitching: put a clone's hidden layer into the expert by an affine map, and walk with the result.

If the values of the expert's layer are an affine function of those of the clone's layer, the
expert's remaining layers act on the mapped layer as on their own (model stitching: Lenc and Vedaldi
2015, Bansal et al. 2021). The map is fitted to the expert's layer by least squares (direct
matching, Balogh and Jelasity 2024) and never to the task, because a map that is trained for return
could learn to walk by itself. Layers are matched after their ReLU. The affine map and the linear
layer behind it are one affine map, so a stitched network is an actor of the same four layers.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from brainiarb.activity.activations import read_by_next
from brainiarb.activity.stimuli import Stimuli, sample_states
from brainiarb.actors.actors import Actors, mean_action, stack_actors
from brainiarb.actors.archives import PARTS
from brainiarb.actors.layers import LAYERS
from brainiarb.bodies.body import Body
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import RETURN_STEPS, steps_into_episode
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import episode_returns
from brainiarb.similarity.acting import r2
from brainiarb.statistics.measures import measures_table, qualified

STITCHED = {"linear1": ("linear2",), "linear2": ("mean_linear", "log_std_linear")}
"""Each layer that is replaced, with the layers of the expert that read it."""

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


def fit_maps(
    below: Actors, expert: Actors, matched: Stimuli
) -> dict[str, list[tuple[AffineMap, float]]]:
    """Return each network's map to the expert's layer, and the share of variance that it explains.

    The result has a list for each layer of `STITCHED`, with an entry for each network. Maps are
    fitted to every second episode of the states; the share is that of the other episodes, nan if
    there are none.
    """
    _, episode = np.unique(matched.episode_ids, return_inverse=True)
    fitting = episode % 2 == 0
    reference = expert.respond(matched.observations)
    fitted: dict[str, list[tuple[AffineMap, float]]] = {layer: [] for layer in STITCHED}
    for k in range(len(below)):
        layers = below.only(k).respond(matched.observations)
        for layer, maps in fitted.items():
            x, y = (read_by_next(layer, values[layer][0]) for values in (layers, reference))
            affine = fit_affine(x[fitting], y[fitting])
            maps.append((affine, r2(y[~fitting], affine(x[~fitting]))))
    return fitted


@torch.no_grad()
def stitch(below: Actors, expert: Actors, layer: str, maps: Sequence[AffineMap]) -> Actors:
    """Return K actors: K networks up to the ReLU of `layer`, K maps, and the expert's rest."""
    tensors = below.state_dict()
    weights = torch.from_numpy(np.stack([fitted.weight for fitted in maps]))
    biases = torch.from_numpy(np.stack([fitted.bias for fitted in maps]))
    for name in LAYERS[LAYERS.index(layer) + 1 :]:
        weight, bias = (expert.get_parameter(f"{name}.{part}").double() for part in PARTS)
        if name in STITCHED[layer]:
            weight, bias = weight @ weights, bias + biases @ weight[0].T
        tensors[f"{name}.weight"] = weight.expand(len(maps), -1, -1).float()
        tensors[f"{name}.bias"] = bias.expand(len(maps), -1).float()
    return Actors({name: value.clone() for name, value in tensors.items()})


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
    the share of `fit_maps`.
    """
    fits = fit_maps(below, expert, matched)
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
             "reward" if name.startswith("stitched_return") else "1",
             value,
             absent="undefined: one episode" if np.isnan(value) else "",
         ))
        for name, values in measured.items()
        for clone, value in zip(clones, values, strict=True)
    )  # fmt: skip
