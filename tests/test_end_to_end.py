"""The whole road on a tiny study: every file, the same bytes again, nothing left to do."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
TRAINED = ("checkpoint.zip", "checkpoint.json", "checkpoint.csv")


def snakemake(folder, *options):
    call = [
        sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder,
        "--configfile", ROOT / "config/config.yaml", ROOT / "tests/config/tiny.yaml", *options,
    ]  # fmt: skip
    done = subprocess.run(
        list(map(str, call)), capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    snakemake_config(folder)
    snakemake(folder, "--cores", "2")
    return folder


def snakemake_config(folder):
    """Put the default config where a run in another directory looks for it."""
    (folder / "config").mkdir()
    (folder / "config/config.yaml").write_bytes((ROOT / "config/config.yaml").read_bytes())


def test_the_study_ends_with_its_tables(study):
    tables = study / "results/tiny/walker2d/tables"
    assert len(pd.read_csv(tables / "observations.csv")) == 17
    returns = pd.read_csv(tables / "returns.csv")
    assert set(returns["agent"]) == {"expert", "demonstrator", "clone"}
    parts = returns["return_forward"] + returns["return_healthy"] + returns["return_control"]
    np.testing.assert_allclose(parts, returns["return"], atol=1e-6)
    similarity = pd.read_csv(tables / "similarity.csv", keep_default_na=False)
    itself = similarity[
        (similarity["comparison"] == "expert_itself")
        & (similarity["layer_first"] == similarity["layer_second"])
    ]
    np.testing.assert_allclose(itself["cka"].astype(float), 1, atol=1e-9)


def test_one_file_opens_all_activations(study):
    with h5py.File(study / "results/tiny/walker2d/tiny/activations.h5") as file:
        assert sorted(file) == ["bc_0", "bc_40", "expert", "untrained"]
        clones = file["bc_40"]
        half, expert, level = (clones[f"{name}/linear1"] for name in ("half", "expert", "level"))
        parts = np.concatenate([expert[:, ::2], level[:, ::2]], axis=1)
        np.testing.assert_array_equal(half[:], parts)


def test_a_second_run_has_nothing_to_do(study):
    assert "Nothing to be done" in snakemake(study, "--cores", "1")


def test_a_level_made_again_at_other_cores_has_the_same_bytes(study, tmp_path):
    # The checkpoint is exempt: training is resumable, not reproducible to the byte.
    snakemake_config(tmp_path)
    results = Path("results/tiny/walker2d/tiny")
    (tmp_path / results).mkdir(parents=True)
    for name in TRAINED:
        (tmp_path / results / name).write_bytes((study / results / name).read_bytes())
    level = ["similarity/bc_40.csv", "returns/bc_40_sampled.csv"]
    snakemake(tmp_path, "--cores", "1", "--", *(results / name for name in level))
    files = {
        path.relative_to(tmp_path)
        for path in (tmp_path / "results").rglob("*")
        if path.suffix in {".npz", ".pt", ".h5", ".csv"}
    }
    assert len(files) >= 11
    different = [
        str(file)
        for file in sorted(files)
        if (study / file).read_bytes() != (tmp_path / file).read_bytes()
    ]
    assert different == []
