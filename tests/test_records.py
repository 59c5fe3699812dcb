"""Records: a changed bit, a neighbour's, an older, a cut or another program's file is refused."""

import json
import shlex
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from brainiarb.activity.activations import open_activations
from brainiarb.actors.actors import read_actors, untrained, write_actors
from brainiarb.actors.archives import read_expert, write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.errors import LONGEST, Refused
from brainiarb.files import (
    concatenate_csv,
    open_npz,
    read_csv,
    read_json,
    read_npz,
    whole,
    write_csv,
    write_json,
    write_npz,
)
from brainiarb.pages.pictures import screen_picture
from brainiarb.pages.rows import read_rows
from brainiarb.records import COMMAND, FOLDER, Making, check, making
from conftest import ROOT

WALKER = get_body("walker2d")


def actors(seed):
    return untrained((17, 6), [seed])


def write_h5(path, seed):
    with whole(path) as temporary, h5py.File(temporary, "w") as file:
        file["values"] = np.arange(4.0) + seed


def write_png(path, seed):
    from PIL import Image

    with whole(path) as temporary:
        Image.new("RGB", (8, 8), (seed, 0, 0)).save(temporary)


def write_page(path, seed):
    with whole(path) as temporary:
        temporary.write_text(f"<p>{seed}</p>\n")


# For each kind of file: how one is written with a seed, and all that reads it.
KINDS = {
    "npz": (lambda path, n: write_npz(path, {"a": np.arange(4.0) + n}), [read_npz, open_npz]),
    "pt": (lambda path, n: write_actors(path, actors(n), {}), [read_actors]),
    "h5": (write_h5, [open_activations]),
    "json": (lambda path, n: write_json(path, {"seed": n}), [read_json]),
    "csv": (
        lambda path, n: write_csv(path, pd.DataFrame({"a": [n, 1 / 3]})),
        [read_csv, read_rows, lambda path: concatenate_csv(path.with_name("all.csv"), [path])],
    ),
    "png": (write_png, [screen_picture]),
    "html": (write_page, [check]),
    "zip": (
        lambda path, n: write_archive(path, actors(n), 0, WALKER),
        [lambda path: read_expert(path, WALKER)],
    ),
}
KIND = pytest.mark.parametrize("kind", KINDS)


def a_job(folder, level=40, **settings):
    """What a job is that makes the clones of a level in `folder`, the results of a body."""
    settings = {"body": "walker2d", "seed": 1, "level": level, **settings}
    return making(Making(folder, "train_clones", {"expert": "crossq_0"}, settings))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """Files of two levels of an expert, in all formats: `<expert>/bc_0.*` and `bc_40.*`."""
    folder = tmp_path_factory.mktemp("study") / "walker2d"
    for kind, (write, _) in KINDS.items():
        for level in (0, 40):
            with a_job(folder, level):
                write(folder / f"crossq_0/bc_{level}.{kind}", level)
    return folder


@pytest.fixture
def study(pristine, tmp_path):
    """A copy of these files."""
    return shutil.copytree(pristine, tmp_path / "results/walker2d")


def refusals(path, kind):
    """Return what each reader says of a file; all must refuse it."""
    said = []
    for read in KINDS[kind][1]:
        with pytest.raises(Refused) as refused:
            read(path)
        said.append(str(refused.value))
    return said


def assert_refused(path, kind, words):
    """Every reader says, in one sentence with the name and the command, what is wrong."""
    for said in refusals(path, kind):
        assert words in said
        assert said.startswith(str(path))
        assert f"rm {path} && snakemake" in said
        assert "\n" not in said
        assert len(said) < 500 + 2 * len(str(path))


@KIND
def test_what_is_whole_is_read(study, kind):
    for read in KINDS[kind][1]:
        with a_job(study, level=80):
            read(study / f"crossq_0/bc_40.{kind}")


@KIND
def test_one_changed_bit_anywhere_is_refused(study, kind):
    path = study / f"crossq_0/bc_40.{kind}"
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    last = range(max(0, len(content) - 40), len(content))
    for place in {0, *rng.integers(0, len(content), 25).tolist(), *last}:
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        with pytest.raises(Refused):
            check(path)
    assert_refused(path, kind, " is not what was written there: ")


@KIND
def test_a_file_cut_anywhere_is_refused(study, kind):
    path = study / f"crossq_0/bc_40.{kind}"
    content = path.read_bytes()
    for length in (0, 1, len(content) // 2, len(content) - 2, len(content) - 1):
        path.write_bytes(content[:length])
        refusals(path, kind)


@KIND
def test_the_file_of_a_neighbour_is_refused(study, kind):
    place = study / "crossq_0"
    shutil.copy(place / f"bc_0.{kind}", place / f"bc_40.{kind}")
    if (place / FOLDER / f"bc_0.{kind}.json").exists():
        assert_refused(place / f"bc_40.{kind}", kind, "its bytes have changed")
        shutil.copy(place / FOLDER / f"bc_0.{kind}.json", place / FOLDER / f"bc_40.{kind}.json")
    assert_refused(place / f"bc_40.{kind}", kind, "it was made as walker2d/crossq_0/bc_0")
    (study / "crossq_1").mkdir()
    shutil.copytree(place, study / "crossq_1", dirs_exist_ok=True)
    assert_refused(study / f"crossq_1/bc_0.{kind}", kind, "it was made as walker2d/crossq_0/bc_0")


@KIND
def test_a_file_outside_of_studies_is_read_under_any_name(study, kind):
    shipped = study.parent / "checkpoints/walker2d"
    (shipped / FOLDER).mkdir(parents=True)
    shutil.copy(study / f"crossq_0/bc_40.{kind}", shipped / f"mine.{kind}")
    beside = study / f"crossq_0/{FOLDER}/bc_40.{kind}.json"
    if beside.exists():
        shutil.copy(beside, shipped / f"{FOLDER}/mine.{kind}.json")
    check(shipped / f"mine.{kind}")


@KIND
def test_a_file_of_another_body_is_refused_within_the_results_of_a_job(study, kind):
    hopper = shutil.copytree(study, study.with_name("hopper"))
    with a_job(hopper):
        assert_refused(hopper / f"crossq_0/bc_40.{kind}", kind, "it was made as walker2d/")


@KIND
def test_a_file_of_a_study_with_another_seed_is_refused(study, kind):
    with a_job(study, seed=2):
        assert_refused(study / f"crossq_0/bc_40.{kind}", kind, "made with seed 1 and not 2")


@KIND
def test_a_file_of_another_format_version_is_refused(tmp_path, monkeypatch, kind):
    path = tmp_path / f"bc_40.{kind}"
    with monkeypatch.context() as older:
        older.setattr("brainiarb.records.FORMAT", 0)
        KINDS[kind][0](path, 40)
    assert_refused(path, kind, "it has the format 0 where 1 is read")


# `read_expert` also reads an archive of the user, outside of the results.
@KIND
def test_a_file_without_a_record_is_refused_within_the_results(study, kind):
    path = study / f"crossq_0/bc_40.{kind}"
    shutil.rmtree(path.parent / FOLDER)
    content = path.read_bytes()
    at = max(content.rfind(mark) for mark in (b"\nbrainiarb: ", b',\n  "brainiarb": '))
    if at >= 0:
        path.write_bytes(content[:at] + (b"\n}\n" if kind == "json" else b""))
    with a_job(study):
        assert_refused(path, kind, "has no record of what it holds")


@KIND
def test_a_copy_that_was_taken_out_of_its_study_is_read(study, tmp_path, kind):
    (tmp_path / f"desk/{FOLDER}").mkdir(parents=True)
    shutil.copy(study / f"crossq_0/bc_40.{kind}", tmp_path / f"desk/mine.{kind}")
    if (beside := study / f"crossq_0/{FOLDER}/bc_40.{kind}.json").exists():
        shutil.copy(beside, tmp_path / f"desk/{FOLDER}/mine.{kind}.json")
    for read in KINDS[kind][1]:
        read(tmp_path / f"desk/mine.{kind}")


@KIND
def test_equal_jobs_write_equal_bytes_whatever_the_folder(pristine, tmp_path, kind):
    with a_job(tmp_path / "walker2d", 40):
        KINDS[kind][0](tmp_path / f"walker2d/crossq_0/bc_40.{kind}", 40)
    written = tmp_path / f"walker2d/crossq_0/bc_40.{kind}"
    assert written.read_bytes() == (pristine / f"crossq_0/bc_40.{kind}").read_bytes()


def test_a_record_says_what_the_file_is_and_what_made_it(study):
    record = json.loads((study / f"crossq_0/{FOLDER}/bc_40.csv.json").read_text())
    assert len(record.pop("blake2b")) == 32
    assert record == {
        "format": 1,
        "file": "walker2d/crossq_0/bc_40.csv",
        "body": "walker2d",
        "expert": "crossq_0",
        "level": 40,
        "method": None,
        "rule": "train_clones",
        "settings": {"body": "walker2d", "seed": 1, "level": 40},
    }


def test_other_programs_read_files_as_before(study):
    files = study / "crossq_0"
    assert list(np.load(files / "bc_40.npz")) == ["a"]
    assert "linear1.weight" in torch.load(files / "bc_40.pt", weights_only=True)
    with h5py.File(files / "bc_40.h5") as file:
        assert file["values"][0] == 40
    assert pd.read_csv(files / "bc_40.csv")["a"].tolist() == [40, 0.333333333]
    assert json.loads((files / "bc_40.json").read_text())["seed"] == 40
    from stable_baselines3 import SAC

    assert SAC.load(files / "bc_40.zip").policy is not None


def test_an_own_archive_outside_of_the_results_needs_no_record(study, tmp_path):
    path = tmp_path / "own.zip"
    shutil.copy(ROOT / "workflow/resources/checkpoints/walker2d/crossq_0.zip", path)
    with a_job(study):
        read_expert(path, WALKER)
        shutil.copy(path, study / "crossq_0/checkpoint.zip")
        with pytest.raises(Refused, match="has no record"):
            read_expert(study / "crossq_0/checkpoint.zip", WALKER)


def test_the_command_of_the_study_stands_in_the_sentence(study, monkeypatch):
    monkeypatch.setenv(COMMAND, "snakemake --cores all --configfile config/quick.yaml")
    path = study / "crossq_0/bc_40.csv"
    path.write_text("a\n40\n0.333333332\n")
    with pytest.raises(Refused, match=r"bc_40\.csv && snakemake .* config/quick\.yaml$"):
        read_csv(path)


@pytest.mark.parametrize("deep", [1, 15, 60])
@pytest.mark.parametrize("configs", [1, 5, 60])
def test_a_long_path_or_command_leaves_the_name_of_the_file_and_what_to_do(
    deep, configs, tmp_path, monkeypatch
):
    command = f"snakemake --cores all --configfile {' '.join(['config/quick.yaml'] * configs)}"
    monkeypatch.setenv(COMMAND, command)
    monkeypatch.chdir(tmp_path)
    folder = Path(*["a long name of a folder"] * deep)
    folder.mkdir(parents=True)
    (folder / "bc_40.csv").write_text("a\n40\n")
    with making(Making(folder)), pytest.raises(Refused) as refusal:
        read_csv(folder / "bc_40.csv")
    said = str(refusal.value)
    assert len(said) <= LONGEST
    assert "/bc_40.csv has no record of what it holds" in said
    assert "delete it and run the workflow again" in said
    assert said.endswith(command) == (configs < 60)
    # The command that deletes the file is whole, or it is left out.
    assert ("rm " in said) == (f"rm {shlex.quote(str(folder / 'bc_40.csv'))} && {command}" in said)
    if (deep, configs) == (1, 1):
        assert "rm " in said
