"""The rule that places an expert: its record, its normalisation, the same bytes again."""

import json
import os
import pathlib
import re

from stable_baselines3 import PPO

from archive_builders import same_actor
from brainiarb.actors.archives import read_expert, write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import import_archive
from conftest import new_folder, snakemake

BODY = get_body("walker2d")
PLACED = pathlib.Path("results/tiny/walker2d/mine")
FILES = ("checkpoint.zip", "checkpoint.json")


def place(folder, *options, fails=False):
    registry = "experts={mine: {checkpoint: mine.zip}}"
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
    write_archive(tmp_path / "again.zip", again.actors, 0, BODY.env_id, again.critics)
    assert placed.read_bytes() == (tmp_path / "again.zip").read_bytes()


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


def test_the_rule_leaves_nothing_of_an_expert_that_is_refused(tmp_path):
    folder = new_folder(tmp_path / "folder")
    PPO("MlpPolicy", "Walker2d-v5", device="cpu").save(folder / "mine.zip")
    said = place(folder, fails=True)
    assert "error: mine.zip holds PPO where SAC or TQC is needed" in said
    assert "Traceback" not in said
    assert not list((folder / PLACED).glob("*"))
