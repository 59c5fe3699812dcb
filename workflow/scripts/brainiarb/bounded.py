"""Foreign files, read within bounds: what a file declares is checked before it is read.

A file of a user's own, or from elsewhere, may be damaged or made to harm. These readers take a
bounded number of bytes and of parts, and nothing that they read can repeat itself without end.
Their errors say what is wrong and not where; `files.refusing_damage` adds the name of the file.
"""

import io
import json
import math
import os
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from brainiarb.errors import Refused

LARGEST_TEXT = 2**22
"""The most bytes of a text, such as a record in JSON or a learning curve. Usual ones have 20 kB."""
LARGEST_ZIP = 2**30
"""The most bytes of a zip archive; only members of known sizes are read."""
MOST_MEMBERS = 10_000
"""The most members of a zip archive; one of Stable-Baselines3 has ten."""
DEEPEST = 40
"""The most objects and lists of JSON that may lie one within the other."""

_ENTRY = b"PK\x01\x02"


def read_bytes(path: str | Path, largest: int) -> bytes:
    """Return the bytes of a file; raise Refused if they are more than `largest`."""
    with open(path, "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise Refused(f"it has more than {largest:,} bytes")
    return content


def read_text(path: str | Path, largest: int = LARGEST_TEXT) -> str:
    """Return a text in UTF-8; raise ValueError if it is none, is too long or holds a zero byte."""
    content = read_bytes(path, largest)
    if b"\0" in content:
        raise Refused("it holds a zero byte, which no text does")
    return content.decode("utf-8")


def read_object(path: str | Path) -> dict[str, Any]:
    """Return the object of a JSON file of a user's own.

    Raises ValueError if it is damaged or holds anything else. Numbers must be finite, and no key
    may stand twice.
    """
    value = parsed_json(read_text(path), strict=True)
    if not isinstance(value, dict):
        raise Refused("it holds no JSON object")
    return value


def parsed_json(text: str | bytes, strict: bool = False) -> Any:
    """Return the value of a JSON text; raise ValueError if it nests deeper than `DEEPEST`.

    A `strict` one has finite numbers only, and no key twice.
    """
    options: dict[str, Any] = {"parse_int": _integer}
    if strict:
        options |= {
            "parse_constant": _finite,
            "parse_float": _finite,
            "object_pairs_hook": _with_keys_once,
        }
    try:
        value = json.loads(text, **options)
    except RecursionError:
        raise Refused("it nests too deeply") from None
    level = [value]
    for _ in range(DEEPEST):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return value
    raise Refused(f"it nests deeper than {DEEPEST} objects")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise Refused(f"its number {digits:.20}... has {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Refused(f"its number {digits:.20} is not finite")
    return number


def _with_keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused(f"its key {twice!r} stands twice")
    return value


def open_zip(source: str | Path | bytes) -> zipfile.ZipFile:
    """Open a zip archive, or the bytes of one, whose list of members is short enough to be read.

    Raises Refused if the list is longer, and zipfile.BadZipFile if it names a member otherwise than
    the member itself: a reader would not find it and take it for absent.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
        if file.seek(0, os.SEEK_END) > LARGEST_ZIP:
            raise Refused(f"it has more than {LARGEST_ZIP:,} bytes")
        file.seek(0)
        if _entries(file) > MOST_MEMBERS:
            raise Refused(f"it holds more than {MOST_MEMBERS:,} members")
    archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    for member in archive.infolist():
        with suppress(RuntimeError):  # encrypted or packed in an unusual way; it may not be needed
            archive.open(member).close()
    return archive


def _entries(file: IO[bytes], piece: int = 2**20) -> int:
    """Return how many entries the list of members may have, by their first bytes."""
    count, before = 0, b""
    while content := file.read(piece):
        count += (before + content).count(_ENTRY)
        before = content[1 - len(_ENTRY) :]
    return count


def unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, largest: int) -> bytes:
    """Return a member that unpacks to at most `largest` bytes.

    Raises Refused if it says that it is larger, or is packed by another method than deflation.
    """
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(f"its {member.filename} is packed by an unusual method")
    if member.file_size > largest:
        raise Refused(
            f"its {member.filename} unpacks to {member.file_size:,} bytes where at most "
            f"{largest:,} are read"
        )
    # The archive may lie about the size, so at most one byte more than it claims is unpacked.
    with archive.open(member) as file:
        return file.read(member.file_size + 1)
