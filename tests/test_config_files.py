"""Files of config are looked at before Snakemake reads them, however often aliases repeat parts."""

import subprocess
import sys
from itertools import pairwise

import pytest

from brainiarb.config_files import fault_of
from brainiarb.errors import LONGEST
from conftest import ROOT

LISTS = "\n".join(
    ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    + [f"{new}: &{new} [{', '.join(9 * [f'*{old}'])}]" for old, new in pairwise("abcdefghijklmn")]
)
MAPPINGS = "\n".join(
    ["a: &a {x: 1}"]
    + [
        f"{new}: &{new} {{{', '.join(f'k{n}: *{old}' for n in range(9))}}}"
        for old, new in pairwise("abcdefghijklmn")
    ]
)
MERGED = "\n".join(
    ["a: &a {x: 1}"]
    + [f"{new}: &{new} {{<<: [*{old}, *{old}]}}" for old, new in pairwise("abcdefghijklmnopqrst")]
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LISTS, "more than 100,000 values"),
        (MAPPINGS, "more than 100,000 values"),
        (MERGED, "more than 100,000 values"),
        ("a: &a [*a]", "more than 100,000 values"),
        ("x: " + "[" * 500 + "]" * 500, "nests deeper than 40"),
        ("x: " + "[" * 20_000 + "]" * 20_000, "nest"),  # some versions of YAML's library refuse it
        ("# café".encode("latin1"), "is no text in UTF-8; save it as UTF-8"),
        ("seed: 1".encode("utf-16"), "zero byte"),
        ("seed: [1,\n", "is no YAML"),
        (b"a" * (2**22 + 1), "more than 4,194,304 bytes"),
    ],
)
def test_a_file_that_cannot_be_a_config_is_told_in_one_line(content, said, tmp_path):
    path = tmp_path / "my.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    fault = fault_of(path)
    assert said in fault
    assert fault.startswith(str(path))
    assert fault.isprintable()
    assert len(fault) <= LONGEST


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda p: p.name)
def test_what_ships_is_a_config(path):
    assert fault_of(path) is None


def test_json_with_tabs_is_a_config(tmp_path):
    (tmp_path / "my.json").write_text('{\n\t"seed": 1\n}\n')
    assert fault_of(tmp_path / "my.json") is None


def test_a_missing_file_is_one_line_and_no_traceback(tmp_path):
    call = [sys.executable, "-m", "brainiarb.config_files", "absent.yaml"]
    environment = {"PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    done = subprocess.run(
        call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"config: there is no file absent.yaml in {tmp_path}\n"
