"""Records: what a result file is, what made it, and a digest of what it holds.

`files.whole` gives every file its record, and each reader checks it, so nothing is read that is not
what was written. A record says the format, the place of the file in the results, the body, expert,
level and method, the rule and the settings that made it, and the digest. It says nothing of the
code, the time or the machine: equal results have equal bytes, and what depends on them stays.

| file                      | where its record stands                             |
|---------------------------|-----------------------------------------------------|
| `.npz`, `.pt`, `.zip`, `.training` | in the comment of the zip archive                   |
| `.h5`                     | behind what HDF5 reads                              |
| `.json`                   | under its last key, `brainiarb`                     |
| tables, figures and pages | in `.records/<name>.json` in the folder of the file |

So all programs read the files as before, and `pandas.read_csv` needs no option.
"""

import hashlib
import json
import os
import shlex
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from brainiarb.errors import LONGEST, Refused, one_line, shown_path

FORMAT = 1
"""The version of what files hold and of their records; a reader refuses any other."""

FOLDER = ".records"
"""The folder with the records of files that cannot hold their own."""

RECORD = "brainiarb"
"""The key of the record in a file of JSON."""

COMMAND = "BRAINIARB_COMMAND"
"""The environment variable with the command that runs the present study."""

ADVICE = LONGEST // 2 - 10
"""The most characters of what a message says is to do, so that it stays whole."""

ZIPS = (".npz", ".pt", ".zip", ".training")
_END_OF_JSON = b"\n}\n"
_AROUND = {
    **dict.fromkeys([*ZIPS, ".h5"], (b"\nbrainiarb: ", b"\n")),
    ".json": (b',\n  "brainiarb": ', _END_OF_JSON),
}
_COMMENT = 2**16 - 1  # bytes of the comment of a zip archive
_END_OF_ZIP = struct.Struct("<4s16sH")  # mark, counts and places, length of the comment
_SHARED = ("seed", "body")  # settings that mean the same in every rule


@dataclass(frozen=True)
class Making:
    """What makes files at present: a job of a study, or nothing known."""

    root: Path | None = None
    """The folder of the body, in which all results of the study lie."""
    rule: str | None = None
    wildcards: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def place(self, path: Path) -> str | None:
        """Return the place of a file, from the name of the body on; None outside of the results."""
        if self.root is None:
            return None
        root = self.root.absolute()
        full = Path(os.path.normpath(path.absolute()))
        return full.relative_to(root.parent).as_posix() if full.is_relative_to(root) else None


_now = Making()


@contextmanager
def making(present: Making) -> Iterator[None]:
    """Let the files that are written meanwhile say that they were made by `present`."""
    global _now
    before, _now = _now, present
    try:
        yield
    finally:
        _now = before


def again(path: str | Path) -> str:
    """Return what to do about a file that is not what it was: a sentence with the command.

    The sentence is short enough to stand whole in a message. If there is no room for the command
    that deletes the file, the name of the file stands earlier in the message.
    """
    command = os.environ.get(COMMAND, "snakemake --cores all")
    said = "delete it and run the workflow again"
    choices = (f"{said}: rm {shlex.quote(str(path))} && {command}", f"{said}: {command}")
    return next((whole for whole in choices if len(whole) <= ADVICE), said)


def seal(temporary: Path, path: Path) -> None:
    """Give a written file, which will be at `path`, its record."""
    made = _identity(path)
    before, after = _AROUND.get(path.suffix, (b"", b"\n"))
    length = len(before + _text(made, "0" * 32) + after)
    with temporary.open("r+b") as file:
        size = _open_end(file, path.suffix, length)
        file.seek(0)
        text = _text(made, _digest(file, size, made))
        if size is not None:
            file.seek(size)
            file.write(before + text + after)
            return
    beside = temporary.with_name(f"{path.name}.json")
    beside.write_bytes(text + b"\n")
    beside.chmod(0o644)
    _beside(path).parent.mkdir(exist_ok=True)
    os.replace(beside, _beside(path))


class RecordError(Refused):
    """A file that is not what was written there."""

    def __init__(self, fault: str, advice: str = "") -> None:
        super().__init__(fault, advice)
        self.fault = one_line(fault)
        """What is wrong, without what to do about it."""


def check(path: str | Path, foreign: bool = False) -> None:
    """Raise RecordError, in one sentence that names the file, unless it is what was written there.

    Its bytes must be those of its record. Within the results of the present job, it must have been
    made for its place, with the seed and the body of the job; elsewhere, if the folders around it
    have the names of its study. A file outside of the results of a job needs no record, nor does a
    `foreign` file where there is no job.
    """
    path = Path(path)
    with path.open("rb") as file:
        stored = _stored(path, file)
        if stored is None:
            if _now.place(path) is None and (foreign or _now.root is not None):
                return
            said = f"{shown_path(path)} has no record of what it holds"
            if path.suffix in _AROUND:
                raise RecordError(
                    f"{said}: it was cut short, or another program or an older version wrote it",
                    f"; {again(path)}",
                )
            raise RecordError(
                f"{said} in {FOLDER} beside it: copy that too if you copied the file",
                f", or {again(path)}",
            )
        fault = _fault(path, file, stored)
    if fault is not None:
        said = f"{shown_path(path)} is not what was written there: {fault}"
        raise RecordError(said, f"; {again(path)}")


@dataclass(frozen=True)
class _Stored:
    """A record as it stands."""

    size: int | None
    """Where the record begins in its file; None if it stands beside it."""
    raw: bytes


def _identity(path: Path) -> dict[str, Any]:
    """Return what the record of a file says, but for the digest."""
    place = _now.place(path) or path.name
    named = {**_now.settings, **_now.wildcards}
    level = str(named.get("noise", named.get("level")))
    return {
        "format": FORMAT,
        "file": place,
        "body": place.partition("/")[0] if "/" in place else None,
        "expert": named.get("expert"),
        "level": int(level) if level.isdecimal() else None,
        "method": named.get("method"),
        "rule": _now.rule,
        "settings": dict(_now.settings),
    }


def _text(made: Mapping[str, Any], digest: str) -> bytes:
    return json.dumps({**made, "blake2b": digest}, default=str).encode()


def _digest(file: BinaryIO, size: int | None, made: Mapping[str, Any]) -> str:
    """Return the digest of the first `size` bytes of a file, and of what its record says."""
    digest = hashlib.blake2b(_text(made, ""), digest_size=16)
    left = 2**63 if size is None else size
    while chunk := file.read(min(left, 2**20)):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def _open_end(file: BinaryIO, suffix: str, length: int) -> int | None:
    """Prepare the end of a file for a record of `length` bytes and return where it goes.

    It is None if the file cannot hold a record.
    """
    size = file.seek(0, os.SEEK_END)
    if suffix in ZIPS and size >= _END_OF_ZIP.size and length <= _COMMENT:
        file.seek(size - _END_OF_ZIP.size)
        mark, places, comment = _END_OF_ZIP.unpack(file.read())
        if mark == b"PK\x05\x06" and not comment:
            file.seek(size - _END_OF_ZIP.size)
            file.write(_END_OF_ZIP.pack(mark, places, length))
            return size
    if suffix == ".json" and size > len(_END_OF_JSON):
        file.seek(size - len(_END_OF_JSON))
        if file.read() == _END_OF_JSON:
            return file.truncate(size - len(_END_OF_JSON))
    return size if suffix == ".h5" else None


def _beside(path: Path) -> Path:
    return path.parent / FOLDER / f"{path.name}.json"


def _stored(path: Path, file: BinaryIO) -> _Stored | None:
    """Return the record of a file, inside or beside it; None without one."""
    if path.suffix in _AROUND:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - 2 * _COMMENT))
        ending = file.read()
        at = ending.rfind(_AROUND[path.suffix][0])
        if at >= 0:
            return _Stored(start + at, ending[at:])
    try:
        return _Stored(None, _beside(path).read_bytes())
    except FileNotFoundError:
        return None


def _fault(path: Path, file: BinaryIO, stored: _Stored) -> str | None:
    """Return what is wrong with a file, or None if it is what its record says."""
    around = (b"", b"\n") if stored.size is None else _AROUND[path.suffix]
    damaged = "its record is damaged"
    try:
        made = json.loads(stored.raw[len(around[0]) : -len(around[1])])
        digest = made.pop("blake2b")
        whole = stored.raw == around[0] + _text(made, digest) + around[1]
        version, place, settings = made["format"], str(made["file"]), dict(made["settings"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return damaged
    if version != FORMAT:
        return f"it has the format {version!r:.20} where {FORMAT} is read"
    file.seek(0)
    if digest != _digest(file, stored.size, made):
        return "its bytes have changed"
    if not whole:
        return damaged
    here = _now.place(path) or _place_by_name(path, place)
    if here != place:
        return f"it was made as {place}"
    for name in _SHARED:
        if name in settings and settings[name] != _now.settings.get(name, settings[name]):
            return f"it was made with {name} {settings[name]} and not {_now.settings[name]}"
    return None


def _place_by_name(path: Path, place: str) -> str:
    """Return the place of a file by the names of the folders around it.

    It is the one that was recorded where no folder around it has the name of its body, or where the
    file lies in another depth below it, because then the file was taken out of its study.
    """
    body, *within = place.split("/")
    *folders, name = path.absolute().parts
    if not within or body not in folders:
        return place
    first = len(folders) - folders[::-1].index(body) - 1
    found = [*folders[first:], name]
    return "/".join(found) if len(found) == 1 + len(within) else place
