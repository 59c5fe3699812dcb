"""Methods of offline learning: one path trains them, side by side, from the same rows."""

import numpy as np
import pytest
import torch

from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.iql import IQL, IQLSettings
from brainiarb.clones.methods import METHODS
from brainiarb.clones.settings import cloning_schedule
from brainiarb.clones.td3bc import TD3BC, TD3BCSettings
from brainiarb.errors import Refused
from devices import every_device
from offline_clones import SCHEDULE, actors_of, train, training_rows, transitions
from small_clones import CLONES, CLONING, SCALER

OFFLINE = [name for name in METHODS if name != "bc"]


@pytest.mark.parametrize("method", OFFLINE)
def test_clones_trained_together_are_the_clones_trained_alone(method):
    together = train(method)
    for k in range(CLONES):
        alone = train(method, [k])
        for name, value in alone.actors.state_dict().items():
            torch.testing.assert_close(
                together.actors.state_dict()[name][k], value[0], atol=1e-6, rtol=1e-5
            )
        of_clone = together.history.query("clone == @k")
        np.testing.assert_allclose(
            of_clone["validation_loss"], alone.history["validation_loss"], rtol=1e-4
        )


@every_device
@pytest.mark.parametrize("method", OFFLINE)
def test_training_again_gives_the_same_bits(method, device):
    first, second = (train(method, device=device) for _ in range(2))
    assert first.history.equals(second.history)
    for name, value in first.actors.state_dict().items():
        assert torch.equal(second.actors.state_dict()[name], value)


@pytest.mark.parametrize("method", OFFLINE)
def test_offline_reinforcement_learning_trains_to_the_end_and_keeps_its_last_weights(method):
    clones = train(method)
    assert clones.history["epoch"].tolist() == np.repeat(range(SCHEDULE.epochs), CLONES).tolist()
    assert clones.history.query("best")["epoch"].tolist() == [SCHEDULE.epochs - 1] * CLONES
    longer = train(method, epochs=SCHEDULE.epochs + 1)
    moved = [
        (value - longer.actors.state_dict()[name]).abs().max()
        for name, value in clones.actors.state_dict().items()
    ]
    assert min(moved) > 0


def test_all_methods_learn_from_the_same_rows_in_the_same_order_from_the_same_start():
    given = transitions()
    plain = TrainingRows(given, SCALER, 0.3, [1, 2, 3], 32)
    whole = TrainingRows(given, SCALER, 0.3, [1, 2, 3], 32, transitions=True)
    assert plain.held_out == whole.held_out
    for few, many in zip(plain.minibatches(), whole.minibatches(), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(few, many, strict=False))
    for name, value in actors_of("none").state_dict().items():
        assert torch.equal(value, actors_of("state").state_dict()[name])


def test_rows_know_what_follows_them_and_whether_the_walk_goes_on():
    given = transitions()
    rows = training_rows(given)
    for k, (inputs, _, rewards, following, goes_on) in enumerate(rows.training):
        of_clone = given["clone_ids"] == k
        kept = ~np.isin(given["episode_ids"][of_clone], rows.held_out[k])
        np.testing.assert_array_equal(goes_on, ~given["terminals"][of_clone][kept])
        np.testing.assert_array_equal(rewards, given["rewards"][of_clone][kept].astype(np.float32))
        inner = ~(given["terminals"] | given["timeouts"])[of_clone][kept]
        np.testing.assert_array_equal(following[inner], inputs[1:][inner[:-1]])
        assert not torch.equal(following[~inner][:-1], inputs[1:][~inner[:-1]])
        ids = given["episode_ids"][of_clone][kept]
        expected = [given["rewards"][given["episode_ids"] == i].sum() for i in np.unique(ids)]
        np.testing.assert_allclose(rows.returns[k], expected)


def test_actions_that_were_not_executed_are_refused():
    given = transitions()
    given["labels"] = given["labels"] / 2
    with pytest.raises(Refused, match=r"needs the actions of the walk.*noise\.meaning: executed"):
        train("iql", given=given)


def test_an_unknown_method_is_refused():
    with pytest.raises(Refused, match="method 'cql' is not known; use one of bc, iql, td3bc"):
        train("cql")


def test_the_hyper_parameters_are_those_of_the_papers():
    assert IQLSettings() == IQLSettings(0.7, 3.0, 100.0, 0.99, 0.005, 3e-4, (256, 256))
    assert TD3BCSettings() == TD3BCSettings(2.5, 0.99, 0.005, 0.2, 0.5, 2, 3e-4, (256, 256))
    for kind in map(METHODS.get, OFFLINE):
        schedule = kind.schedule(CLONING)
        assert (schedule.batch_size, schedule.epochs, schedule.patience) == (256, 256, None)
    assert cloning_schedule(CLONING).patience == CLONING.patience
    assert [METHODS[name].build for name in OFFLINE] == [IQL, TD3BC]
