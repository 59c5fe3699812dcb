"""State dicts: read as torch reads them, and refused before anything is allocated or called."""

import io
import pickle
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest
import torch

from archive_builders import Trap, torch_bytes
from brainiarb.actors.kept import read_kept
from brainiarb.actors.state_dicts import read_state_dict
from brainiarb.errors import Refused

TORCH = torch.Generator().manual_seed(0)
TENSORS = {
    "weight": torch.randn(4, 3, generator=TORCH),
    "transposed": torch.randn(4, 3, generator=TORCH).T,
    "part": torch.randn(40, generator=TORCH)[5:30:3],
    "parameter": torch.nn.Parameter(torch.randn(5, generator=TORCH)),
    "double": torch.randn(5, generator=TORCH).double(),
    "half": torch.randn(5, generator=TORCH).half(),
    "bfloat": torch.randn(5, generator=TORCH).bfloat16(),
    "steps": torch.tensor(12345),
    "flags": torch.tensor([True, False]),
    "empty": torch.zeros(0, 3),
}


def test_every_kind_of_tensor_is_read_as_torch_reads_it():
    shared = {**TENSORS, "again": TENSORS["weight"][1:]}
    found = read_state_dict(torch_bytes(OrderedDict(shared)))
    assert list(found) == list(shared)
    for name, value in shared.items():
        np.testing.assert_array_equal(found[name], value.detach().float().numpy(), name)


def test_a_state_dict_of_a_module_is_read_with_its_attributes():
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    found = read_state_dict(torch_bytes(network.state_dict()))
    assert found.keys() == network.state_dict().keys()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": bytearray(9)}, "names __builtin__.bytearray"),
        ({"a": torch.zeros(1).expand(10**9)}, "more numbers than the file"),
        ({"a": torch.device("cpu")}, "names torch.device"),
        ({"a": [1, 2]}, "more than tensors"),
        ({1: torch.zeros(1)}, "no state dict"),
        ([torch.zeros(1)], "no state dict"),
        ({"a": torch.zeros(1, dtype=torch.complex64)}, "names torch.ComplexFloatStorage"),
    ],
)
def test_what_is_no_tensor_is_refused(value, said):
    with pytest.raises(Refused, match=said):
        read_state_dict(torch_bytes(value))


# ---- pickles

ALLOCATES = b"\x80\x04cbuiltins\nbytearray\n\x8a\x05\x00(k\xee\x00\x85R."


def doubled(levels):
    """A pickle of a tuple that holds one tuple twice, which holds one tuple twice, and so on."""
    steps = [b"\x80\x04K\x01\x85q\x00"]
    steps += [b"h%ch%c\x86q%c" % (level, level, level + 1) for level in range(levels)]
    return b"".join(steps)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ALLOCATES, "names builtins.bytearray"),
        (doubled(40) + b".", "more than 1,000,000 parts"),
        (b"\x80\x04}" + doubled(40)[2:] + b"K\x01s.", "more than 1,000,000 parts"),
        (b"\x80\x04Nr\xff\xff\xff\xff.", "numbers more objects than it has"),
        (b"\x80\x04" + b"N" * 300_000 + b".", "more than 200,000 steps"),
        (b"\x80\x05\x96" + (10**12).to_bytes(8, "little") + b"a.", "."),
        (b"\x80\x04N.N.", "bytes follow its end"),
        (b"\x80\x04N2.", "step DUP is not needed"),
        (b"\x80\x04K\x01Q.", "refers to data outside"),
    ],
)
def test_a_pickle_that_would_take_much_is_refused_before_it_does(content, said):
    tracemalloc.start()
    with pytest.raises(Exception, match=said):
        read_kept(content, {})
    assert tracemalloc.get_traced_memory()[1] < 10**8
    tracemalloc.stop()


def test_nothing_that_a_pickle_names_is_called(marker):
    with pytest.raises(Refused, match=r"names pathlib\.\w+"):
        read_kept(pickle.dumps([Trap(marker)]), {"builtins": {"getattr"}})


def test_what_is_admitted_keeps_its_arguments_its_state_and_its_items():
    written = io.BytesIO()
    pickle.dump(OrderedDict(a=1), written)
    kept = read_kept(written.getvalue(), {"collections": {"OrderedDict"}})
    assert type(kept).__name__ == "OrderedDict"
    assert kept.items == {"a": 1}
