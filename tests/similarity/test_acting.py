"""How alike two policies act: known answers, the closed form against torch's, states to table."""

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from brainiarb.activity.stimuli import common_states, sample_states
from brainiarb.actors.actions import action_mse
from brainiarb.actors.actors import stack_actors, untrained
from brainiarb.similarity.acting import (
    UNITS,
    Gaussian,
    compare_functions,
    compare_gaussians,
    floor_functions,
    gaussian_kl,
    level_functions,
    r2,
)
from brainiarb.statistics.measures import ABSENT, OK
from builders import SIZES, TRANSIENT, random_recording


def gaussian(seed, rows=50):
    rng = np.random.default_rng(seed)
    return Gaussian(rng.normal(size=(rows, 6)), rng.uniform(-3, 1, (rows, 6)))


def test_the_divergence_is_that_of_torch():
    first, second = gaussian(0), gaussian(1)
    p, q = (
        Independent(Normal(torch.from_numpy(g.mean), torch.from_numpy(g.log_std).exp()), 1)
        for g in (first, second)
    )
    assert gaussian_kl(first, second) == pytest.approx(kl_divergence(p, q).mean().item(), rel=1e-12)


def test_the_divergence_has_known_values():
    expert = gaussian(0)
    assert gaussian_kl(expert, expert) == 0
    shifted = expert._replace(mean=expert.mean + 0.5 * np.exp(expert.log_std))
    assert gaussian_kl(expert, shifted) == pytest.approx(6 * 0.5**2 / 2)
    wider = expert._replace(log_std=expert.log_std + np.log(2))
    assert gaussian_kl(expert, wider) == pytest.approx(6 * (np.log(2) - 3 / 8))
    barely = expert._replace(log_std=expert.log_std + 1e-6)
    assert gaussian_kl(expert, barely) == pytest.approx(6 * 1e-12, rel=1e-4)


def test_actions_have_known_errors():
    actions = np.tanh(np.random.default_rng(0).normal(size=(40, 6)))
    assert action_mse(actions, actions) == 0
    assert action_mse(np.ones((4, 6)), -np.ones((4, 6))) == 4
    assert r2(actions, actions) == 1
    assert r2(actions, np.broadcast_to(actions.mean(axis=0), actions.shape)) == pytest.approx(0)
    assert r2(actions, -actions) < 0
    assert np.isnan(r2(np.ones((4, 6)), np.zeros((4, 6))))


def test_the_part_of_the_means_leaves_the_spread_out():
    expert = gaussian(0)
    values = compare_gaussians(expert, expert._replace(log_std=expert.log_std - 2))
    assert values["mean_kl"] == values["action_mse"] == 0
    assert values["action_r2"] == 1
    assert set(values) == set(UNITS)


EXPERT = untrained(SIZES, [1])
CLONES = stack_actors([EXPERT, untrained(SIZES, [4])])  # the expert's equal, and another network


def act(walk):
    """Tabulate how alike the expert and the clones act in states of a walk."""
    states = sample_states(walk, 60, TRANSIENT).observations
    return compare_functions(EXPERT, CLONES, states, "{}_level", "sac_0", 40)


def test_each_network_is_compared_by_every_measure():
    table = act(random_recording((50, 40), (0, 1)))
    assert set(table["expert"]) == {"sac_0"}
    assert set(table["level"]) == {40}
    assert (table["status"] == OK).all()
    assert (table["note"] == "").all()
    values = table.pivot(index="measure", columns="clone", values="value")
    expected = {
        "action_mse_level": 0,
        "action_r2_level": 1,
        "mean_kl_level": 0,
    }
    assert values[0].to_dict() == pytest.approx(expected, abs=1e-6)
    assert (abs(values[1] - values[0]) > 1e-4).all()


def test_clones_and_untrained_networks_act_in_common_states_and_in_those_of_expert_and_level():
    walks = {-1: random_recording((70, 60), (0, 0)), 0: random_recording((70, 60), (0, 1))}
    states = {
        "common": common_states(walks, 60, TRANSIENT).observations,
        "expert": sample_states(walks[-1], 60, TRANSIENT).observations,
        "level": sample_states(walks[0], 60, TRANSIENT).observations,
    }
    networks = untrained(SIZES, [2, 3])
    table = level_functions(EXPERT, CLONES, networks, states, "sac_0", 40)
    floor = floor_functions(EXPERT, networks, states, "sac_0")
    groups = ("{}_common", "{}_expert", "{}_level", "floor_{}_level")
    assert set(table["measure"]) == {group.format(name) for group in groups for name in UNITS}
    groups = ("floor_{}_common", "floor_{}_expert")
    assert set(floor["measure"]) == {group.format(name) for group in groups for name in UNITS}
    assert set(table["level"]) == {40}
    assert set(zip(floor["level"], floor["clone"], strict=True)) == {(-1, 0), (-1, 1)}
    errors = table.set_index(["measure", "clone"])["value"]
    # The first clone is the expert itself.
    for group in ("action_mse_common", "action_mse_expert", "action_mse_level"):
        assert errors[group, 0] == pytest.approx(0, abs=1e-12)
        assert errors[group, 1] > 1e-4
    assert errors["action_r2_common", 0] == pytest.approx(1)
    assert errors["floor_action_mse_level", 0] > 1e-4
    assert floor.query("measure == 'floor_action_mse_common'")["value"].min() > 1e-4


def test_where_no_state_remains_there_is_no_value_but_a_note():
    table = act(random_recording((8, 9), (0, 1)))
    assert len(table) == 6
    assert table["value"].isna().all()
    assert (table["status"] == ABSENT).all()
    assert set(table["note"]) == {"undefined: no rows"}
