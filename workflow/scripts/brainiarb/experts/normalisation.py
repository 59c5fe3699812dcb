"""VecNormalize files of Stable-Baselines3, read without unpickling: how observations were scaled.

A pickle names the functions and classes that its reader calls. Here an admitted name becomes a
class that only keeps its arguments, and any other name ends the reading. So nothing that a file
names is ever called.
"""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from brainiarb.actors.foreign import kind_of, kind_of_zip
from brainiarb.errors import Refused
from brainiarb.rollouts.scaler import Scaler

LARGEST = 2**22
"""The largest file that is read (bytes)."""

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


class _Kept:
    """The arguments and the state of an object in a pickle."""

    arguments: tuple[Any, ...] = ()
    state: Any = None

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[_Kept]:
        if name not in _ADMITTED.get(module, ()):
            raise Refused(f"it names {module}.{name}, which no VecNormalize needs")
        return type(name, (_Kept,), {})


def read_normalisation(path: str | Path, observations: int) -> Normalisation | None:
    """Read how a VecNormalize scaled observations (o); return None if it scaled only rewards.

    Raises Refused if the file is damaged, if it is a file of another kind, if it names anything
    except numpy arrays and the known classes, or if it scaled another number of observations.
    """
    content = Path(path).read_bytes()
    _refuse_other_kinds(content, path)
    try:
        if len(content) > LARGEST:
            raise Refused(f"it has {len(content)} bytes, more than {LARGEST}")
        kept = _Reader(io.BytesIO(content)).load()
        if type(kept).__name__ != "VecNormalize" or not isinstance(kept, _Kept):
            raise Refused(f"it holds a {type(kept).__name__}")
        state = kept.state
        if not state["norm_obs"]:
            return None
        statistics = state["obs_rms"].state
        mean, variance = _numbers(statistics["mean"]), _numbers(statistics["var"])
        clip, epsilon = (float(_numbers(state[name])[0]) for name in ("clip_obs", "epsilon"))
    except Exception as error:
        raise Refused(
            f"{path} is not the VecNormalize of one array of observations "
            f"({_first_line(error)}); save it again with `VecNormalize.save`, or move it away if "
            "it belongs to no archive here"
        ) from error
    if mean.shape != (observations,) or variance.shape != (observations,):
        raise Refused(
            f"{path} normalises {mean.size} observations where the actor takes {observations}; it "
            "belongs to another archive, so move it away"
        )
    with np.errstate(invalid="ignore"):
        scaler = Scaler(mean, np.sqrt(variance + epsilon))
    if not (np.isfinite([*mean, *scaler.std]).all() and (scaler.std > 0).all() and clip > 0):
        raise Refused(
            f"{path} holds a mean, a variance or a clip that cannot scale numbers; save it again"
        )
    return Normalisation(scaler, clip)


def _refuse_other_kinds(content: bytes, path: str | Path) -> None:
    """Refuse a file that is no pickle, and say what it is."""
    kind = kind_of(content)
    if kind is None and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = kind_of_zip(archive.namelist())
        kind = found, "name the file that `VecNormalize.save` wrote"
    if kind is not None:
        raise Refused(f"{path} is not a VecNormalize file: {kind[0]}; {kind[1]}")


def _first_line(error: Exception) -> str:
    first, *_ = str(error).splitlines() or [type(error).__name__]
    return first


def _numbers(value: Any) -> np.ndarray:
    """Return the numbers (n) float64 of a kept array or of a plain number."""
    if not isinstance(value, _Kept):
        return np.array([value], np.float64)
    if type(value).__name__ == "_reconstruct":
        _, shape, dtype, _, raw = value.state
    elif type(value).__name__ == "_frombuffer":
        raw, dtype, shape, _ = value.arguments
    else:
        (dtype, raw), shape = value.arguments, (1,)
    order, kind = dtype.state[1], dtype.arguments[0]
    if kind not in ("f4", "f8"):
        raise Refused(f"its numbers are of type {kind}, where f4 or f8 is expected")
    return np.frombuffer(raw, np.dtype(order + kind)).reshape(shape).astype(np.float64)
