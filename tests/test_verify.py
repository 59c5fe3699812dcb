"""Verifying a study: what is not what was written is listed, and made again with what follows."""

import shutil

import pandas as pd
import pytest

from brainiarb.errors import Refused
from brainiarb.files import write_csv, write_json
from brainiarb.records import Making, making
from brainiarb.verify import damaged, main


@pytest.fixture
def study(tmp_path):
    """The results of a body: two tables of two experts, a record and a log."""
    folder = tmp_path / "results/walker2d"
    for number, expert in enumerate(("a", "b")):
        with making(Making(folder, "measure", {"expert": expert})):
            write_csv(folder / expert / "strides.csv", pd.DataFrame({"n": [number]}))
            write_json(folder / expert / "checkpoint.json", {"n": number})
    (folder / "logs").mkdir()
    (folder / "logs/measure.log").write_text("measured")
    return folder


def test_an_untouched_study_is_what_was_written(study):
    assert damaged(study) == {}
    assert main([str(study)]) == 0


def test_each_changed_file_is_listed_and_no_other(study):
    (study / "a/strides.csv").write_text("n\n1\n")
    shutil.copy(study / "a/checkpoint.json", study / "b/checkpoint.json")
    found = damaged(study)
    assert list(found) == [study / "a/strides.csv", study / "b/checkpoint.json"]
    said = f"{study / 'a/strides.csv'} is not what was written there: its bytes have changed"
    assert found[study / "a/strides.csv"] == said
    assert "it was made as walker2d/a/checkpoint.json" in found[study / "b/checkpoint.json"]
    assert main([str(study)]) == 1


def test_the_given_command_makes_again_what_changed(study, tmp_path):
    (study / "a/strides.csv").write_text("n\n1\n")
    told = tmp_path / "told"
    code = f"import sys; open({str(told)!r}, 'w').write(' '.join(sys.argv[1:]))"
    assert main([str(study), "--remake", "python3", "-c", code, "--cores", "2"]) == 0
    assert told.read_text() == f"--cores 2 --forcerun {study / 'a/strides.csv'} --"


def test_nothing_is_made_again_where_nothing_changed(study):
    assert main([str(study), "--remake", "false"]) == 0


def test_what_is_no_study_is_refused(tmp_path):
    with pytest.raises(Refused, match="holds no results: name the folder of a body"):
        damaged(tmp_path)
    assert main([str(tmp_path)]) == 2
