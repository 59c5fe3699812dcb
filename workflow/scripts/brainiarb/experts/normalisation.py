"""VecNormalize files of Stable-Baselines3, read without unpickling: how observations were scaled.

Nothing that a file names is ever called, see `brainiarb.actors.kept`.
"""

import io
import itertools
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from brainiarb.actors.foreign import kind_of, kind_of_zip
from brainiarb.actors.kept import Kept, read_kept
from brainiarb.bounded import open_zip
from brainiarb.errors import REASON, Refused, one_line
from brainiarb.rollouts.scaler import Scaler

LARGEST = 2**22
"""The largest file that is read (bytes)."""
WIDEST = 1e9
"""The largest mean and standard deviation of an observation, in its own unit."""

_ADMITTED = {
    "stable_baselines3.common.vec_env.vec_normalize": {"VecNormalize"},
    "stable_baselines3.common.running_mean_std": {"RunningMeanStd"},
    "gym.spaces.box": {"Box"},
    "gymnasium.spaces.box": {"Box"},
    "gym.utils.seeding": {"RandomNumberGenerator._generator_ctor"},
    "numpy": {"dtype", "ndarray"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.random._pickle": {"__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"},
    "numpy.random._pcg64": {"PCG64"},
    "numpy.random._mt19937": {"MT19937"},
    "numpy.random.bit_generator": {"SeedSequence", "__pyx_unpickle_SeedSequence"},
}


class Normalisation(NamedTuple):
    """How a policy saw observations: standardised, then clipped to +-`clip`."""

    scaler: Scaler
    clip: float

    def clipped(self, observations: np.ndarray) -> np.ndarray:
        """Return a mask (n) of the observations (n, o) that the clip changes."""
        standardised = (observations - self.scaler.mean) / self.scaler.std
        return (np.abs(standardised) > self.clip).any(axis=1)


def read_normalisation(path: str | Path, observations: int) -> Normalisation | None:
    """Read how a VecNormalize scaled observations (o); return None if it scaled only rewards.

    Raises Refused if the file is damaged, if it is a file of another kind, if it names anything
    except numpy arrays and the known classes, or if it scaled another number of observations.
    """
    with open(path, "rb") as file:
        content = file.read(LARGEST + 1)
    try:
        if (kind := _another_kind(content)) is None:
            state = _state(content)
            if not state["norm_obs"]:
                return None
            statistics = state["obs_rms"].state
            mean, variance = _numbers(statistics["mean"]), _numbers(statistics["var"])
            clip, epsilon = (float(_numbers(state[name])[0]) for name in ("clip_obs", "epsilon"))
    except Exception as error:
        reason = one_line(str(error) or type(error).__name__, REASON)
        raise Refused(
            f"{path} is not the VecNormalize of one array of observations ({reason}); save it "
            "again with `VecNormalize.save`, or move it away if it belongs to no archive here"
        ) from error
    if kind is not None:
        raise Refused(f"{path} is not a VecNormalize file: {kind[0]}; {kind[1]}")
    if mean.shape != (observations,) or variance.shape != (observations,):
        raise Refused(
            f"{path} normalises {mean.size} observations where the actor takes {observations}; it "
            "belongs to another archive, so move it away"
        )
    with np.errstate(invalid="ignore"):
        scaler = Scaler(mean, np.sqrt(variance + epsilon))
    sizes = np.array([*np.abs(mean), *scaler.std])
    if not ((sizes <= WIDEST).all() and (scaler.std > 0).all() and 0 < epsilon < 1 and clip > 0):
        raise Refused(
            f"{path} holds a mean, a variance or a clip that cannot scale numbers; save it again"
        )
    return Normalisation(scaler, clip)


def _another_kind(content: bytes) -> tuple[str, str] | None:
    """Return what a file is that is no pickle, and what to do about it."""
    kind = kind_of(content)
    if kind is None and zipfile.is_zipfile(io.BytesIO(content)):
        with open_zip(content) as archive:
            found = kind_of_zip(archive.namelist())
        return found, "name the file that `VecNormalize.save` wrote"
    return kind


def _state(content: bytes) -> dict[str, Any]:
    """Return the attributes of a VecNormalize."""
    if len(content) > LARGEST:
        raise Refused(f"it has more than {LARGEST} bytes")
    kept = read_kept(content, _ADMITTED)
    if type(kept).__name__ != "VecNormalize" or not isinstance(kept, Kept):
        raise Refused(f"it holds a {type(kept).__name__}")
    if not isinstance(kept.state, dict) or not isinstance(kept.state["norm_obs"], bool):
        raise Refused("it does not say whether it scaled observations")
    return kept.state


def _numbers(value: Any) -> np.ndarray:
    """Return the numbers (n) float64 of a kept array or of a plain number."""
    if type(value) in (int, float):
        return np.array([value], np.float64)
    if not isinstance(value, Kept):
        raise Refused(f"it holds a {type(value).__name__} where numbers are expected")
    if type(value).__name__ == "_reconstruct":
        _, shape, dtype, _, raw = value.state
    elif type(value).__name__ == "_frombuffer":
        raw, dtype, shape, _ = value.arguments
    else:
        (dtype, raw), shape = value.arguments, (1,)
    order, kind = dtype.state[1], dtype.arguments[0]
    if (kind, order) not in itertools.product(("f4", "f8"), ("<", ">")):
        raise Refused("its numbers are of another type than f4 or f8")
    values = np.frombuffer(raw, order + kind)
    if shape != (len(values),):
        raise Refused(f"its numbers are no row of {len(values)}")
    return values.astype(np.float64)
