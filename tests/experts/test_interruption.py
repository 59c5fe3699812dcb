"""A training that is interrupted, by whatever and wherever, ends as the same expert."""

import errno
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from brainiarb.actors.archives import write_model
from brainiarb.actors.device import device_name
from brainiarb.bodies.registry import get_body
from brainiarb.experts import training
from brainiarb.experts.environment import Retraced, training_env
from brainiarb.experts.state import learner_state
from brainiarb.experts.training import KeepBest, train
from builders import TRAINING
from conftest import ROOT
from devices import needs_gpu

WALL_TIME = "wall_time_s"
# Rewards and observations of the humanoid depend on what the solver left behind.
SAC = replace(TRAINING, algorithm="sac", temperature=0.1, batch_size=8)
CASES = {
    "crossq": ("walker2d", TRAINING, "cpu"),
    "sac": ("humanoid", SAC, "cpu"),
    "crossq cuda": ("walker2d", TRAINING, "cuda"),
    "sac cuda": ("humanoid", SAC, "cuda"),
}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(training, "FINAL_EPISODES", 2)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(training, "CHECKPOINT_SHARE", 1e9)


def result(trained):
    """All that a training results in, except how long it took and how often it was interrupted."""
    with TemporaryDirectory() as folder:
        write_model(f"{folder}/checkpoint.zip", trained.model)
        with open(f"{folder}/checkpoint.zip", "rb") as file:
            archive = file.read()
    record = {k: v for k, v in trained.record.items() if k not in (WALL_TIME, "resumed")}
    return archive, trained.curve.drop(columns=[WALL_TIME, "resumed"]).to_dict("list"), record


def trained(case, state=None):
    body, settings, device = CASES[case]
    return train(get_body(body), settings, state, device=device)


@cache
def undisturbed(case):
    return result(trained(case))


def interrupt(monkeypatch, steps, how):
    """Do `how` after each of some steps, which are counted over all trainings."""
    count, on_step = 0, KeepBest._on_step

    def step(keep):
        nonlocal count
        count += 1
        if count in steps:
            how()
        return on_step(keep)

    monkeypatch.setattr(KeepBest, "_on_step", step)


def fail():
    raise OSError("a fault in the middle of a step")


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def go_on(case, state):
    """Start a training again until it ends; return it and the number of interruptions."""
    for interruptions in range(100):
        try:
            return trained(case, state), interruptions
        except (OSError, SystemExit, KeyboardInterrupt):
            pass
    raise AssertionError("the training does not get on")


@pytest.mark.parametrize("case", ["crossq", pytest.param("crossq cuda", marks=needs_gpu)])
def test_the_same_training_gives_the_same_archive(tmp_path, case):
    again = trained(case, tmp_path / "expert.training")
    assert result(again) == undisturbed(case)
    assert again.record["device"] == device_name(CASES[case][2])


@pytest.mark.parametrize(
    ("case", "how"),
    [
        ("sac", fail),
        ("sac", terminate),
        ("crossq", terminate),
        ("crossq", press_ctrl_c),
        pytest.param("sac cuda", terminate, marks=needs_gpu),
        pytest.param("crossq cuda", terminate, marks=needs_gpu),
    ],
)
def test_an_interrupted_training_ends_as_the_same_expert(tmp_path, monkeypatch, case, how):
    # During random actions, in updates, beside the evaluation after step 80, and in the last round.
    steps = (11, 60, 90, 105, 170) if how is fail else (3, 43, 75, 84, 158)
    interrupt(monkeypatch, steps, how)
    ended, interruptions = go_on(case, tmp_path / "expert.training")
    assert interruptions == len(steps)
    assert ended.record["resumed"] == interruptions
    assert result(ended) == undisturbed(case)


KILLED = """
import os, signal, sys
from pathlib import Path
from brainiarb.bodies.registry import get_body
from brainiarb.experts import training
training.CHECKPOINT_SECONDS, training.CHECKPOINT_SHARE = 0.0, 1e9
def step(keep):
    if keep.num_timesteps > 200:
        os.kill(os.getpid(), signal.SIGKILL)
    return True
training.KeepBest._on_step = step
settings = training.Training(**eval(sys.argv[1]))
training.train(get_body("walker2d"), settings, Path(sys.argv[2]))
"""


def test_a_training_that_was_killed_in_another_process_ends_as_the_same_expert(tmp_path):
    state = tmp_path / "expert.training"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, repr(asdict(TRAINING)), state],
        env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    ended = trained("crossq", state)
    assert ended.record["resumed"] == 1
    assert result(ended) == undisturbed("crossq")


def test_a_full_disk_keeps_the_last_state_and_stops_no_training(tmp_path, monkeypatch, caplog):
    state, save = tmp_path / "expert.training", torch.save

    def full(content, path):
        if isinstance(path, Path) and state.exists():
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        save(content, path)

    monkeypatch.setattr("brainiarb.experts.state.torch.save", full)
    assert result(trained("crossq", state)) == undisturbed("crossq")
    assert "No space left on device); training goes on" in caplog.text
    assert list(tmp_path.iterdir()) == [state]
    assert result(trained("crossq", state)) == undisturbed("crossq")


@pytest.mark.parametrize("full", [False, True])
def test_a_state_holds_the_filled_rows_of_the_buffer_and_its_position(full):
    settings = replace(TRAINING, steps=100_000)
    model = training.build(get_body("walker2d"), settings)
    model.env.reset()
    model._last_obs = np.zeros((2, 17))
    buffer = model.replay_buffer
    buffer.pos, buffer.full = 7, full
    state = learner_state(model)
    rows = 50_000 if full else 7
    assert {len(array) for array in state["replay"].values()} == {rows}
    assert (state["position"], state["full"]) == (7, full)
    assert state["replay"]["rewards"].untyped_storage().nbytes() == rows * 2 * 4


def test_states_that_take_long_to_write_are_written_rarely(monkeypatch, tmp_path):
    monkeypatch.undo()
    clock = iter([0.0, 100.0, 100.0, 112.0])
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(training, "learner_state", lambda learner: {})
    keep = KeepBest(get_body("walker2d"), TRAINING, tmp_path / "expert.training")
    keep.model = None
    keep.save_state()
    assert keep.pause == pytest.approx(400.0)  # 12 s are 3 % of it.


@pytest.mark.parametrize("name", ["walker2d", "ant", "humanoid", "dm_walker_walk"])
def test_an_environment_that_is_retraced_goes_on_to_the_last_bit(name):
    body = get_body(name)
    one, two = (Retraced(training_env(body)) for _ in range(2))
    for env in (one, two):
        env.reset(seed=3 if env is one else 4)
    actions = np.random.default_rng(0).uniform(-0.3, 0.3, (30, *one.action_space.shape))
    for part in (actions[:9], actions[:20]):
        for action in part:
            last = one.step(action.astype(np.float32))[0]
        np.testing.assert_array_equal(two.retrace(one.trace()), last)
        for action in actions[20:].astype(np.float32):
            ours, theirs = (env.step(action) for env in (one, two))
            np.testing.assert_array_equal(ours[0], theirs[0])
            assert ours[1:4] == theirs[1:4]
        # The next episode starts from random numbers that both draw.
        np.testing.assert_array_equal(one.reset()[0], two.reset()[0])
