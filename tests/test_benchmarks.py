"""Benchmarks: what their table says and when it fails; nothing here is timed."""

import json
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import (
    experts,
    gaits,
    offline_replay,
    planning,
    similarity,
    study,
    threads,
    times_to_return,
    turns,
    workflow,
)
from benchmarks.planned import Job
from benchmarks.table import Row, show
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv, write_npz
from brainiarb.rollouts.transitions import transitions
from brainiarb.similarity.array_measures import linear_cka


def row(met):
    return Row("sac updates/s", "338/s", "stock 165/s", "2.05", ">= 1.7 x", met)


@pytest.mark.parametrize(("met", "code"), [(True, 0), (None, 0), (False, 1)])
def test_a_missed_bar_is_said_and_fails(met, code, capsys):
    assert show([row(True), row(met)]) == code
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert said[2].endswith({True: "met", None: "reported", False: "missed"}[met])
    assert "2.05" in said[2]


def test_time_to_a_return_is_that_of_the_first_evaluation_that_reaches_it():
    curve = pd.DataFrame({"return_mean": [9, 4500, 20, 4800], "wall_time_s": [1.0, 2, 3, 4]})
    assert times_to_return.reached(curve, 4500) == 2
    assert times_to_return.reached(curve, 4501) == 4
    assert times_to_return.reached(curve, 4801) == math.inf


def test_a_projection_takes_the_updates_and_steps_to_a_return_at_the_speeds_of_this_machine(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(times_to_return, "SHIPPED", tmp_path)
    for seed, returns in enumerate([[9.0, 4600, 4700], [9, 20, 30]]):
        curve = pd.DataFrame({"return_mean": returns, "length_mean": [100.0, 1000, 1000]})
        curve = curve.assign(step=[5000, 10_000, 15_000], update=[0, 6000, 12_000])
        curve.to_csv(tmp_path / f"crossq_{seed}.csv")
        (tmp_path / f"crossq_{seed}.json").write_text('{"evaluation_episodes": 10}')
    # 10 episodes of 100 and of 1,000 steps until the return, and 10 of 1,000 more to the end
    assert times_to_return.projected_times("crossq", 4500, 200.0, 1000.0) == {
        "crossq_0 (6,000 updates and 21,000 steps)": 30 + 21,
        "crossq_1 (12,000 updates, its budget, because it never reached it, and 36,000 steps)": 96,
        "crossq_2 (does not ship)": math.inf,
    }


def test_a_seed_whose_curve_was_kept_is_not_trained_again(tmp_path, monkeypatch):
    monkeypatch.setattr(times_to_return, "KEPT", tmp_path)
    monkeypatch.setattr(times_to_return, "build", None)
    for seed, seconds in enumerate([60, 90, 300]):
        curve = pd.DataFrame({"return_mean": [3900.0], "wall_time_s": [seconds], "threads": [1]})
        curve.to_csv(tmp_path / f"sac_{seed}.csv")
    assert times_to_return.trained_times("sac", 3900, 2700, 2) == {
        "sac_0 (1 thread, anew)": 60,
        "sac_1 (1 thread, anew)": 90,
        "sac_2 (1 thread, anew)": 300,
    }


def test_an_update_of_sac_on_walker2d_is_590_million_operations():
    assert experts.flops_per_update(17, 6) == pytest.approx(590e6, rel=1e-3)


def test_sides_take_turns_after_a_first_block_each():
    calls = []

    def side(name):
        return lambda: calls.append(name) or float(len(calls))

    speeds = turns.alternate({"ours": side("ours"), "stock": side("stock")}, 2)
    assert calls == ["ours", "stock"] * 3
    assert speeds == {"ours": [3, 5], "stock": [4, 6]}
    assert turns.median_ratio([2.0, 9, 4], [1.0, 3, 1]) == 3


def test_rows_of_threads_compare_two_threads_with_one_and_leave_the_number_as_it_was():
    seen = []

    def block():
        seen.append(torch.get_num_threads())
        return float(seen[-1])

    rows = threads.thread_rows({"sac": block}, 8, repeats=2)
    assert seen == [2, 1] * 3
    assert torch.get_num_threads() == 1
    assert [(row.what, row.met) for row in rows] == [
        ("updates/s of sac, two threads", True),
        ("pairs/s of 8-wide products, two threads", None),
    ]
    assert rows[0].ratio == "2.00"


def test_the_reference_ways_compute_the_same_cka():
    x, y = np.random.default_rng(0).normal(size=(2, 30, 4))
    y += x
    for debiased in (False, True):
        theirs = similarity.feature_space_cka(x, y, debiased)
        assert theirs == pytest.approx(linear_cka(x, y, debiased), abs=1e-12)
    assert similarity.gram_cka(x, y) == pytest.approx(linear_cka(x, y), abs=1e-12)


def test_the_stream_of_any_number_of_rows_has_a_peak():
    assert 10e6 < similarity.stream(5) < 100e9


def test_both_sides_of_recording_count_their_steps():
    import gymnasium

    def act(observations):
        return np.zeros((len(observations), 6))

    envs = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make("Walker2d-v5")] * 3)
    assert gaits.step_vector(envs, act, 4) == gaits.record(act, 3, 4, threads=1) == 12
    assert gaits.speed(lambda: 7) > 7


def test_a_process_costs_the_time_that_it_computes_and_not_the_time_that_it_sleeps(tmp_path):
    compute = "import time\nwhile time.process_time() < 0.3: pass"
    sleep = "import time\ntime.sleep(0.3)"
    assert planning.cpu_seconds([sys.executable, "-c", compute], tmp_path) >= 0.3
    assert planning.cpu_seconds([sys.executable, "-c", sleep], tmp_path) < 0.3


def test_a_process_that_fails_has_no_time(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        planning.cpu_seconds([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_a_larger_study_has_each_expert_under_several_names():
    full = {
        "noise": {"clones": 8},
        "study": {"clone": ["a"], "compare": ["a", "b"]},
        "offline": {"in_study": True, "experts": ["a"]},
    }
    assert planning.multiplied(full, {"a": {"checkpoint": "a.zip"}, "b": {}}, 2) == {
        "noise": {"clones": 8},
        "experts": {
            "a_0": {"checkpoint": "a.zip"}, "a_1": {"checkpoint": "a.zip"}, "b_0": {}, "b_1": {},
        },
        "study": {"clone": ["a_0", "a_1"], "compare": ["a_0", "a_1", "b_0", "b_1"]},
        "offline": {"in_study": True, "experts": ["a_0", "a_1"]},
    }  # fmt: skip


def test_each_script_is_measured_against_the_packages_of_its_environment(monkeypatch):
    seconds = {"torch": 1.0, "numpy + pandas + h5py": 0.5}
    monkeypatch.setattr(
        workflow,
        "least_seconds",
        lambda programs, *_: dict.fromkeys(programs, 0.81) | seconds,
    )
    rows = {row.what: row for row in workflow.start_rows(workflow.ROOT, 1)}
    trained, tabulated = rows["imports of train_expert.py"], rows["imports of measure_gaits.py"]
    assert (trained.ratio, trained.bar, trained.met) == ("0.81", "<= 1.3 x", True)
    assert (tabulated.ratio, tabulated.bar, tabulated.met) == ("1.62", "<= 1.6 x", False)


@pytest.fixture
def small_study(tmp_path):
    """Return the results of a study of two jobs, whose records and files are planted."""
    results = tmp_path / "results/walker2d"
    jobs = {
        "bc_0.pt": ("train_clones", 10.0, 30.0), "bc_0/history.csv": ("train_clones", 10.0, 30.5),
        "rollouts.npz": ("record_expert", 0.0, 12.0), "quick": ("train_clones", 50.0, 60.0),
    }  # fmt: skip
    (tmp_path / ".snakemake/metadata").mkdir(parents=True)
    for name, (rule, start, end) in jobs.items():
        logs = "results/quick/logs" if name == "quick" else "results/walker2d/logs"
        record = {"rule": rule, "log": [f"{logs}/{rule}.log"], "starttime": start, "endtime": end}
        path = tmp_path / ".snakemake/metadata" / name.replace("/", "_")
        path.write_text(json.dumps(record))
    expert = results / "crossq_0"
    write_npz(expert / "rollouts.npz", {"rewards": np.zeros(100)})
    steps = {"observations": np.zeros((400, 17)), "actions": np.zeros((400, 6))}
    write_npz(expert / "demonstrations/noise_0.npz", steps)
    write_csv(expert / "bc_0/history.csv", pd.DataFrame({"clone": [0, 0, 0, 1]}))
    write_csv(expert / "robustness/0.csv", pd.DataFrame({"length": [30, 20]}))
    return results


def test_jobs_of_a_study_lasted_as_snakemake_recorded(small_study, tmp_path):
    times = study.job_times(tmp_path, small_study)
    assert times == {"record_expert": [(0.0, 12.0)], "train_clones": [(10.0, 30.5)]}
    planned = [Job("train_clones", {}, "results/walker2d/logs/train_clones.log", (), 1000)]
    assert [*study.job_times(tmp_path, small_study, planned)] == ["train_clones"]
    assert study.union_seconds([(0.0, 12.0), (10.0, 30.5), (40.0, 41.0)]) == 31.5


def test_work_of_a_study_is_that_of_its_files(small_study):
    # Two clones of 200 rows, 180 of them trained on, which saw 3 epochs and 1 epoch.
    forward = 2 * 256 * (17 + 256 + 12)
    trained = 2 * forward + 2 * 256 * (6 + 256)
    steps = 100 + 400 + 50
    files = [path for path in small_study.rglob("*") if path.is_file()]
    assert study.work_of(files, 0.1) == (steps, 4 * 180 * trained + steps * forward)


def test_an_unfinished_study_has_no_rows(small_study, tmp_path):
    assert study.study_rows(tmp_path, small_study, 0.1) == []


def test_a_replay_becomes_the_transitions_that_the_agent_saw():
    replay, returns = offline_replay.half_trained(get_body("walker2d"), steps=120)
    steps = transitions(offline_replay.as_demonstrations(replay, learners=2))
    seen = {name: np.concatenate([*rows.swapaxes(0, 1)] * 2) for name, rows in replay.items()}
    ends, cut = seen["dones"].astype(bool), seen["timeouts"].astype(bool)
    cut[29::30] |= ~ends[29::30]  # four environments of 30 steps
    assert len(returns) == offline_replay.EPISODES
    assert (ends & ~cut).any()
    for name in ("observations", "actions", "rewards", "next_observations"):
        assert np.array_equal(getattr(steps, name), seen[name])
    assert np.array_equal(steps.terminals, ends & ~cut)
    assert np.array_equal(steps.timeouts, cut)


@pytest.mark.parametrize(("method", "met"), [("higher", True), ("wide", False), ("lower", False)])
def test_a_method_beats_cloning_only_where_the_intervals_are_apart(method, met):
    returns = {
        "bc": np.array([99.0, 100.0, 101.0, 100.0]),
        "higher": np.array([109.0, 110.0, 111.0, 110.0]),
        "wide": np.array([80.0, 110.0, 110.0, 140.0]),
        "lower": np.array([89.0, 90.0, 91.0, 90.0]),
    }
    row = offline_replay.method_row(method, returns)
    assert row.met is met
    assert row.against == "bc 100 [99, 101]"
