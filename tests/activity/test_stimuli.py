"""Which states networks are shown: even shares of agents and episodes, told apart by a digest."""

import numpy as np
import yaml

from brainiarb.activity.stimuli import sample_states
from builders import TRANSIENT, random_recording


def test_states_come_evenly_from_all_episodes_after_their_transient():
    walked = random_recording((70, 60, 50), (0, 0, 1))
    chosen = sample_states(walked, 40, TRANSIENT)
    assert np.bincount(chosen.episode_ids).tolist() == [10, 10, 20]
    starts = np.concatenate([np.arange(10), 70 + np.arange(10), 130 + np.arange(10)])
    dropped = {tuple(row) for row in walked["observations"][starts]}
    assert not dropped & {tuple(row) for row in chosen.observations}


def test_agents_that_fall_within_the_transient_give_no_state():
    assert set(sample_states(random_recording((8, 60), (0, 1)), 40, TRANSIENT).episode_ids) == {1}
    assert sample_states(random_recording((8, 9), (0, 1)), 40, TRANSIENT).observations.shape == (
        0,
        17,
    )


def test_digests_tell_states_and_their_order():
    walked = random_recording((70,), (0,))
    first, again, fewer = (sample_states(walked, rows, TRANSIENT) for rows in (40, 40, 39))
    assert first.digest == again.digest
    assert first.digest != fewer.digest


def test_the_default_study_compares_10000_states_of_20_episodes(root):
    config = yaml.safe_load((root / "config/config.yaml").read_text("utf-8"))
    assert config["stimuli"]["rows"] >= 10000
    assert config["recording"]["expert_episodes"] >= 20
    assert config["noise"]["clones"] * config["recording"]["clone_episodes"] >= 20
