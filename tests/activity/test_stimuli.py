"""Which states networks are shown: even shares of agents and episodes, told apart by a digest."""

import numpy as np
import yaml

from brainiarb.activity.stimuli import (
    common_states,
    read_stimuli,
    sample_states,
    write_stimuli,
)
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


def test_the_common_pool_is_of_equal_parts_from_expert_and_levels():
    """The clones at 80 % fall at once, and their part of the pool stays empty."""
    expert = random_recording((90, 90), (0, 0))
    clean, fallen = random_recording((70, 60, 50), (0, 0, 1)), random_recording((8, 9), (0, 1))
    pool = common_states({0: clean, 80: fallen, -1: expert}, 120, TRANSIENT)
    assert np.unique(pool.sources, return_counts=True)[1].tolist() == [40, 40]
    assert set(pool.sources) == {-1, 0}
    assert np.bincount(pool.episode_ids).tolist() == [20, 20, 10, 10, 20]
    for source, walk in ((-1, expert), (0, clean)):
        part = pool.observations[pool.sources == source]
        np.testing.assert_array_equal(part, sample_states(walk, 40, TRANSIENT).observations)
    assert pool.spacing > 0


def test_the_common_pool_is_read_as_it_was_written(tmp_path):
    walks = {-1: random_recording((70, 60), (0, 0)), 0: random_recording((50, 40), (0, 1))}
    pool = common_states(walks, 40, TRANSIENT)
    write_stimuli(tmp_path / "pool.npz", pool)
    again = read_stimuli(tmp_path / "pool.npz")
    assert again.digest == pool.digest
    assert again.spacing == pool.spacing
    for name in ("episode_ids", "sources"):
        np.testing.assert_array_equal(vars(again)[name], vars(pool)[name], strict=True)


def test_digests_tell_states_and_their_order():
    walked = random_recording((70,), (0,))
    first, again, fewer = (sample_states(walked, rows, TRANSIENT) for rows in (40, 40, 39))
    assert first.digest == again.digest
    assert first.digest != fewer.digest


def test_the_default_study_compares_10000_states_of_50_episodes(root):
    config = yaml.safe_load((root / "config/config.yaml").read_text("utf-8"))
    recording, levels = config["recording"], config["statistics"]["primary_levels"]
    of_clones = len(levels) * config["noise"]["clones"] * recording["clone_episodes"]
    assert config["stimuli"]["rows"] >= 10000
    assert recording["expert_episodes"] >= 20
    assert recording["expert_episodes"] + of_clones >= 50
