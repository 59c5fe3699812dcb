"""The readers that are fuzzed, each with a small valid file."""

import json
import pickle
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import yaml

from brainiarb import records
from brainiarb.activity.activations import open_activations
from brainiarb.actors.actors import Actors, read_actors, untrained, write_actors
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.archives import read_expert, write_archive
from brainiarb.actors.stored import read_stored
from brainiarb.bodies.registry import get_body
from brainiarb.config_files import fault_of
from brainiarb.datasets.foreign import read_dataset
from brainiarb.errors import Refused
from brainiarb.experts.curves import read_curve
from brainiarb.experts.importing import import_archive, read_record
from brainiarb.experts.normalisation import read_normalisation
from brainiarb.files import (
    read_csv,
    read_json,
    read_npz,
    whole,
    write_csv,
    write_json,
    write_npz,
)
from conftest import ROOT
from fuzzing import Reader
from onnx_bytes import model, node, tensor

SHIPPED = ROOT / "workflow/resources/checkpoints/walker2d"
OBSERVATIONS, HIDDEN = 17, 4
BODY = get_body("walker2d")
TOLD = {"architecture": {"hidden": [HIDDEN], "activation": "Tanh", "spread": "none"}}


def _arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"linear1": (HIDDEN, OBSERVATIONS), "mean_linear": (6, HIDDEN)}
    named = {f"{name}.weight": rng.normal(size=shape) for name, shape in shapes.items()}
    named |= {f"{name}.bias": rng.normal(size=shape[0]) for name, shape in shapes.items()}
    return {name: value.astype(np.float32) for name, value in named.items()}


def _same(actors: Actors) -> tuple[Any, ...]:
    values = {name: value.numpy().tobytes() for name, value in actors.state_dict().items()}
    return actors.architecture, values


def _imported(path: Path) -> Any:
    imported = import_archive(path, BODY, told=TOLD)
    record = {name: value for name, value in imported.record.items() if name != "sha256"}
    critics = {name: value.numpy().tobytes() for name, value in imported.critics.items()}
    return _same(imported.actors), critics, record


def _normalisation(path: Path) -> Any:
    read = read_normalisation(path, OBSERVATIONS)
    return None if read is None else (*(part.tobytes() for part in read.scaler), read.clip)


def _archive(folder: Path) -> Path:
    from stable_baselines3 import SAC

    kwargs = {"net_arch": [HIDDEN, HIDDEN]}
    model = SAC("MlpPolicy", "Walker2d-v5", buffer_size=1, seed=3, policy_kwargs=kwargs)
    model.save(folder / "expert.zip", exclude=["policy.optimizer"])
    return folder / "expert.zip"


def _vecnormalize(folder: Path) -> Path:
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    envs = VecNormalize(make_vec_env("Walker2d-v5", 1, seed=1))
    rng = np.random.default_rng(4)
    envs.obs_rms.mean, envs.obs_rms.var = rng.normal(size=17), rng.uniform(0.1, 9, 17)
    (folder / "vecnormalize.pkl").write_bytes(pickle.dumps(envs))
    return folder / "vecnormalize.pkl"


def _onnx(folder: Path) -> Path:
    nodes = [
        node("Gemm", ["x", "linear1.weight", "linear1.bias"], ["h"], transB=1),
        node("Tanh", ["h"], ["t"]),
        node("Gemm", ["t", "mean_linear.weight", "mean_linear.bias"], ["y"], transB=1),
    ]
    tensors = [tensor(name, value) for name, value in _arrays().items()]
    (folder / "expert.onnx").write_bytes(model(nodes, tensors))
    return folder / "expert.onnx"


def _dataset(folder: Path, kind: str) -> Path:
    rng = np.random.default_rng(2)
    arrays = {
        "observations": rng.normal(size=(20, OBSERVATIONS)).astype(np.float32),
        "next_observations": rng.normal(size=(20, OBSERVATIONS)).astype(np.float32),
        "actions": rng.uniform(-1, 1, (20, 6)).astype(np.float32),
        "rewards": rng.normal(size=20),
        "terminals": np.arange(20) == 7,
        "timeouts": np.arange(20) == 19,
    }
    path = folder / f"data.{kind}"
    if kind == "npz":
        np.savez(path, **arrays)
        return path
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return path


def _read_dataset(path: Path) -> Any:
    data = read_dataset(path, BODY)
    return [None if part is None else part.tobytes() for part in vars(data).values()]


def foreign_readers(folder: Path) -> list[Reader]:
    """Return the readers of foreign files; their valid files are written into a folder."""
    from safetensors.numpy import save_file

    np.savez(folder / "expert.npz", **_arrays())
    save_file(_arrays(), folder / "expert.safetensors")
    (folder / "expert.json").write_bytes((SHIPPED / "crossq_0.json").read_bytes())
    (folder / "expert.csv").write_bytes((SHIPPED / "crossq_0.csv").read_bytes())
    (folder / "config.yaml").write_bytes((ROOT / "config/quick.yaml").read_bytes())
    return [
        Reader("archive of SB3", _archive(folder), _imported, checksum=True, repack=True),
        Reader("plain npz", folder / "expert.npz", _imported, checksum=True, repack=True),
        Reader("safetensors", folder / "expert.safetensors", _imported, checksum=False),
        Reader("ONNX", _onnx(folder), _imported, checksum=False),
        Reader("VecNormalize", _vecnormalize(folder), _normalisation, checksum=False),
        Reader("data set npz", _dataset(folder, "npz"), _read_dataset, checksum=True, repack=True),
        Reader("data set HDF5", _dataset(folder, "hdf5"), _read_dataset, checksum=False),
        Reader("record", folder / "expert.json", read_record, checksum=False),
        Reader("curve", folder / "expert.csv", _curve, checksum=False),
        Reader("config", folder / "config.yaml", _config, checksum=False),
    ]


def _written(folder: Path) -> dict[str, Callable[[Path], Any]]:
    """Write a result of each format and return what reads it, by the name of the file."""
    small = Architecture(hidden=(HIDDEN, HIDDEN))
    actors = untrained((OBSERVATIONS, 6), [0, 1], architecture=small)
    rng = np.random.default_rng(1)
    write_npz(folder / "rollouts.npz", {"qpos": rng.normal(size=(40, 9)), "body": "walker2d"})
    write_actors(folder / "bc_40.pt", actors, {"level": 40})
    write_csv(folder / "returns.csv", pd.DataFrame({"clone": [0, 1], "return": [5000, 1 / 3]}))
    write_json(folder / "checkpoint.json", {"algorithm": "sac", "seed": 3})
    write_archive(folder / "checkpoint.zip", actors, 0, BODY)
    with whole(folder / "bc_40.h5") as temporary, h5py.File(temporary, "w") as file:
        file["common/observations"] = rng.normal(size=(20, OBSERVATIONS))
    return {
        "rollouts.npz": lambda path: _bytes(read_npz(path)),
        "bc_40.pt": lambda path: (
            _same(read_actors(path)[0]),
            _bytes(read_stored(path)[0].weights),
        ),
        "returns.csv": lambda path: read_csv(path).to_csv(),
        "checkpoint.json": read_json,
        "checkpoint.zip": lambda path: _same(read_expert(path, BODY)),
        "bc_40.h5": lambda path: open_activations(path)["common/observations"][()].tobytes(),
    }


def _bytes(arrays: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    return {name: values.tobytes() for name, values in arrays.items()}


def own_readers(folder: Path) -> list[Reader]:
    """Return the readers of results, which read within a job as in a study."""
    making = partial(records.making, records.Making(folder / "walker2d", "train_clones"))

    def within(read: Callable[[Path], Any], path: Path) -> Any:
        with making():
            return read(path)

    results = folder / "walker2d" / "crossq_0"
    with making():
        results.mkdir(parents=True)
        readers = _written(results)
    return [
        Reader(f"result {name}", results / name, partial(within, read), checksum=True)
        for name, read in readers.items()
    ]


def all_readers(folder: Path) -> list[Reader]:
    """Return the readers of foreign files and of results, each with a valid file in a folder."""
    return [*foreign_readers(folder), *own_readers(folder)]


def _config(path: Path) -> Any:
    if fault := fault_of(path):
        raise Refused(fault)
    try:
        return repr(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader))
    except yaml.YAMLError as error:  # such as a mapping as a key, which Snakemake refuses
        raise Refused(f"{path}: {error}") from error


def _curve(path: Path) -> str:
    table: pd.DataFrame = read_curve(path)
    return json.dumps(table.to_dict("list"))
