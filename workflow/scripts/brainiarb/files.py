"""Result files: each appears whole or not at all, with the same bytes each time."""

import json
import math
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import pandas as pd

from brainiarb.errors import Refused


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it on success and vanishes on an error.

    The temporary name keeps the suffix of `path` and differs between processes, so that a job that
    outlived its workflow and its successor never write to one file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_npz(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write named arrays, uncompressed and never pickled.

    Examples
    --------
    >>> write_npz("pose.npz", {"heights": np.array([1.2, 1.25, 1.3]), "body": "walker2d"})
    >>> read_npz("pose.npz")["heights"]
    array([1.2 , 1.25, 1.3 ])
    """
    with whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """Read all arrays of an .npz file into memory; raise Refused when it is not one."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise
    except Exception as error:
        raise Refused(
            f"{path} is not a whole .npz file ({error}); delete it and run the workflow again"
        ) from error


@dataclass(frozen=True)
class StoredArray:
    """An array of an uncompressed .npz file, of which only the rows asked for are read."""

    path: Path
    dtype: np.dtype
    shape: tuple[int, ...]
    offset: int

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Read consecutive rows."""
        start, stop, _ = rows.indices(len(self))
        size = math.prod(self.shape[1:])
        offset = self.offset + start * size * self.dtype.itemsize
        values = np.fromfile(self.path, self.dtype, max(stop - start, 0) * size, offset=offset)
        return values.reshape(-1, *self.shape[1:])


def open_npz(path: str | Path) -> dict[str, StoredArray]:
    """Return the arrays of a file of `write_npz` without reading them.

    Examples
    --------
    >>> write_npz("pose.npz", {"heights": np.array([1.2, 1.25, 1.3])})
    >>> open_npz("pose.npz")["heights"][1:]
    array([1.25, 1.3 ])
    """
    found = {}
    try:
        with ZipFile(path) as archive, open(path, "rb") as file:
            for member in archive.infolist():
                # The name and the extra field of a member follow the 30 bytes of its header.
                file.seek(member.header_offset + 26)
                file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
                np.lib.format.read_magic(file)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                stored = StoredArray(Path(path), dtype, shape, file.tell())
                found[member.filename.removesuffix(".npy")] = stored
    except (BadZipFile, struct.error, ValueError) as error:
        raise Refused(
            f"{path} is not a whole .npz file ({error}); delete it and run the workflow again"
        ) from error
    return found


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a tidy table: named columns, no index, floats with nine significant digits.

    Examples
    --------
    >>> write_csv("returns.csv", pd.DataFrame({"clone": [0, 1], "return": [5000, 2 / 3]}))
    >>> print(Path("returns.csv").read_text(), end="")
    clone,return
    0,5000
    1,0.666666667
    """
    with whole(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write indented JSON with a final newline."""
    with whole(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
