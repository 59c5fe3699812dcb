"""What reruns after a change, on placeholder files, by the public API of Snakemake."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from figure_drawing import default_figures
from plans import FOLDER
from plans import plan as plan_with_pages

GAITS = (
    "gait_map", "gait_cycles", "map_bandwidths", "occupancy", "transitions", "map_distances",
)  # fmt: skip
FILM = {"figures/gait_cycle.mp4", "figures/gait_cycle.gif"}
# What every measure ends in.
STATISTICS = {f"tables/{name}.csv" for name in ("measures", "statistics", "claims", "replication")}
INFERRED = default_figures("measures", "statistics", "claims")
SIMILARITIES = default_figures("similarity", "single_networks")
DYNAMICS = ("jpca", "jpca_trajectories", "decoding")
DYNAMIC_PARTS = (
    "dynamics/jpca", "dynamics/trajectories", "dynamics/decoding", "measures/dynamics",
)  # fmt: skip

PAGES = {"findings.html", "explorer.html"}


def plan(checkout, **change):
    """Return the planned files besides pages; the findings are written again with the figures."""
    planned = plan_with_pages(checkout, **change)
    assert ("findings.html" in planned) == any(file.startswith("figures/") for file in planned)
    return planned - PAGES


@pytest.mark.parametrize(
    ("body", "name"), [("ant", "ant"), ({"gymnasium": "Swimmer-v5"}, "gymnasium_swimmer")]
)
def test_another_body_is_a_study_of_its_own_beside_the_first(checkout, body, name):
    ours = {path.relative_to(checkout / FOLDER) for path in (checkout / FOLDER).rglob("*.*")}
    theirs = {
        Path(file).relative_to(f"results/tiny/{name}")
        for file in plan_with_pages(checkout, config={"body": body})
    }
    assert theirs == {file for file in ours if file.suffix != ".log"}


def of_similarity():
    """The files that are made again if similarity is computed in another way."""
    parts = {f"tiny/similarity/{part}.csv" for part in ("expert", "bc_0", "bc_40")}
    parts |= {f"tiny/similarity/single_{part}.csv" for part in ("expert", "bc_0", "bc_40")}
    parts |= {f"tiny/measures/similarity{part}.csv" for part in ("", "_bc_0", "_bc_40")}
    tables = {"tables/similarity.csv", "tables/single_networks.csv", *STATISTICS}
    return parts | tables | drawings(*SIMILARITIES, *INFERRED)


def of_common():
    """The files that depend on the states that all networks are shown."""
    levels, agents = (0, 40), ("expert", 0, 40)
    return {
        "tiny/common_states.npz",
        "tiny/activations/common.h5",
        *(f"tiny/activations/bc_{level}.h5" for level in levels),
        "tiny/activations.h5",
        *of_similarity(),
        "tiny/measures/functional_untrained.csv",
        *(f"tiny/measures/functional_bc_{level}.csv" for level in levels),
        *(f"tiny/{part}_{name}.csv" for part in DYNAMIC_PARTS for name in agents),
        *(f"tables/{table}.csv" for table in DYNAMICS),
        *drawings(*default_figures(*DYNAMICS)),
    }


def of_level(
    level, tables=("similarity", "single_networks", "returns", "agents"), figures=SIMILARITIES
):
    """Return the files that depend on one noise level."""
    expert = "tiny"
    return {
        f"{expert}/demonstrations/noise_{level}.npz",
        f"{expert}/bc_{level}.pt",
        f"{expert}/bc_{level}/history.csv",
        f"{expert}/bc_{level}/rollouts.npz",
        f"{expert}/bc_{level}/rollouts_sampled.npz",
        f"{expert}/activations/bc_{level}.h5",
        f"{expert}/activations.h5",
        f"{expert}/similarity/bc_{level}.csv",
        f"{expert}/similarity/single_bc_{level}.csv",
        *(f"{expert}/{part}_{level}.csv" for part in DYNAMIC_PARTS),
        f"{expert}/returns/demonstrations_{level}.csv",
        f"{expert}/returns/bc_{level}.csv",
        f"{expert}/returns/bc_{level}_sampled.csv",
        f"{expert}/measures/returns.csv",
        f"{expert}/measures/similarity_bc_{level}.csv",
        f"{expert}/measures/functional_bc_{level}.csv",
        *STATISTICS,
        *measured(),
        *(f"tables/{table}.csv" for table in (*DYNAMICS, *tables)),
        *drawings(*default_figures("agents", *DYNAMICS), *figures),
    }


def measured():
    """Return the files of the gait measures and of what follows from them."""
    names = ("strides", "spectral_distances", "margins")
    parts = {f"{place}/{name}.csv" for place in ("tiny", "tables") for name in names}
    return {"tiny/measures/gaits.csv", *parts, *STATISTICS, *drawings(*INFERRED)}


def drawings(*figures):
    """Return the files of figures."""
    return {f"figures/{name}.{kind}" for name in figures for kind in ("png", "pdf", "csv")}


def test_a_copy_with_other_time_stamps_reruns_nothing(checkout):
    assert plan(checkout) == set()
    assert plan(checkout, cores=2) == set()


def test_a_large_archive_reruns_by_content_and_not_by_time(checkout):
    archive = checkout / "expert.zip"
    archive.write_bytes(bytes(1_500_000))
    placed = {"experts": {"tiny": {"checkpoint": archive.name, "train": None}}}
    plan(checkout, executor="touch", config=placed)
    archive.touch()
    assert plan(checkout, config=placed) == set()
    archive.write_bytes(bytes(1_499_999) + b"1")
    assert "tiny/checkpoint.zip" in plan(checkout, config=placed)


def test_the_curve_beside_an_archive_is_carried_along_and_drawn(checkout):
    archive, curve = checkout / "expert.zip", checkout / "expert.csv"
    archive.write_text("an archive")
    curve.write_text("a curve")
    placed = {"experts": {"tiny": {"checkpoint": archive.name, "train": None}}}
    plan(checkout, executor="touch", config=placed)
    curve.write_text("another curve")
    carried = {"tiny/checkpoint.csv", "tables/learning_curves.csv"}
    assert carried | drawings("learning_curves") <= plan(checkout, config=placed)


def test_changing_a_primary_level_reruns_that_level_what_gathers_it_and_the_common_states(checkout):
    change = {
        "noise": {"levels": [0, 50]},
        "spectra": {"levels": [0, 50]},
        "figures": {"noisy_level": 50, "study_level": 50},
        "statistics": {"primary_levels": [0, 50]},
    }
    gathered = ("spectra", *GAITS)
    tables = ("similarity", "returns", "agents", *gathered)
    figures = default_figures("similarity", "robustness", *gathered)
    gathered = (*gathered, "measures/gait_map")
    expected = of_level(50, tables, figures) | {f"tiny/{name}.csv" for name in gathered}
    replaced = {file for file in of_common() if "40" not in file} | {"tiny/gait_map.npz"}
    assert plan(checkout, config=change) == expected | FILM | replaced


def test_adding_a_level_touches_no_other_level(checkout):
    assert plan(checkout, config={"noise": {"levels": [0, 20, 40]}}) == of_level(20)


def test_reordering_levels_reruns_nothing(checkout):
    change = {"noise": {"levels": [40, 0]}, "spectra": {"levels": [40, 0]}}
    assert plan(checkout, config=change) == set()


def test_two_swapped_values_are_noticed(checkout):
    recording = {"expert_episodes": 2, "clone_episodes": 4}
    planned = plan(checkout, config={"recording": recording})
    assert {"tiny/rollouts.npz", "tiny/bc_0/rollouts.npz"} <= planned


def test_spelling_a_number_differently_reruns_nothing(checkout):
    assert plan(checkout, config={"cloning": {"learning_rate": "1e-3"}}) == set()


def test_a_spectral_setting_recomputes_spectra_and_gait_measures_only(checkout):
    planned = plan(checkout, config={"spectra": {"segment": 32}})
    assert planned == {"tiny/spectra.csv", "tables/spectra.csv"} | measured()


def test_other_measures_of_similarity_recompute_similarity_only(checkout):
    change = {"similarity": {"measures": ["svcca", "rsa"]}}
    assert plan(checkout, config=change) == of_similarity()


def test_more_surrogates_repeat_the_analysis_of_dynamics_only(checkout):
    planned = plan(checkout, config={"dynamics": {"surrogates": 8}})
    families = ("expert", 0, 40)
    parts = {f"tiny/{part}_{family}.csv" for part in DYNAMIC_PARTS for family in families}
    tables = {f"tables/{table}.csv" for table in DYNAMICS} | STATISTICS
    assert planned == parts | tables | drawings(*default_figures(*DYNAMICS), *INFERRED)


def test_a_map_setting_remaps_gaits_only(checkout):
    planned = plan(checkout, config={"gaitmap": {"perplexity": 20}})
    tables = {f"{place}/{name}.csv" for place in ("tiny", "tables") for name in GAITS}
    tables |= {"tiny/gait_map.npz", "tiny/measures/gait_map.csv"} | STATISTICS
    assert planned == tables | FILM | drawings(*default_figures(*GAITS), *INFERRED)


def test_the_stability_of_the_map_is_told_where_the_config_asks_for_it(checkout):
    planned = plan(checkout, config={"extra_tables": ["map_stability"]})
    assert planned == {f"{place}/map_stability.csv" for place in ("tiny", "tables")}


def test_alpha_recomputes_every_interval_and_records_nothing(checkout):
    planned = plan(checkout, config={"statistics": {"alpha": 0.1}})
    intervals = {"tables/statistics.csv", "tiny/similarity/bc_0.csv", "tiny/dynamics/jpca_0.csv"}
    assert {*intervals, "tiny/measures/gaits.csv"} <= planned
    assert {Path(file).suffix for file in planned} == {".csv", ".png", ".pdf"}


def test_a_margin_recomputes_statistics_only(checkout):
    change = {"statistics": {"margins": {"relative": {"return": 0.2}}}}
    assert plan(checkout, config=change) == {"tables/statistics.csv"} | drawings(
        *default_figures("statistics")
    )


def test_a_dose_disturbs_agents_anew_and_records_nothing(checkout):
    planned = plan(checkout, config={"robustness": {"push": [100, 200]}})
    assert {f"tiny/robustness/{agents}.csv" for agents in ("expert", 0)} <= planned
    assert drawings("fig_robustness") <= planned
    assert {Path(file).suffix for file in planned} == {".csv", ".png", ".pdf"}


def test_the_dpi_of_a_figure_redraws_that_figure_only(checkout):
    planned = plan(checkout, config={"figures": {"dpi_of": {"fig4_psd": 90}}})
    assert planned == drawings("fig4_psd")


def test_the_dpi_of_all_figures_redraws_them_but_no_film(checkout):
    planned = plan(checkout, config={"figures": {"dpi": 90}})
    assert planned == {
        str(path.relative_to(checkout / FOLDER))
        for path in (checkout / FOLDER / "figures").iterdir()
        if path.stem != "gait_cycle"
    }


def test_editing_how_a_figure_looks_redraws_that_figure_only(checkout):
    module = checkout / "workflow/scripts/brainiarb/figures/fig2_cka.py"
    module.write_text(module.read_text("utf-8") + "\nNEW = 1\n", "utf-8")
    assert plan(checkout) == drawings("fig2_cka")


def test_a_new_body_and_a_new_figure_touch_nothing_that_is_finished(checkout):
    library = checkout / "workflow/scripts/brainiarb"
    for old, new in (
        (library / "bodies/catalogue/hopper.py", "snake.py"),
        (library / "figures/table1.py", "fig_new.py"),
        (checkout / "workflow/report/table1.rst", "fig_new.rst"),
    ):
        shutil.copyfile(old, old.with_name(new))
    assert plan(checkout) == drawings("fig_new")


def test_what_a_page_tells_of_the_config_and_how_it_looks_writes_the_page_again(checkout):
    told = {"statistics": {"designs": {"wide": {"experts": 9, "clones": 2}}}}
    assert plan_with_pages(checkout, config=told) >= {"findings.html", "tables/claims.csv"}
    for name in ("findings.css", "explorer/panels.js"):
        look = checkout / "workflow/report" / name
        look.write_text(look.read_text("utf-8") + "\n", "utf-8")
    assert plan_with_pages(checkout) == {"findings.html", "explorer.html"}


def test_editing_a_module_reruns_its_dependents(checkout):
    module = checkout / "workflow/scripts/brainiarb/similarity/pairs.py"
    module.write_text(module.read_text("utf-8") + "\nNEW = 1\n", "utf-8")
    assert plan(checkout) == of_similarity()


def test_comments_and_docstrings_rerun_nothing(checkout):
    module = checkout / "workflow/scripts/brainiarb/files.py"
    text = module.read_text("utf-8").replace('"""', '"""Other words. ', 1)
    module.write_text(text + "\n# a comment\n", "utf-8")
    assert plan(checkout) == set()


@pytest.mark.parametrize(("body", "expert"), [("walker2d", "sac_1"), ("hopper", "crossq_2")])
def test_training_a_shipped_expert_anew_is_one_job_for_any_body(body, expert):
    file = f"results/training/{body}/{expert}/checkpoint.zip"
    options = ["--configfile", "config/train_experts.yaml", "--config", f"body={body}", "--", file]
    call = [sys.executable, "-m", "snakemake", "-n", "--forceall", "--cores", "1", *options]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = (done.stdout + done.stderr).splitlines()
    planned = [line for line in said if line.startswith(("Job 0", "Job 1"))]
    assert planned == [f"Job 0: Training the expert {expert}"]


def test_the_cluster_profile_resolves_from_a_checkout(tmp_path):
    call = [sys.executable, "-m", "snakemake", "-n", "--forceall", "--profile", "slurm"]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        call, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Group job finish" in said
