"""The whole road on a tiny study: every file, the same bytes again, after kills and damage too."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import psutil
import pytest
import torch

from brainiarb.actors.layers import LAYERS
from brainiarb.files import read_csv, write_npz
from brainiarb.records import FOLDER, Making, making
from conftest import PATIENCE, ROOT, command, new_folder, snakemake
from figure_drawing import default_figures

EXPERT = Path("results/tiny/walker2d/tiny")
TABLES = EXPERT.parent / "tables"
FIGURES = EXPERT.parent / "figures"
NAMES = default_figures()
FILM = {"gait_cycle.mp4", "gait_cycle.gif"}
DEMONSTRATIONS = EXPERT / "demonstrations/noise_40.npz"
# The checkpoint is exempt from equal bytes: training is resumable, not reproducible to the byte.
TRAINED = ("checkpoint.zip", "checkpoint.json", "checkpoint.csv")


@pytest.fixture
def trained(study, tmp_path):
    """A folder that holds the study's trained expert and nothing else."""
    folder = new_folder(tmp_path / "folder")
    (folder / EXPERT).mkdir(parents=True)
    for name in TRAINED:
        shutil.copyfile(study / EXPERT / name, folder / EXPERT / name)
    shutil.copytree(study / EXPERT / FOLDER, folder / EXPERT / FOLDER)
    return folder


def test_the_study_ends_with_its_tables(study):
    assert len(pd.read_csv(study / TABLES / "observations.csv")) == 17
    returns = pd.read_csv(study / TABLES / "returns.csv")
    assert set(returns["agent"]) == {"expert", "demonstrator", "clone"}
    parts = returns["return_forward"] + returns["return_healthy"] + returns["return_control"]
    np.testing.assert_allclose(parts, returns["return"], atol=1e-6)
    agents = pd.read_csv(study / TABLES / "agents.csv")
    for table in (returns, agents):
        score = 100 * (table["return"] - 1.629008) / (4592.3 - 1.629008)
        np.testing.assert_allclose(table["d4rl_score"], score, atol=1e-5)
    similarity = pd.read_csv(study / TABLES / "similarity.csv", keep_default_na=False)
    measures = pd.read_csv(study / TABLES / "measures.csv")
    assert {"return", "survival", "demonstrator_return"} <= set(measures["measure"])
    assert set(measures["level"]) == {-1, 0, 40}
    statistics = pd.read_csv(study / TABLES / "statistics.csv")
    assert set(statistics["condition"]) == {"conditional on this expert"}
    itself = similarity[
        (similarity["comparison"] == "expert_itself")
        & (similarity["layer_first"] == similarity["layer_second"])
    ]
    np.testing.assert_allclose(itself["cka"].astype(float), 1, atol=1e-9)


def test_the_study_ends_with_its_figures(study):
    expected = {f"{name}.{kind}" for name in NAMES for kind in ("png", "pdf", "csv")} | FILM
    assert {path.name for path in (study / FIGURES).glob("[!.]*")} == expected
    for name in NAMES:
        assert (study / FIGURES / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (study / FIGURES / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert len(pd.read_csv(study / FIGURES / f"{name}.csv", low_memory=False))


def test_the_study_ends_with_its_pages(study):
    findings, explorer = (
        (study / EXPERT.parent / f"{name}.html").read_text("utf-8")
        for name in ("findings", "explorer")
    )
    assert len(findings.encode()) <= 3e6
    assert len(explorer.encode()) <= 6e6
    claims = read_csv(study / TABLES / "claims.csv")
    shown = {*claims["id"], *NAMES, "gait_cycle"}
    assert {name for name in shown if f'id="{name}"' not in findings} == set()
    assert findings.count("data:image/webp;base64,") == len(NAMES) + 1


def test_the_report_holds_every_figure_with_its_caption_and_shows_it_whole(copied):
    report = copied / "report.html"
    snakemake(copied, "--cores", "1", "--report", report)
    text = report.read_text(encoding="utf-8")
    assert "findings.html" in text
    assert "explorer.html" in text
    for name in NAMES:
        caption = (ROOT / f"workflow/report/{name}.rst").read_text(encoding="utf-8")
        plain = next(line for line in caption.splitlines() if line and "{" not in line)
        assert f"{name}.png" in text
        assert plain[:30] in text
    style = re.search(r"<style>([^<]*h-screen img[^<]*)</style>", text)
    assert "max-height: calc(100vh" in style.group(1)


def test_one_file_opens_all_activations(study):
    with h5py.File(study / EXPERT / "activations.h5") as file:
        assert sorted(file) == ["bc_0", "bc_40", "common"]
        expert, clones = file["common/expert"], file["bc_40/common"]
        assert clones.attrs["digests"][0] == expert.attrs["digests"][0]
        for name in LAYERS:
            assert expert[name].shape[0] == 1
            assert clones[name].shape[0] == 2
            assert clones[name].shape[1:] == expert[name].shape[1:]


def test_each_log_says_what_was_written(study):
    logs = list((study / EXPERT.parent / "logs").rglob("*.log"))
    assert len(logs) > 30
    assert [str(log) for log in logs if "wrote results/tiny" not in log.read_text()] == []


def test_a_second_run_has_nothing_to_do(copied):
    assert "Nothing to be done" in snakemake(copied, "--cores", "1")


def test_two_runs_from_scratch_at_other_cores_have_the_same_bytes(study, trained):
    snakemake(trained, "--cores", "1")
    kinds = {".npz", ".pt", ".h5", ".csv", ".png", ".pdf", ".mp4", ".gif"}
    files = {
        path.relative_to(folder)
        for folder in (study, trained)
        for path in (folder / "results").rglob("*")
        if path.suffix in kinds
    }
    assert len(files) > 50
    different = [
        str(file)
        for file in sorted(files)
        if (study / file).read_bytes() != (trained / file).read_bytes()
    ]
    assert different == []


def test_the_quick_study_of_the_shipped_expert_shows_a_walk(tmp_path):
    folder = new_folder(tmp_path / "folder")
    (folder / "dpi.yaml").write_text("figures: {dpi: 80, dpi_of: {gait_cycle: 50}}")
    snakemake(folder, folder / "dpi.yaml", "--cores", "2", overlay="config/quick.yaml")
    results = folder / "results/quick/walker2d"
    expected = {f"{name}.{kind}" for name in NAMES for kind in ("png", "pdf", "csv")} | FILM
    assert {path.name for path in (results / "figures").glob("[!.]*")} == expected
    agents = pd.read_csv(results / "tables/agents.csv")
    expert = agents[(agents["agent"] == "expert") & (agents["mode"] == "mean")]
    assert (expert["return"] > 4500).all()
    assert (expert["length"] == 1000).all()
    cycles = pd.read_csv(results / "tables/gait_cycles.csv")
    cycle = cycles[(cycles["map"] == "shared") & (cycles["agent"] == "expert")]
    assert cycle["anchor"].iloc[0] == "strike"
    assert cycle["seconds"].between(0.3, 1.2).all()
    assert np.ptp(cycle["x"]) > 0
    similarity = pd.read_csv(results / "tables/similarity.csv")
    heads = similarity[
        (similarity["stimuli"] == "common")
        & (similarity["level"] <= 0)
        & (similarity["layer_first"] == "mean_linear")
        & (similarity["layer_second"] == "mean_linear")
    ]
    alike = heads.groupby("comparison")["cka"].mean()
    assert alike["expert_clone"] > alike["expert_untrained"]


def test_measures_of_similarity_are_chosen_in_the_config(copied):
    change = copied / "measures.yaml"
    change.write_text("similarity: {measures: [svcca, rsa]}", encoding="utf-8")
    table = TABLES / "similarity.csv"
    snakemake(copied, change, "--cores", "1", "--", table)
    similarity = pd.read_csv(copied / table)
    common = similarity.query("stimuli == 'common' and layer_first == layer_second")
    assert common[["svcca", "rsa", "cka"]].notna().all(axis=None)
    assert "procrustes" not in common
    measures = pd.read_csv(copied / EXPERT / "measures/similarity_bc_40.csv")
    assert "svcca_linear1" in set(measures["measure"])
    floors = pd.read_csv(copied / EXPERT / "measures/similarity.csv")
    assert "floor_svcca_linear1" in set(floors["measure"])


def test_one_figure_by_its_name_runs_only_what_it_needs(trained):
    said = snakemake(trained, "--cores", "1", "--", FIGURES / "table1.png")
    assert "2 of 2 steps (100%) done" in said
    assert "Group jobs" not in said  # they are planned for a cluster only
    files = (path for path in (trained / "results").rglob("*") if path.is_file())
    made = {path.name for path in files if path.parent.name != FOLDER}
    assert made - set(TRAINED) == {
        "observations.csv", "tabulate_observations.log",
        "table1.png", "table1.pdf", "table1.csv", "table1.log",
    }  # fmt: skip


# ---- kills


def start(folder):
    """Start the recording of demonstrations; return Snakemake's process and that of the job."""
    ours = subprocess.Popen(
        command("--cores", "1", "--", DEMONSTRATIONS), cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    log = folder / EXPERT.parent / "logs/record_demonstrations/tiny_40.log"
    for _ in range(PATIENCE * 20):
        # The job opens its log, so from now on it is at work.
        if log.exists():
            jobs = psutil.Process(ours.pid).children(recursive=True)
            return ours, [job for job in jobs if ".snakemake/scripts" in " ".join(job.cmdline())]
        assert ours.poll() is None
        time.sleep(0.05)
    raise AssertionError("the job did not start in time")


def test_a_killed_job_is_made_again_with_the_same_result(study, trained):
    ours, jobs = start(trained)
    for job in jobs:
        os.kill(job.pid, signal.SIGKILL)
    assert ours.wait(PATIENCE) != 0
    assert not (trained / DEMONSTRATIONS).exists()
    snakemake(trained, "--cores", "1", "--", DEMONSTRATIONS)
    assert (trained / DEMONSTRATIONS).read_bytes() == (study / DEMONSTRATIONS).read_bytes()


def test_a_killed_snakemake_goes_on_with_the_same_result(study, trained):
    ours, jobs = start(trained)
    os.kill(ours.pid, signal.SIGKILL)
    ours.wait(PATIENCE)
    for job in jobs:
        if job.is_running():
            job.kill()
    assert "lock" in snakemake(trained, "--cores", "1", "--", DEMONSTRATIONS, fails=True).lower()
    snakemake(trained, "--unlock")
    snakemake(trained, "--cores", "1", "--", DEMONSTRATIONS)
    assert (trained / DEMONSTRATIONS).read_bytes() == (study / DEMONSTRATIONS).read_bytes()


# ---- damage


def refused(folder, target, log, *words):
    """Ask for a file whose input is damaged: one clear error on screen and in the log, no file."""
    (folder / target).unlink(missing_ok=True)
    said = snakemake(folder, "--cores", "1", "--", target, fails=True)
    logged = (folder / EXPERT.parent / "logs" / log).read_text()
    for word in ("error: ", *words):
        assert word in logged
        assert word in said
    assert "Traceback" in logged
    assert "Traceback" not in said
    assert not (folder / target).exists()
    assert not list((folder / target).parent.glob(".writing*"))


def test_a_truncated_checkpoint_is_refused(copied):
    archive = copied / EXPERT / "checkpoint.zip"
    archive.write_bytes(archive.read_bytes()[:5000])
    refused(copied, EXPERT / "rollouts.npz", "record_expert/tiny.log", "checkpoint.zip")


def test_a_rollout_with_nan_is_refused(copied):
    rollouts = copied / EXPERT / "rollouts.npz"
    with np.load(rollouts) as archive:
        arrays = dict(archive)
    arrays["heights"][7] = np.nan
    with making(Making(copied / EXPERT.parent)):
        write_npz(rollouts, arrays)
    refused(
        copied, DEMONSTRATIONS, "record_demonstrations/tiny_40.log",
        "rollouts.npz", "'heights' is not finite in row 7",
    )  # fmt: skip


def test_a_digit_that_changed_in_a_table_is_listed_and_stops_what_reads_it(copied):
    part = copied / EXPERT / "returns/bc_40.csv"
    part.write_text(part.read_text().replace("clone,bc,40", "clone,bc,41", 1))
    said = snakemake(copied, "--cores", "1", "--", "verify", fails=True)
    named = part.relative_to(copied)
    assert f"{named} is not what was written there: its bytes have changed" in said
    assert f"--forcerun {named} --" in said
    refused(
        copied, EXPERT / "measures/returns.csv", "measure_returns/tiny.log",
        f"{named} is not what was written there", f"rm {named} && snakemake --cores all",
    )  # fmt: skip


def test_a_checkpoint_of_another_body_is_refused(copied):
    import stable_baselines3

    model = stable_baselines3.SAC("MlpPolicy", "Hopper-v5", buffer_size=1, device="cpu")
    model.save(copied / EXPERT / "checkpoint.zip")
    refused(copied, EXPERT / "rollouts.npz", "record_expert/tiny.log", "checkpoint.zip", "walker2d")


def test_exported_clones_open_in_stable_baselines3(copied):
    import stable_baselines3

    target = EXPERT / "bc_0/clone_1.zip"
    snakemake(copied, "--cores", "1", "--", target)
    model = stable_baselines3.SAC.load(copied / target, device="cpu")
    clones = torch.load(copied / EXPERT / "bc_0.pt", weights_only=True)
    exported = model.policy.actor
    for name, layer in (
        ("linear1", exported.latent_pi[0]),
        ("linear2", exported.latent_pi[2]),
        ("mean_linear", exported.mu),
        ("log_std_linear", exported.log_std),
    ):
        for part in ("weight", "bias"):
            of_all = clones[f"{name}.{part}"]
            assert torch.equal(getattr(layer, part).detach(), of_all[1])
            assert not torch.equal(of_all[0], of_all[1])
