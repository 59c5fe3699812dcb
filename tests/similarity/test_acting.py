"""How alike two policies act: known answers, the closed form against torch's, states to table."""

import h5py
import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from brainiarb.activity.activations import Activations, record_shared
from brainiarb.activity.stimuli import sample_states
from brainiarb.actors.actions import action_mse
from brainiarb.actors.actors import stack_actors, untrained
from brainiarb.actors.layers import LOG_STD_MAX, LOG_STD_MIN
from brainiarb.similarity.acting import (
    Gaussian,
    action_gaussian,
    compare_functions,
    compare_gaussians,
    gaussian_kl,
    r2,
)
from brainiarb.statistics.measures import ABSENT, OK
from builders import SIZES, TRANSIENT, random_recording


def gaussian(seed, rows=50):
    rng = np.random.default_rng(seed)
    return Gaussian(rng.normal(size=(rows, 6)), rng.uniform(-3, 1, (rows, 6)))


def test_the_divergence_is_that_of_torch():
    one, other = gaussian(0), gaussian(1)
    p, q = (
        Independent(Normal(torch.from_numpy(g.mean), torch.from_numpy(g.log_std).exp()), 1)
        for g in (one, other)
    )
    assert gaussian_kl(one, other) == pytest.approx(kl_divergence(p, q).mean().item(), rel=1e-12)


def test_the_divergence_has_known_values():
    one = gaussian(0)
    assert gaussian_kl(one, one) == 0
    shifted = one._replace(mean=one.mean + 0.5 * np.exp(one.log_std))
    assert gaussian_kl(one, shifted) == pytest.approx(6 * 0.5**2 / 2)
    wider = one._replace(log_std=one.log_std + np.log(2))
    assert gaussian_kl(one, wider) == pytest.approx(6 * (np.log(2) - 3 / 8))
    barely = one._replace(log_std=one.log_std + 1e-6)
    assert gaussian_kl(one, barely) == pytest.approx(6 * 1e-12, rel=1e-4)


def test_the_log_standard_deviation_is_clamped_as_the_actor_does():
    layers = {
        "mean_linear": np.zeros((1, 3), np.float32),
        "log_std_linear": np.float32([[-50, 0, 7]]),
    }
    assert action_gaussian(layers).log_std.tolist() == [[LOG_STD_MIN, 0, LOG_STD_MAX]]


def test_actions_have_known_errors():
    actions = np.tanh(np.random.default_rng(0).normal(size=(40, 6)))
    assert action_mse(actions, actions) == 0
    assert action_mse(np.ones((4, 6)), -np.ones((4, 6))) == 4
    assert r2(actions, actions) == 1
    assert r2(actions, np.broadcast_to(actions.mean(axis=0), actions.shape)) == pytest.approx(0)
    assert r2(actions, -actions) < 0
    assert np.isnan(r2(np.ones((4, 6)), np.zeros((4, 6))))


def test_the_part_of_the_means_leaves_the_spread_out():
    one = gaussian(0)
    found = compare_gaussians(one, one._replace(log_std=one.log_std - 2))
    assert found["mean_kl"] == found["action_mse"] == 0
    assert found["action_r2"] == 1
    assert found["head_kl"] > 1


@pytest.fixture
def compare(tmp_path):
    """Compare an expert with its equal and another network on given states."""
    expert = untrained(SIZES, [1])
    others = stack_actors([expert, untrained(SIZES, [4])])

    def run(states, shown=None):
        shown = states if shown is None else shown
        with h5py.File(tmp_path / "a.h5", "w") as one, h5py.File(tmp_path / "b.h5", "w") as other:
            record_shared(one, "expert", expert, sample_states(states, 60, TRANSIENT))
            record_shared(other, "reference/level", others, sample_states(shown, 60, TRANSIENT))
            return compare_functions(
                Activations(one, "expert"),
                [Activations(other, "reference/level", k) for k in range(2)],
                "{}_level",
                "sac_0",
                40,
            )

    return run


def test_each_network_is_compared_by_every_measure(compare):
    table = compare(random_recording((50, 40), (0, 1)))
    assert set(table["expert"]) == {"sac_0"}
    assert set(table["level"]) == {40}
    assert (table["status"] == OK).all()
    assert (table["note"] == "").all()
    found = table.pivot(index="measure", columns="clone", values="value")
    expected = {
        "action_mse_level": 0,
        "action_r2_level": 1,
        "head_kl_level": 0,
        "mean_kl_level": 0,
    }
    assert found[0].to_dict() == pytest.approx(expected, abs=1e-6)
    assert (abs(found[1] - found[0]) > 1e-4).all()


def test_where_no_state_remains_there_is_no_value_but_a_note(compare):
    table = compare(random_recording((8, 9), (0, 1)))
    assert len(table) == 8
    assert table["value"].isna().all()
    assert (table["status"] == ABSENT).all()
    assert set(table["note"]) == {"undefined: no rows"}


def test_recordings_of_other_states_are_refused(compare):
    with pytest.raises(ValueError, match="expected two recordings of the same level states"):
        compare(random_recording((50, 40), (0, 1)), random_recording((80, 40), (0, 1)))
