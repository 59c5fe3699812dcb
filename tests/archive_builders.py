"""Archives of Stable-Baselines3 with any content, for the tests of their readers."""

import io
import json
import pathlib
import zipfile

import numpy as np
import pytest
import torch

from brainiarb.actors.actors import mean_action
from brainiarb.errors import Refused


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
