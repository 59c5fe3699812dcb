"""Training: the best weights are kept, its record, and states that are not gone on from."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import stable_baselines3
import torch

from brainiarb.bodies.registry import get_body
from brainiarb.experts.crossq import CrossQ
from brainiarb.experts.training import KeepBest, Training, build, evaluate, train
from builders import TRAINING, learner

BODY = get_body("walker2d")


def test_training_gives_an_archive_of_the_best_weights_that_stock_sac_opens(tmp_path):
    trained = train(BODY, TRAINING)
    trained.model.save(tmp_path / "expert.zip")
    stock = stable_baselines3.SAC.load(tmp_path / "expert.zip")
    observation = np.zeros((1, 17))
    np.testing.assert_array_equal(
        stock.predict(observation, deterministic=True)[0],
        trained.model.predict(observation, deterministic=True)[0],
    )
    curve = trained.curve
    assert list(curve["step"]) == [160, 320]
    best = curve.loc[curve["return_mean"].idxmax()]
    assert trained.record["selected_step"] == best["step"]
    assert trained.record["device"] == "cpu"
    assert (tmp_path / "expert.zip").stat().st_size < 2e6


def leave_a_state(path, training):
    """Write the state of a training that has not taken a step."""
    keep = KeepBest(BODY, training, path)
    model = build(BODY, training)
    model._last_obs = model.env.reset()
    keep.init_callback(model)
    keep.save_state()
    assert path.exists()


def test_a_state_of_other_settings_is_not_gone_on_from(tmp_path):
    state = tmp_path / "expert.training"
    leave_a_state(state, replace(TRAINING, learning_rate=1e-4))
    assert train(BODY, TRAINING, state).record["resumed"] == 0


def test_a_damaged_state_is_one_clear_error(tmp_path):
    state = tmp_path / "expert.training"
    state.write_bytes(b"half a state")
    with pytest.raises(ValueError, match=r"expert\.training has no record .* delete it"):
        train(BODY, TRAINING, state)


class Writer:
    """What Stable-Baselines3 needs of TensorBoard's writer; it keeps the scalars."""

    scalars: ClassVar[dict[str, list[tuple[float, int]]]] = {}

    def __init__(self, log_dir):
        self.log_dir = log_dir

    def add_scalar(self, name, value, step):
        self.scalars.setdefault(name, []).append((value, step))

    def flush(self):
        pass

    close = flush


def test_logs_for_tensorboard_are_written_where_asked_for(tmp_path, monkeypatch):
    for module in (stable_baselines3.common.logger, stable_baselines3.common.utils):
        monkeypatch.setattr(module, "SummaryWriter", Writer)
    monkeypatch.setattr(Writer, "scalars", {})
    trained = train(BODY, TRAINING, logs=tmp_path / "tensorboard")
    rows = trained.curve[["return_mean", "step"]].itertuples(index=False, name=None)
    assert Writer.scalars["evaluation/return_mean"] == list(rows)
    assert "train/temperature" in Writer.scalars
    assert (tmp_path / "tensorboard").is_dir()


def test_missing_tensorboard_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(stable_baselines3.common.logger, "SummaryWriter", None)
    with pytest.raises(ValueError, match="tensorboard is not installed: install it"):
        train(BODY, TRAINING, logs=tmp_path / "tensorboard")


def test_an_evaluation_walks_seeded_episodes_and_leaves_the_threads_as_they_were():
    model = learner(CrossQ)
    torch.set_num_threads(2)
    try:
        found = evaluate(model, BODY, 3, seed=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert found.shape == (3, 2)
    assert len(set(found[:, 0])) == 3
    np.testing.assert_array_equal(found, evaluate(model, BODY, 3, seed=1))
    assert not np.array_equal(found, evaluate(model, BODY, 3, seed=2))
    with torch.no_grad():
        model.actor.log_std.bias += 1.0
    np.testing.assert_array_equal(found, evaluate(model, BODY, 3, seed=1))


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ValueError, match="sac or crossq, found 'ppo'"):
        train(BODY, Training(**{**TRAINING.__dict__, "algorithm": "ppo"}))
