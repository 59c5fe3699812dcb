"""Damaged files for every reader: seeded changes of valid files, and what the readers make of them.

`outcome` says what became of one file. A format with a checksum (zip, and all files of ours) must
refuse every change of its bytes. A format without one may hold other numbers: such a file is
another valid file, which nobody can tell from the one that was meant.
"""

import io
import resource
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from brainiarb.errors import LONGEST, Refused

SECONDS = 5
"""The CPU seconds after which a reader hangs."""
BYTES = 10**9
"""The most bytes that a reader may add to the memory of its process."""
FAULTS = (
    "accepted though different",
    "traceback",
    "unnamed file",
    "long message",
    "hang",
    "memory",
)
"""The outcomes that are faults. The others are `same`, `refused` and `another valid file`."""


@dataclass(frozen=True)
class Reader:
    """One reader, with a valid file that it reads."""

    name: str
    valid: Path
    read: Callable[[Path], Any]
    """Read a file and return its content as something that can be compared by ==."""
    checksum: bool
    """Whether the format holds a checksum, so that no change of its bytes may be accepted."""
    repack: bool = False
    """Whether the file is a zip whose members are changed too, with right checksums."""


@dataclass
class Tally:
    """How often each outcome came, by reader, and an example of each fault."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str], bytes] = field(default_factory=dict)
    texts: Counter[str] = field(default_factory=Counter)
    """The names of the text fields in which accepted records differ."""

    def faults(self) -> dict[str, int]:
        """Return how often each fault came, by its name."""
        return {name: sum(count[name] for count in self.counts.values()) for name in FAULTS}


# ---- changes


def changed(content: bytes, rng: np.random.Generator) -> bytes:
    """Return content with one or two changes of its bytes."""
    for _ in range(int(rng.integers(1, 3))):
        content = CHANGES[rng.integers(len(CHANGES))](content, rng)
    return content


def _piece(content: bytes, rng: np.random.Generator, longest: int = 64) -> slice:
    start = int(rng.integers(len(content) + 1))
    return slice(start, start + int(rng.integers(1, longest)))


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    edited = bytearray(content or b"\0")
    edited[rng.integers(len(edited))] ^= 1 << int(rng.integers(8))
    return bytes(edited)


def _number(content: bytes, rng: np.random.Generator) -> bytes:
    """Write a number that often is a limit in place of 1, 2, 4 or 8 bytes."""
    width = int(rng.choice([1, 2, 4, 8]))
    value = int(rng.choice([0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, 255, 65535, 10**9]))
    place = _piece(content, rng).start
    written = (value % 256**width).to_bytes(width, "little")
    return content[:place] + written + content[place + width :]


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: _piece(content, rng).start]


def _without(content: bytes, rng: np.random.Generator) -> bytes:
    piece = _piece(content, rng)
    return content[: piece.start] + content[piece.stop :]


def _twice(content: bytes, rng: np.random.Generator) -> bytes:
    piece = _piece(content, rng, 4096)
    return content[: piece.stop] + content[piece] + content[piece.stop :]


def _inserted(content: bytes, rng: np.random.Generator) -> bytes:
    place = _piece(content, rng).start
    return content[:place] + rng.bytes(int(rng.integers(1, 16))) + content[place:]


def _zeros(content: bytes, rng: np.random.Generator) -> bytes:
    piece = _piece(content, rng, 512)
    return content[: piece.start] + bytes(len(content[piece])) + content[piece.stop :]


def _word(content: bytes, rng: np.random.Generator) -> bytes:
    """Insert a word that means something to one of the formats."""
    words = [
        b"NaN",
        b"-1",
        b"1e999",
        b"[[[[",
        b"null",
        b'"',
        b"\n",
        b",",
        b"{}",
        b"\xff\xfe",
        b"(t.",
    ]
    place = _piece(content, rng).start
    return content[:place] + words[rng.integers(len(words))] + content[place:]


CHANGES = (_flip, _flip, _number, _cut, _without, _twice, _inserted, _zeros, _word)


def repacked(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a zip in which one member, or a member of a zip in it, is changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info: archive.read(info) for info in archive.infolist()}
    chosen = list(members)[rng.integers(len(members))]
    inner = zipfile.is_zipfile(io.BytesIO(members[chosen])) and rng.random() < 0.8
    members[chosen] = (repacked if inner else changed)(members[chosen], rng)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for info, value in members.items():
            archive.writestr(info, value)
    return written.getvalue()


# ---- outcomes


def outcome(reader: Reader, path: Path, expected: Any, crafted: bool = False) -> tuple[str, Any]:
    """Return what a reader makes of a file: the name of the outcome, and its content or error.

    A `crafted` file has right checksums, so another content of it is another valid file.
    """
    before, started = _memory(), time.process_time()
    found: Any = None
    try:
        found = reader.read(path)
        same = found == expected
        valid = crafted or not reader.checksum
        name = "same" if same else "another valid file" if valid else "accepted though different"
    except Refused as error:
        found, name = error, _named(str(error), path)
    except MemoryError as error:
        found, name = error, "memory"
    except Exception as error:
        found, name = error, "traceback"
    if time.process_time() - started > SECONDS:
        name = "hang"
    return ("memory" if _memory() - before > BYTES else name), found


def _named(said: str, path: Path) -> str:
    if path.name not in said:
        return "unnamed file"
    return "long message" if len(said) > LONGEST or "\n" in said else "refused"


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fuzz(reader: Reader, count: int, seed: int, tally: Tally) -> None:
    """Read `count` changed files in place of the valid one, and count the outcomes."""
    rng = np.random.default_rng([seed, sum(reader.name.encode())])
    content, expected = reader.valid.read_bytes(), reader.read(reader.valid)
    counts = tally.counts.setdefault(reader.name, Counter())
    for _ in range(count):
        crafted = reader.repack and rng.random() < 0.5
        written = (repacked if crafted else changed)(content, rng)
        reader.valid.write_bytes(written)
        name, found = outcome(reader, reader.valid, expected, crafted)
        counts[name] += 1
        if name in FAULTS:
            tally.examples.setdefault((reader.name, name), written)
        if name == "another valid file" and isinstance(found, dict):
            tally.texts.update(
                key for key in {**found, **expected} if _differs(key, found, expected)
            )
    reader.valid.write_bytes(content)


def _differs(key: str, found: dict[str, Any], expected: dict[str, Any]) -> bool:
    return key in expected and found.get(key) != expected[key] and isinstance(expected[key], str)
