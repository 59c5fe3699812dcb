"""Stable-Baselines3's archives without trust: bounded, read in memory, nothing unpickled."""

import io
import pickle
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

LARGEST = {"policy.pth": 2**27, "data": 2**22, "_stable_baselines3_version": 64}
"""The members that are read, and the bytes that each may unpack to: five critics of 1,024 units
take 60 MB, plain fields 20 kB."""

_PLAIN_NAME = re.compile(r"\w[\w.-]*")
# The representation of a function or an object, which differs from process to process.
_ADDRESS = re.compile(rb" at 0x[0-9a-f]+")


@contextmanager
def _whole(where: str | Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        reason, *_ = str(error).splitlines() or [repr(error)]
        raise ValueError(
            f"{where} is not a whole Stable-Baselines3 archive ({reason}); save the model again"
        ) from error


def read_members(path: str | Path) -> dict[str, bytes]:
    """Return those members of `LARGEST` that an archive holds; `policy.pth` is always among them.

    Raises ValueError where the archive is damaged, holds anything but plain names, unpacks to more
    than `LARGEST` or has no `policy.pth`.
    """
    with _whole(path):
        archive = zipfile.ZipFile(path)
    with archive:
        members: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            name = info.orig_filename
            link = stat.S_ISLNK(info.external_attr >> 16)
            if link or name in members or not _PLAIN_NAME.fullmatch(name):
                raise ValueError(
                    f"{path} holds the member {name!r}, a path, a link or a second of its name, "
                    "where Stable-Baselines3 writes plain files; save the model again"
                )
            if info.file_size > LARGEST.get(name, info.file_size):
                raise ValueError(
                    f"{path} holds a {name} that unpacks to {info.file_size} bytes where at most "
                    f"{LARGEST[name]} are read; save the model again, without extras"
                )
            members[name] = info
        if "policy.pth" not in members:
            raise ValueError(
                f"{path} holds no policy.pth, so it has no actor; save the model with `model.save` "
                "of Stable-Baselines3"
            )
        with _whole(path):
            return {name: _unpack(archive, members[name]) for name in LARGEST if name in members}


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename} is packed as Stable-Baselines3 never does")
    # The size is a claim, so no more than that is unpacked.
    with archive.open(member) as file:
        return file.read(member.file_size + 1)


def read_tensors(content: bytes, where: str | Path) -> dict[str, Tensor]:
    """Return the float32 tensors of a `policy.pth` by their names.

    Raises ValueError, which names `where`, unless it is a plain state dict of torch.
    """
    with _whole(where):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            unpacked = sum(info.file_size for info in file.infolist())
        if unpacked > len(content):
            raise ValueError(f"its weights unpack from {len(content)} to {unpacked} bytes")
        try:
            tensors = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
        except pickle.UnpicklingError as error:
            # Torch's own message advises to load the file with all it may execute.
            raise ValueError(
                "its policy.pth holds more than tensors, none of it executed"
            ) from error
        # Strides can repeat numbers, so that a small file claims a huge tensor.
        if sum(value.numel() for value in tensors.values()) > len(content):
            raise ValueError("its tensors hold more numbers than the file")
        return {name: value.detach().to("cpu", torch.float32) for name, value in tensors.items()}


def repeatable(archive: bytes) -> bytes:
    """Return an archive of Stable-Baselines3 without what differs from one saving to the next.

    That is the time, and the memory addresses among the descriptions in `data`.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                zipfile.ZipInfo(name), _ADDRESS.sub(b"", content) if name == "data" else content
            )
    return written.getvalue()
