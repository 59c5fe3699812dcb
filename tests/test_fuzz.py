"""Seeded damage to files of every kind: none is taken for another, every refusal is one sentence.

`make fuzz` does the same with 20,000 files.
"""

import time

import pytest

from brainiarb.errors import Refused
from fuzzed_readers import all_readers
from fuzzing import FAULTS, Reader, Tally, fuzz, outcome

COUNT = 250
"""The damaged files of each reader."""


@pytest.mark.filterwarnings("ignore")
def test_no_damaged_file_is_misread(tmp_path):
    tally = Tally()
    for reader in all_readers(tmp_path):
        fuzz(reader, COUNT, 1, tally)
    assert tally.faults() == dict.fromkeys(FAULTS, 0), tally.examples
    for name, counts in tally.counts.items():
        assert counts["refused"] > COUNT / 4, name


# ---- the fuzz itself finds what it looks for


def _read(path):
    return path.read_bytes()


def _refuse(said):
    def read(path):
        if path.read_bytes() != b"valid":
            raise said
        return b"valid"

    return read


def _slow(path):
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    return path.read_bytes()


@pytest.mark.parametrize(
    ("read", "found"),
    [
        (_read, "accepted though different"),
        (lambda path: path.read_bytes()[:2], "same"),
        (_refuse(KeyError("a")), "traceback"),
        (_refuse(Refused("it is damaged")), "unnamed file"),
        (_refuse(Refused("fuzzed.bin is damaged")), "refused"),
        (_refuse(MemoryError()), "memory"),
        (_slow, "hang"),
    ],
)
def test_each_outcome_is_told(read, found, tmp_path, monkeypatch):
    monkeypatch.setattr("fuzzing.SECONDS", 0.1)
    path = tmp_path / "fuzzed.bin"
    path.write_bytes(b"vary")
    reader = Reader("bytes", path, read, checksum=True)
    expected = b"va" if found == "same" else b"valid"
    assert outcome(reader, path, expected)[0] == found
