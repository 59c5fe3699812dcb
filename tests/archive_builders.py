"""Archives of Stable-Baselines3 with any content, for the tests of their readers."""

import io
import json
import pathlib
import re
import zipfile

import numpy as np
import pytest
import torch

from brainiarb.actors.actors import Actors, mean_action
from brainiarb.errors import Refused
from conftest import ROOT


class Trap:
    """An object whose pickle makes a file when it is read."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return pathlib.Path.touch, (self.marker,)


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def torch_bytes(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def doctored(archive, tmp_path, fields=None, weights=None, **members):
    """Write a copy of an archive with other fields, other weights or other members."""
    content = members_of(archive)
    content["data"] = json.dumps({**json.loads(content["data"]), **(fields or {})}).encode()
    if weights:
        policy = torch.load(io.BytesIO(content["policy.pth"]), weights_only=True)
        content["policy.pth"] = torch_bytes({**policy, **weights(policy)})
    return pack(tmp_path / "doctored.zip", {**content, **members})


def documented(heading):
    """Return the code that follows words of the page about experts of one's own."""
    page = (ROOT / "docs" / "own_experts.md").read_text(encoding="utf-8")
    return re.search(rf"{heading}.*?```python\n(.*?)```", page, re.DOTALL)[1]


def same_actor(actors, model, observations, normalise=np.asarray):
    expected, _ = model.predict(normalise(observations), deterministic=True)
    np.testing.assert_allclose(mean_action(actors)(observations), expected, atol=1e-5)


def assert_refused(read, path, *words):
    """Assert that `read` refuses a file, in one sentence and with no new file beside it."""
    before = set(path.parent.rglob("*"))
    with pytest.raises(Refused, match=".*".join(words)) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert set(path.parent.rglob("*")) == before


def spring_actor(stiffness, damping):
    """Return an actor of Walker2d that holds its joints by springs and dampers.

    Stiff ones stand still for 1,000 steps, soft ones (0.5, 0.1) fall after about 300.
    """
    signals = np.concatenate([np.eye(17)[2:8], np.eye(17)[11:17]])
    # The ReLU of a signal and of its negative are together the signal.
    both = np.concatenate([signals, -signals])
    joints, speeds = -stiffness * np.eye(6), -damping * np.eye(6)
    head = np.hstack([joints, speeds, -joints, -speeds])
    zeros = np.zeros((6, 24))
    weights = {
        "linear1": both, "linear2": np.eye(24), "mean_linear": head, "log_std_linear": zeros,
    }  # fmt: skip
    tensors = {f"{name}.weight": torch.tensor(w[None]).float() for name, w in weights.items()}
    biases = {f"{name}.bias": torch.zeros(1, len(w)) for name, w in weights.items()}
    return Actors({**tensors, **biases})
