"""Result files: each appears whole or not at all, and has the same bytes each time."""

import csv
import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal
from zipfile import ZIP_STORED, ZipFile

import numpy as np

from brainiarb.errors import REASON, Refused, one_line, shown_path
from brainiarb.records import RECORD, again, check, seal
from brainiarb.temporaries import is_full, temporary_folder

if TYPE_CHECKING:
    import pandas as pd

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@contextmanager
def whole(path: str | Path, recorded: bool = True) -> Iterator[Path]:
    """Yield a temporary path; on success its file gets its record and is `path`, or else vanishes.

    A file that only other programs read needs not be `recorded`.

    The temporary path has the name of `path`, in a folder of this process alone. So a job that
    outlived its workflow never writes to the same file as the job that replaced it. Raises Refused
    if the disk is full.
    """
    path = Path(path)
    try:
        with temporary_folder(path.parent) as folder:
            temporary = folder / path.name
            temporary.touch()
            yield temporary
            temporary.chmod(0o644)
            if recorded:
                seal(temporary, path)
            os.replace(temporary, path)
    except Exception as error:
        if is_full(error, path.parent):
            raise Refused(
                f"the disk of {path.parent} is full, so {path.name} could not be written; free "
                "some space and run the workflow again"
            ) from error
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
    """Read all arrays of an .npz file into memory; raise Refused if the file is damaged."""
    with reading(path, ".npz"), np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@dataclass(frozen=True)
class StoredArray:
    """An array of an uncompressed .npz file; only the rows that are asked for are read."""

    path: Path
    dtype: np.dtype
    shape: tuple[int, ...]
    fortran_order: bool
    """Whether the file holds column after column, as NumPy writes a transposed array."""
    offset: int
    """Where the numbers begin in the file (bytes)."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Read the rows of a slice with any step."""
        return np.array(self._mapped()[rows])

    def read(self) -> np.ndarray:
        """Read the whole array."""
        return np.array(self._mapped())

    def _mapped(self) -> np.ndarray:
        if 0 in self.shape:  # an empty array has no bytes that could be mapped
            return np.empty(self.shape, self.dtype)
        order: Literal["F", "C"] = "F" if self.fortran_order else "C"
        return np.memmap(self.path, self.dtype, "r", self.offset, self.shape, order)


def open_npz(path: str | Path) -> dict[str, StoredArray]:
    """Return the arrays of a file of `write_npz` without reading them.

    Raises Refused if the file is damaged, compressed or holds pickled objects.

    Examples
    --------
    >>> write_npz("pose.npz", {"heights": np.array([1.2, 1.25, 1.3])})
    >>> open_npz("pose.npz")["heights"][1:]
    array([1.25, 1.3 ])
    """
    arrays = {}
    with reading(path, ".npz"), ZipFile(path) as archive, open(path, "rb") as file:
        for member in archive.infolist():
            if member.compress_type != ZIP_STORED:
                raise Refused(f"{member.filename} is compressed")
            # The name and the extra field of a member follow the 30 bytes of its header.
            file.seek(member.header_offset + 26)
            file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
            shape, fortran_order, dtype = read_npy_header(file)
            if dtype.hasobject:
                raise Refused(f"{member.filename} holds pickled objects")
            arrays[member.filename.removesuffix(".npy")] = StoredArray(
                Path(path), dtype, shape, fortran_order, file.tell()
            )
    return arrays


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read up to the numbers of a `.npy`; return shape, whether by columns, and type of these."""
    return _HEADERS[np.lib.format.read_magic(file)](file)


def digest_of(path: str | Path) -> str:
    """Return the SHA-256 of the bytes of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_csv(path: str | Path, frame: "pd.DataFrame") -> None:
    """Write a tidy table: named columns, no index, floats with nine significant digits.

    Examples
    --------
    >>> import pandas as pd
    >>> write_csv("returns.csv", pd.DataFrame({"clone": [0, 1], "return": [5000, 2 / 3]}))
    >>> print(Path("returns.csv").read_text(), end="")
    clone,return
    0,5000
    1,0.666666667
    """
    with whole(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")


def read_csv(path: str | Path, **options: Any) -> "pd.DataFrame":
    """Read a table of `write_csv`, with options of `pandas.read_csv`.

    Raises Refused if the file is empty, ends within a row, or is damaged otherwise.
    """
    import pandas as pd

    with reading(path, "CSV"):
        _check_last_row(path)
        return pd.read_csv(path, **options)


def _check_last_row(path: str | Path) -> None:
    """Raise ValueError if a CSV file is empty or ends within a row."""
    content = Path(path).read_bytes()
    if not content.endswith(b"\n"):
        raise ValueError("it ends within a row" if content else "it is empty")


def concatenate_csv(path: str | Path, parts: Sequence[str | Path]) -> None:
    """Write the rows of tables of `write_csv` one below the other, each cell as it stands.

    The columns are those of all parts, in the order in which they come first. A cell is empty where
    a part has no such column. Raises Refused if a part is empty, ends within a row, or has a row
    with more or fewer cells than columns.
    """
    tables = []
    for part in parts:
        with reading(part, "CSV", foreign=True):
            _check_last_row(part)
            with open(part, encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            if wrong := next((row for row in rows if len(row) != len(header)), None):
                raise ValueError(f"it has {len(header)} columns and a row of {len(wrong)} cells")
        tables.append((header, rows))
    columns = list(dict.fromkeys(name for header, _ in tables for name in header))
    with whole(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for header, rows in tables:
            if header == columns:
                writer.writerows(rows)
                continue
            where = [header.index(name) if name in header else None for name in columns]
            writer.writerows(
                ["" if place is None else row[place] for place in where] for row in rows
            )


def write_json(path: str | Path, value: Mapping[str, Any], recorded: bool = True) -> None:
    """Write indented JSON with a final newline."""
    with whole(path, recorded) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> dict[str, Any]:
    """Read what `write_json` wrote, without its record; raise Refused if the file is damaged."""
    with reading(path, "JSON"):
        value = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise ValueError(f"it holds {value!r:.40} and no object")
    return {name: held for name, held in value.items() if name != RECORD}


@contextmanager
def reading(path: str | Path, kind: str, foreign: bool = False) -> Iterator[None]:
    """Check the record of a file (see `records.check`), then turn any error into Refused.

    The error of a missing file stays.
    """
    check(path, foreign)
    with refusing_damage(path, f"{kind} file", again(path)):
        yield


@contextmanager
def refusing_damage(path: str | Path, kind: str, advice: str) -> Iterator[None]:
    """Turn any error of a reader into Refused, except that a file is missing.

    The sentence says that the file is not a whole one of its `kind`, why, and the `advice`.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        reason = one_line(str(error) or repr(error), REASON)
        said = f"{shown_path(path)} is not a whole {kind} ({reason})"
        raise Refused(said, f"; {advice}") from error
