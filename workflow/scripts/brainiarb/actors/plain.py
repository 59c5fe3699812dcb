"""Plain files of an actor, which any framework can write: named arrays and a small JSON.

The arrays are a `.npz` of NumPy or a `.safetensors`. Weights are (out, in), as torch has them:

| name                                          | shape  | needed                                |
|-----------------------------------------------|--------|---------------------------------------|
| `linear1.weight`, `linear1.bias`, `linear2`...| (h, i) | each hidden layer                     |
| `mean_linear.weight`, `mean_linear.bias`      | (a, h) | the mean of the actions               |
| `log_std_linear.weight`, `.bias`              | (a, h) | for a spread that depends on the state|
| `log_std`                                     | (a)    | for a spread that is constant         |
| `norm1.weight`, `norm1.bias`, ...             | (h)    | for a layer norm                      |
| `observation_mean`, `observation_std`         | (o)    | if observations were standardised     |

An `.onnx` file holds the architecture too, see `onnx_file`. Otherwise, the JSON is the object
`architecture` in the JSON file beside the arrays, such as
`{"architecture": {"hidden": [256, 256], "activation": "Tanh", "bound": "clip"}}`; see
`architecture.Architecture`. Actions of 1 and -1 are the ends of the range of an actuator. Nothing
is unpickled or executed, and a bounded number of bytes is read.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors, fold_scaler
from brainiarb.actors.architecture import Architecture, architecture_from
from brainiarb.actors.layouts import PARTS, checked
from brainiarb.actors.onnx_file import onnx_arrays
from brainiarb.bodies.body import Body
from brainiarb.bounded import open_zip, parsed_json, read_bytes, unpacked
from brainiarb.errors import Refused
from brainiarb.files import refusing_damage, whole
from brainiarb.rollouts.scaler import Scaler

LARGEST = 2**27
"""The most bytes that the arrays of a file may have."""
INSIDE = "architecture.json"
"""The member of a file of ours that holds the architecture."""
SUFFIXES = (".npz", ".safetensors", ".onnx")


def holds_plain_weights(path: str | Path) -> bool:
    """Return whether a file is a plain one, by its name or by its content."""
    if Path(path).suffix.lower() in SUFFIXES:
        return True
    if not zipfile.is_zipfile(path):
        return False
    with refusing_damage(path, "zip file", "copy or download it again"), open_zip(path) as file:
        return "linear1.weight.npy" in file.namelist()


def read_plain(path: str | Path, body: Body, fields: Mapping[str, Any] | None = None) -> Actors:
    """Read the actor of a plain file (K = 1).

    `fields` is the architecture that the JSON beside the file names; a file of ours holds its own.
    Raises Refused if the file is damaged, if arrays do not fit the architecture, or if it has other
    numbers of observations and actions than the body.
    """
    arrays, inside = _arrays(Path(path))
    told = inside if fields is None else fields
    if told is None:
        raise Refused(
            f"{path} tells no architecture; write "
            '{"architecture": {"hidden": [...], "activation": "..."}} into '
            f"{Path(path).with_suffix('.json').name} beside it"
        )
    try:
        architecture = architecture_from(told)
    except Refused as error:
        raise Refused(f"{path}: {error}") from error
    tensors = {name: torch.from_numpy(value).unsqueeze(0) for name, value in arrays.items()}
    mean, std = (arrays.pop(f"observation_{part}", None) for part in ("mean", "std"))
    _refuse_other_arrays(arrays, architecture, path)
    observations = len(arrays["linear1.weight"].T)
    layers = {name: value for name, value in tensors.items() if name in arrays}
    actors = checked(_with_norms(layers, architecture), architecture, path, body)
    if (mean is None) != (std is None):
        raise Refused(f"{path} holds one of observation_mean and observation_std without the other")
    if mean is None or std is None:
        return actors
    scaler = Scaler(mean.astype(np.float64), std.astype(np.float64))
    if any(part.shape != (observations,) or not np.isfinite(part).all() for part in scaler) or (
        not (scaler.std > 0).all()
    ):
        raise Refused(
            f"{path} holds an observation_mean or observation_std that cannot scale "
            f"{observations} observations"
        )
    return fold_scaler(actors, scaler)


def write_plain(path: str | Path, actors: Actors) -> None:
    """Write an actor (K = 1) as a `.npz` that holds its architecture too, the same bytes always."""
    names = {
        f"{part}_{name}": f"{name.replace('linear', 'norm')}.{kind}"
        for part, kind in (("gain", "weight"), ("shift", "bias"))
        for name in actors.architecture.trunk
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for name, value in sorted(actors.state_dict().items()):
            content = io.BytesIO()
            np.lib.format.write_array(content, value[0].numpy(), allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{names.get(name, name)}.npy"), content.getvalue())
        file.writestr(zipfile.ZipInfo(INSIDE), actors.architecture.to_json())
    with whole(path) as temporary:
        temporary.write_bytes(written.getvalue())


def _refuse_other_arrays(
    arrays: Mapping[str, np.ndarray], architecture: Architecture, path: str | Path
) -> None:
    """Refuse arrays that the architecture does not have, lacks, or has in other widths."""
    needed = {f"{name}.{part}" for name in architecture.layers for part in PARTS}
    if architecture.spread == "constant":
        needed.add("log_std")
    norms = {f"norm{n}.{part}" for n, _ in enumerate(architecture.hidden, 1) for part in PARTS}
    optional = norms if architecture.norm != "none" else set()
    lacking, further = needed - set(arrays), set(arrays) - needed - optional
    if lacking or further:
        told = [f"lacks {', '.join(sorted(lacking))}"] * bool(lacking)
        told += [f"has {', '.join(sorted(further))} besides"] * bool(further)
        raise Refused(
            f"{path} {' and '.join(told)}; its architecture is {architecture.to_json()}, so give "
            "the arrays or the architecture other names"
        )
    widths = tuple(arrays[f"{name}.bias"].size for name in architecture.trunk)
    if widths != architecture.hidden:
        raise Refused(
            f"{path} holds hidden layers of {list(widths)} units where its architecture says "
            f"{list(architecture.hidden)}"
        )


def _with_norms(tensors: dict[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return the tensors with the gains and shifts of layer norms where `Actors` has them.

    After the non-linearity, the next layer takes them up: W (g x + s) + b is (W g) x + (b + W s).
    """
    plain = {name: value for name, value in tensors.items() if not name.startswith("norm")}
    following = [*architecture.trunk[1:], None]
    for number, (name, reader) in enumerate(zip(architecture.trunk, following, strict=True), 1):
        bias = plain[f"{name}.bias"]
        gain = tensors.get(f"norm{number}.weight", torch.ones_like(bias))
        shift = tensors.get(f"norm{number}.bias", torch.zeros_like(bias))
        if architecture.norm == "before":
            plain[f"gain_{name}"], plain[f"shift_{name}"] = gain, shift
        elif architecture.norm == "after":
            for layer in [reader] if reader else architecture.heads:
                weight = plain[f"{layer}.weight"].double()
                shifted = plain[f"{layer}.bias"].double() + weight[0] @ shift[0].double()
                plain[f"{layer}.weight"] = (weight * gain.double()).float()
                plain[f"{layer}.bias"] = shifted.float()
    return plain


def _arrays(path: Path) -> tuple[dict[str, np.ndarray], Any]:
    """Return the arrays of a file, float32, and the architecture that it holds itself, if any."""
    advice = "save it again by `numpy.savez`, safetensors' `save_file` or to ONNX"
    with refusing_damage(path, "file of plain arrays", advice):
        if path.suffix.lower() == ".safetensors":
            return _safetensors(read_bytes(path, LARGEST)), None
        if path.suffix.lower() == ".onnx":
            arrays, fields = onnx_arrays(read_bytes(path, LARGEST))
            return {name: _numbers(value) for name, value in arrays.items()}, fields
        with open_zip(path) as file:
            infos = file.infolist()
            names = [info.filename for info in infos]
            if sum(info.file_size for info in infos) > LARGEST:
                raise Refused(f"it holds more than {LARGEST} bytes")
            if len(set(names)) < len(names):
                raise Refused("it holds two members of one name")
            contents = {info.filename: unpacked(file, info, LARGEST) for info in infos}
        inside = parsed_json(contents.pop(INSIDE), strict=True) if INSIDE in contents else None
        arrays = {name.removesuffix(".npy"): _array(value) for name, value in contents.items()}
        return arrays, inside


def _safetensors(content: bytes) -> dict[str, np.ndarray]:
    from safetensors.numpy import load

    return {name: _numbers(value) for name, value in load(content).items()}


def _array(content: bytes) -> np.ndarray:
    """Return the array of a `.npy`, whose header claims no more than it holds."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise Refused("its header is of a version that no plain array needs")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject:
        raise Refused("it holds objects, which are not read")
    values = np.frombuffer(content[file.tell() :], dtype)
    if any(length < 0 for length in shape):
        raise Refused(f"it has the shape {shape}")
    return _numbers(values.reshape(shape, order="F" if fortran else "C"))


def _numbers(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "fiu":
        raise Refused(f"it holds values of type {values.dtype}, where numbers are expected")
    return np.array(values, np.float32)
