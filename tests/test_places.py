"""Where the workflow may be run from: what ships is found, what the user names is his."""

import shutil
import subprocess
import sys

import pytest
import yaml

from conftest import ROOT, command

TABLE = "results/walker2d/tables/observations.csv"
SHIPPED = ROOT / "workflow/resources/checkpoints/walker2d/crossq_0.zip"
PLACED = "results/walker2d/crossq_0/checkpoint.zip"
STATISTICS = "results/walker2d/tables/statistics.csv"


def default():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))


def planned(folder, *options, fails=False):
    """Return what Snakemake says that it would do in a folder, without an overlay."""
    call = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", *map(str, options)]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, said
    return said


def module(folder, *lines, use="use rule * from brainiarb as brainiarb_*"):
    """Write a workflow that takes ours as a module, with further lines of the module."""
    text = ["module brainiarb:", f"    snakefile: {str(ROOT / 'Snakefile')!r}"]
    text += [f"    {line}" for line in lines]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Snakefile").write_text("\n".join([*text, use, ""]), encoding="utf-8")


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), "utf-8")
    return path


@pytest.mark.parametrize("how", ["-s", "--directory"])
def test_an_empty_working_directory_gets_the_default_study(how, tmp_path):
    snakefile = ("-s", ROOT / "Snakefile")
    if how == "-s":
        said = planned(tmp_path, *snakefile)
    else:
        said = planned(ROOT, *snakefile, "--directory", tmp_path)
    jobs = {line.split()[0]: line.split()[-1] for line in said.splitlines() if line.strip()}
    assert jobs["place_expert"] == str(len(default()["study"]["compare"]))
    assert jobs["draw_fig3_gait_cycles"] == "1"
    assert not (tmp_path / "results").exists()


def test_a_folder_above_and_a_relative_snakefile_are_as_good(tmp_path):
    (tmp_path / "checkout").symlink_to(ROOT)
    (tmp_path / "checkout-of-mine").mkdir()
    said = planned(tmp_path / "checkout-of-mine", "-s", "../checkout/Snakefile", "--", PLACED)
    assert "place_expert" in said


def test_a_job_works_from_elsewhere_and_writes_to_the_working_directory(tmp_path):
    call = [*command("--cores", "1", "--", "results/tiny/walker2d/tables/observations.csv")]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "results/tiny/walker2d/tables/observations.csv").is_file()


def test_own_paths_are_meant_from_the_working_directory_and_come_first(tmp_path):
    shutil.copyfile(SHIPPED, tmp_path / "mine.zip")
    write(tmp_path / "config/config.yaml", {"experts": {"mine": {"checkpoint": "mine.zip"}}})
    options = ("-s", ROOT / "Snakefile", "--", PLACED.replace("crossq_0", "mine"))
    assert "Placing the expert mine" in planned(tmp_path, *options)
    own = tmp_path / SHIPPED.relative_to(ROOT)
    own.parent.mkdir(parents=True)
    for name in ("checkpoint.zip", "checkpoint.json", "checkpoint.csv"):
        write(tmp_path / PLACED.replace("checkpoint.zip", name), "")
    own.write_bytes(b"x")
    said = planned(tmp_path, "-s", ROOT / "Snakefile", "--", PLACED)
    assert f"Updated input files: {SHIPPED.relative_to(ROOT)}" in said


def test_a_config_in_the_working_directory_changes_single_keys(tmp_path):
    write(tmp_path / "config/config.yaml", {"results": "elsewhere"})
    options = ("-s", ROOT / "Snakefile", "--", TABLE.replace("results", "elsewhere"))
    assert "Writing the table of observations" in planned(tmp_path, *options)
    write(tmp_path / "config/config.yaml", {"nosie": 1})
    said = planned(tmp_path, "-s", ROOT / "Snakefile", fails=True)
    assert "config: nosie is not a key, did you mean noise?" in said


def test_a_config_in_the_working_directory_that_is_no_text_is_refused_in_one_line(tmp_path):
    write(tmp_path / "config/config.yaml", "").write_bytes(
        "results: Ergebnisse für mich".encode("latin-1")
    )
    said = planned(tmp_path, "-s", ROOT / "Snakefile", fails=True)
    assert "config: config/config.yaml is no text in UTF-8; save it as UTF-8" in said
    assert "Traceback" not in said


def test_a_file_that_is_nowhere_is_refused_with_the_folder_where_it_was_sought(tmp_path):
    overlay = write(tmp_path / "mine.yaml", {"experts": {"mine": {"checkpoint": "no.zip"}}})
    said = planned(tmp_path, "-s", ROOT / "Snakefile", "--configfile", overlay, fails=True)
    assert f"config: experts.mine.checkpoint: no file no.zip in {tmp_path}" in said


@pytest.mark.parametrize("lines", [(), ('config: config["walk"]',), ('prefix: "walk"',)])
def test_another_workflow_takes_this_one_as_a_module(lines, tmp_path):
    module(tmp_path, *lines)
    folder = "walk/" if 'prefix: "walk"' in lines else ""
    config = write(tmp_path / "mine.yaml", {"walk": {"noise": {"clones": 3}}})
    options = ("--configfile", config) if "config: " in " ".join(lines) else ()
    said = planned(tmp_path, *options, "--", folder + STATISTICS)
    assert "brainiarb_compute_statistics" in said
    assert "brainiarb_place_expert" in said


def test_the_config_of_the_other_workflow_is_not_ours(tmp_path):
    write(tmp_path / "config/config.yaml", {"samples": "table.tsv", "walk": {"results": "walks"}})
    module(tmp_path, 'config: config["walk"]')
    other = tmp_path / "Snakefile"
    other.write_text(f'configfile: "config/config.yaml"\n{other.read_text("utf-8")}', "utf-8")
    table = TABLE.replace("results", "walks")
    assert "Writing the table of observations" in planned(tmp_path, "--", table)
    module(tmp_path)
    assert "Writing the table of observations" in planned(tmp_path, "--", TABLE)


def test_files_of_the_other_workflow_are_found_under_a_prefix(tmp_path):
    shutil.copyfile(SHIPPED, tmp_path / "mine.zip")
    module(tmp_path, 'config: {"experts": {"mine": {"checkpoint": "mine.zip"}}}', 'prefix: "walk"')
    target = f"walk/{PLACED.replace('crossq_0', 'mine')}"
    assert "Placing the expert mine" in planned(tmp_path, "--", target)


def test_a_snakefile_without_the_files_beside_it_is_refused_in_one_line(tmp_path):
    shutil.copyfile(ROOT / "Snakefile", tmp_path / "Snakefile")
    rules = "workflow/rules"
    shutil.copytree(ROOT / rules, tmp_path / rules)
    said = planned(tmp_path, fails=True)
    assert f"Snakefile: no file {tmp_path / 'config/config.yaml'}; clone the repository" in said
    assert "Traceback" not in said
