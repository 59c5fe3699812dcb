"""What readers make of damaged files: python -m benchmarks.fuzz [COUNT] [--seed SEED].

Files of every kind are changed at random, by a seed, and read (see tests/fuzzing.py). The bars are
the issue's: nothing damaged is accepted as another file, no traceback, no refusal without the name
of the file, none of several lines or of more than 500 characters, no hang, no gigabyte. A format
without a checksum can hold other numbers than were meant; such files are counted and reported.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from pathlib import Path

from benchmarks.table import Row, show
from fuzzed_readers import all_readers
from fuzzing import SECONDS, Tally, fuzz

COUNT = 20_000
LIMITS = {"hang": f"over {SECONDS} s of CPU", "memory": "over 1 GB"}


def main() -> int:
    """Fuzz all readers, print the table and keep an example of each fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=COUNT, help=f"inputs, {COUNT:,}")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.disable()
    warnings.simplefilter("ignore")
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        readers = all_readers(Path(folder))
        share, left = divmod(asked.count, len(readers))
        for number, reader in enumerate(readers):
            fuzz(reader, share + (number < left), asked.seed, tally)
    rows = [
        Row(LIMITS.get(name, name), f"{count:,}", f"{asked.count:,} inputs", "", "0", count == 0)
        for name, count in tally.faults().items()
    ]
    for name, counts in tally.counts.items():
        told = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())
        rows.append(Row(name, told, "", "", "", None))
    exit_code = show(rows)
    if tally.texts:
        named = ", ".join(f"{name} ({count})" for name, count in tally.texts.most_common())
        print(f"text fields in which accepted records differ: {named}")
    for (reader_name, name), content in tally.examples.items():
        kept = Path(tempfile.gettempdir(), f"fuzz_{reader_name}_{name}".replace(" ", "_"))
        kept.write_bytes(content)
        print(f"an example of {name}, {reader_name}: {kept}")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
