"""Result files: each appears whole or not at all, with the same bytes each time."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import numpy as np
import pandas as pd


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
    """Write named arrays, uncompressed and never pickled."""
    with whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """Read all arrays of an .npz file into memory; raise ValueError when it is not one."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(
            f"{path} is not a whole .npz file ({error}); delete it and run the workflow again"
        ) from error


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a tidy table: named columns, no index, floats with nine significant digits."""
    with whole(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write indented JSON with a final newline."""
    with whole(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
