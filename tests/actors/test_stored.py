"""Clones read without torch: the numbers that torch reads, and nothing of other pickles."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from archive_builders import Trap
from brainiarb.actors.actors import read_actors, untrained, write_actors
from brainiarb.actors.stored import read_stored
from brainiarb.errors import Refused
from brainiarb.files import whole
from conftest import ROOT


@pytest.fixture
def clones(tmp_path):
    path = tmp_path / "bc_0.pt"
    write_actors(path, untrained((17, 6), [1, 2, 3]).only(1), {"level": 0})
    return path


def test_stored_clones_are_those_that_torch_reads(clones):
    stored, metadata = read_stored(clones)
    content = torch.load(clones, weights_only=True)
    assert (len(stored), metadata) == (1, {"level": 0})
    assert content.pop("architecture") == stored.architecture.to_json()
    assert stored.arrays().keys() == content.keys() - {"metadata"}
    for name, values in stored.arrays().items():
        assert np.array_equal(values, content[name].numpy())


def test_reading_stored_clones_imports_no_torch(clones):
    program = (
        "import sys; from brainiarb.actors.stored import read_stored;"
        f"read_stored({str(clones)!r}); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT / "workflow/scripts", check=True)


def save(path, content):
    with whole(path) as temporary:
        torch.save(content, temporary)


def test_nothing_that_a_pickle_names_is_called(tmp_path, marker):
    save(tmp_path / "bad.pt", {"linear1.weight": Trap(marker)})
    with pytest.raises(Refused, match=r"names __builtin__\.getattr"):
        read_actors(tmp_path / "bad.pt")


def test_a_tensor_that_claims_more_numbers_than_the_file_holds_is_refused(tmp_path):
    save(tmp_path / "bad.pt", {"linear1.weight": torch.zeros(1).expand(10**9)})
    with pytest.raises(Refused, match=r"not a whole clones file .*more numbers than the file"):
        read_stored(tmp_path / "bad.pt")
