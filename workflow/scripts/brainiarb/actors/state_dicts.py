"""State dicts of torch, read without torch: `policy.pth` in an archive, and files of clones.

Torch's own reader allocates what a file claims. Here a file is read as what it is: a zip of numbers
and a pickle that says which numbers are which tensor. Every size is checked against the numbers
that are there, and nothing that the pickle names is called.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainiarb.actors.kept import Kept, read_kept
from brainiarb.bounded import open_zip, unpacked
from brainiarb.errors import Refused

_TYPES = {
    "FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "BFloat16Storage": "u2",
    "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1",
    "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
_ADMITTED = {
    "torch": set(_TYPES),
    "torch._utils": {"_rebuild_tensor_v2", "_rebuild_parameter"},
    "collections": {"OrderedDict"},
}


@dataclass(frozen=True)
class _Stored:
    """The numbers of one or more tensors, one after the other."""

    values: np.ndarray


def read_state_dict(content: bytes) -> dict[str, np.ndarray]:
    """Return the tensors of a state dict by their names, as float32.

    Raises an exception if the content is damaged, holds anything but tensors under names, or claims
    more numbers than it has.
    """
    tensors, texts = read_saved(content)
    if texts:
        raise Refused("it holds more than tensors")
    return tensors


def read_saved(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the tensors, as float32, and the texts of a dict that torch saved, by their names.

    Raises an exception like `read_state_dict`.
    """
    with open_zip(content) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        size = sum(info.file_size for info in infos.values())
        if size > len(content):
            raise Refused(f"its weights unpack from {len(content)} to {size} bytes")
        (pickled,) = (name for name in infos if name.rpartition("/")[2] == "data.pkl")
        folder = pickled.removesuffix("data.pkl")
        members = {
            name: unpacked(archive, info, len(content))
            for name, info in infos.items()
            if name.startswith(folder)
        }
    order = {b"little": "<", b"big": ">"}[members.get(f"{folder}byteorder", b"little").strip()]

    def stored(identity: Any) -> _Stored:
        kind, storage, key, _, length = identity
        if kind != "storage" or not isinstance(key, str) or type(length) is not int:
            raise Refused("its numbers have no place")
        dtype = np.dtype(order + _TYPES[storage.__name__])
        values = np.frombuffer(members[f"{folder}data/{key}"], dtype)
        if len(values) != length:
            raise Refused(f"it claims {length} numbers where {len(values)} are")
        return _Stored(_widened(values) if storage.__name__ == "BFloat16Storage" else values)

    found = read_kept(members[pickled], _ADMITTED, stored)
    entries = found.items if isinstance(found, Kept) else found
    if not isinstance(entries, dict) or not all(isinstance(name, str) for name in entries):
        raise Refused("it is no state dict")
    texts = {name: value for name, value in entries.items() if isinstance(value, str)}
    claimed = {name: _layout(value) for name, value in entries.items() if name not in texts}
    if sum(math.prod(size) for _, _, size, _ in claimed.values()) > len(content):
        raise Refused("its tensors hold more numbers than the file")
    return {name: _tensor(*layout).astype(np.float32) for name, layout in claimed.items()}, texts


def _widened(values: np.ndarray) -> np.ndarray:
    """Return the float32 numbers whose first halves are the given 16 bits, as bfloat16 has them."""
    return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)


def _layout(value: Any) -> tuple[np.ndarray, int, list[int], list[int]]:
    """Return storage, offset, size and strides of a tensor that a pickle describes."""
    while isinstance(value, Kept) and type(value).__name__ == "_rebuild_parameter":
        value = value.arguments[0]
    if not isinstance(value, Kept) or type(value).__name__ != "_rebuild_tensor_v2":
        raise Refused("it holds more than tensors")
    storage, offset, size, strides, *_ = value.arguments
    numbers = [offset, *_plain(size), *_plain(strides)]
    if not isinstance(storage, _Stored) or any(type(n) is not int or n < 0 for n in numbers):
        raise Refused("it holds a tensor without a size")
    last = offset + sum((n - 1) * step for n, step in zip(size, strides, strict=True))
    if math.prod(size) > len(storage.values) or (0 not in size and last >= len(storage.values)):
        raise Refused("its tensors hold more numbers than the file")
    return storage.values, offset, list(size), list(strides)


def _plain(sizes: Any) -> Sequence[Any]:
    if not isinstance(sizes, tuple) or len(sizes) > 8:
        raise Refused("it holds a tensor without a size")
    return sizes


def _tensor(values: np.ndarray, offset: int, size: list[int], strides: list[int]) -> np.ndarray:
    if 0 in size:
        return np.empty(size, values.dtype)
    steps = [step * values.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(values[offset:], size, steps, writeable=False)
