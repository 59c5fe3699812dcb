"""The rule that places an expert: its record, its normalisation, the same bytes again."""

import json
import os
import pathlib
import re
from zipfile import ZipFile

from stable_baselines3 import DQN

from archive_builders import same_actor
from brainiarb.actors.archives import read_expert, write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import import_archive
from conftest import ROOT, new_folder, snakemake

BODY = get_body("walker2d")
PLACED = pathlib.Path("results/tiny/walker2d/mine")
FILES = ("checkpoint.zip", "checkpoint.json")


def place(folder, *options, fails=False, **keys):
    given = "".join(f", {key}: {value}" for key, value in keys.items())
    registry = f"experts={{mine: {{checkpoint: mine.zip{given}}}}}"
    target = PLACED / "checkpoint.zip"
    return snakemake(
        folder, "--cores", "1", *options, "--config", registry, "--", target, fails=fails
    )


def test_the_rule_places_an_expert_with_its_record_and_the_same_bytes_again(
    model, archive, normalised, tmp_path, observations
):
    folder = new_folder(tmp_path / "folder")
    (folder / "mine.zip").write_bytes(archive.read_bytes())
    (folder / "mine.json").write_text('{"made_by": "me"}')
    normalised.save(folder / "mine_vecnormalize.pkl")
    said = place(folder)
    record = json.loads((folder / PLACED / "checkpoint.json").read_text())
    assert record["made_by"] == "me"
    assert record["algorithm"] == "sac"
    assert record["placed_from"] == "mine.zip"
    mean = record["import"]["evaluation"]["return_mean"]
    assert f"return {mean:.0f} " in said
    assert record["import"]["normalisation"]["clip"] == 10
    placed = folder / PLACED / "checkpoint.zip"
    same_actor(
        read_expert(placed, get_body("walker2d")), model, observations, normalised.normalize_obs
    )

    # Written by another process, at another time, from the same input.
    again = import_archive(folder / "mine.zip", BODY, folder / "mine_vecnormalize.pkl")
    write_archive(tmp_path / "again.zip", again.actors, 0, BODY, again.critics)
    with ZipFile(placed) as first, ZipFile(tmp_path / "again.zip") as second:
        assert [str(info) for info in first.infolist()] == [str(info) for info in second.infolist()]
        for name in first.namelist():
            assert first.read(name) == second.read(name)


def test_the_rule_finds_a_normalisation_under_its_usual_names_the_closest_first(tmp_path):
    folder = new_folder(tmp_path / "folder")
    closest = {
        "a": "a_vecnormalize.pkl",
        "b_20_steps": "b_vecnormalize_20_steps.pkl",
        "c": "c/vecnormalize.pkl",
        "zoo/best_model": "zoo/Walker2d-v3/vecnormalize.pkl",
        "run/checkpoints/e": "run/vec_normalize.pkl",
        "hub/model": "hub/vec_normalize.pkl",
        "f": "f_vec_normalize.pkl",
        "g": "Walker2d-v4/g-VecNormalize.pickle",
        "i_best_model": "vecnorm_best_i.pkl",
        "j/final_model": "j/vec_normalize_stats.pkl",
        "k/rl_model_300_steps": "k/rl_model_vecnormalize_300_steps.pkl",
        "d": "vecnormalize.pkl",
    }
    for name, normalisation in closest.items():
        placed = folder / PLACED.with_name(name.replace("/", "_"))
        for path in (folder / f"{name}.zip", folder / normalisation, *map(placed.joinpath, FILES)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        # Outputs that are older than the inputs, so that a dry run names these.
        for path in placed.iterdir():
            os.utime(path, (10**9, 10**9))
    names = {name: name.replace("/", "_") for name in closest}
    registry = ", ".join(f"{names[name]}: {{checkpoint: {name}.zip}}" for name in closest)
    targets = [PLACED.with_name(name) / "checkpoint.zip" for name in names.values()]
    options = ("--cores", "1", "--dry-run", "--config", f"experts={{{registry}}}")
    said = snakemake(folder, *options, "--", *targets)
    reasons = re.findall(r"Updated input files: (.*)", said)
    found = sorted(sorted(reason.split(", ")) for reason in reasons)
    assert found == sorted(sorted((f"{name}.zip", file)) for name, file in closest.items())


def test_a_normalisation_that_the_config_names_wins_over_one_that_is_found(
    archive, normalised, tmp_path
):
    folder = new_folder(tmp_path / "folder")
    (folder / "mine.zip").write_bytes(archive.read_bytes())
    normalised.save(folder / "mine_vecnormalize.pkl")
    normalised.clip_obs = 7.0
    normalised.save(folder / "running.dat")
    place(folder, normalisation="running.dat")
    record = json.loads((folder / PLACED / "checkpoint.json").read_text())["import"]
    assert record["normalisation"]["file"] == "running.dat"
    assert record["normalisation"]["clip"] == 7


def test_files_of_other_archives_and_of_unsure_names_are_told_and_not_read(archive, tmp_path):
    folder = new_folder(tmp_path / "folder")
    for name in ("mine", "sac"):
        (folder / f"{name}.zip").write_bytes(archive.read_bytes())
    for name in ("sac_vecnormalize", "normalizer", "mine_2_vecnormalize", "replay"):
        (folder / f"{name}.pkl").write_bytes(b"none")
    place(folder)
    imported = json.loads((folder / PLACED / "checkpoint.json").read_text())["import"]
    assert imported["normalisation"].startswith("none: no VecNormalize file was found")
    named = [text for text in imported["concerns"] if "may be the VecNormalize" in text]
    assert len(named) == 1
    assert named[0].startswith("mine_2_vecnormalize.pkl, normalizer.pkl may be")
    assert "experts.mine.normalisation" in named[0]


def test_an_expert_that_falls_in_the_transient_is_told_when_it_is_placed(archive, tmp_path):
    folder = new_folder(tmp_path / "folder")
    (folder / "mine.zip").write_bytes(archive.read_bytes())
    (folder / "long.yaml").write_text("analysis: {transient: 5.0}")
    said = place(folder, "--configfile", ROOT / "tests/config/tiny.yaml", "long.yaml")
    imported = json.loads((folder / PLACED / "checkpoint.json").read_text())["import"]
    (told,) = (text for text in imported["concerns"] if "start transient" in text)
    assert told.startswith("all 5 episodes of this expert end within the start transient")
    assert f"concern: {told}" in said
    log = folder / PLACED.parent / "logs/place_expert/mine.log"
    assert told in log.read_text()


def test_the_rule_leaves_nothing_of_an_expert_that_is_refused(tmp_path):
    folder = new_folder(tmp_path / "folder")
    DQN("MlpPolicy", "CartPole-v1", buffer_size=1, device="cpu").save(folder / "mine.zip")
    said = place(folder, fails=True)
    assert "error: mine.zip holds DQN where one of SAC, TQC, CrossQ" in said
    assert "Traceback" not in said
    assert not list((folder / PLACED).glob("*"))
