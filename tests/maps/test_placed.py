"""Which frames of every agent are placed on the shared map."""

import numpy as np
import pytest

from brainiarb.maps.placed import place_agents, stretch_rows
from builders import RATE, SECONDS, planted_walks


def test_stretches_are_even_steps_from_the_middle_of_each_steady_episode(map_walks):
    rows = stretch_rows(map_walks[0], 100, 2)
    episodes = rows.reshape(6, 100)
    assert (np.diff(episodes, axis=1) == 2).all()
    middle = (episodes[:, 0] + episodes[:, -1]) / 2 - 600 * np.arange(6)
    np.testing.assert_allclose(middle, (125 + 599) / 2, atol=1)
    short = stretch_rows(map_walks[0], 10_000, 2)
    assert set(short) <= set(map_walks[0].steady_rows())
    assert len(short) == 6 * 238


def test_rows_of_a_later_clone_are_counted_from_its_own_first_row(map_walks):
    assert map_walks[2].rows.start == 600
    assert stretch_rows(map_walks[2], 100, 2).max() < 600


def test_a_clone_gives_no_more_frames_than_asked_and_a_level_has_those_of_its_clones(map_placed):
    assert [(agent.agent, agent.level) for agent in map_placed] == [
        ("expert", -1), *[("clone", 40)] * 3, ("clone", 80), ("level", 40), ("level", 80),
        *[("group", -1)] * 6,
    ]  # fmt: skip
    frames = [len(agent.regions) for agent in map_placed]
    assert frames == [1200, 200, 200, 200, 0, 600, 0, *[200] * 6]
    assert map_placed[0].sampling_rate == RATE / 2


def test_groups_of_an_expert_hold_its_frames_in_turn(map_placed):
    groups = [agent for agent in map_placed if agent.agent == "group"]
    assert [group.clone for group in groups] == [*range(6)]
    together = np.concatenate([group.regions for group in groups])
    np.testing.assert_array_equal(together, map_placed[0].regions)


def test_the_cycle_of_placed_frames_is_that_of_the_gait(map_placed, map_shared):
    assert map_placed[1].seconds == pytest.approx(SECONDS, rel=0.01)
    assert map_placed[1].unstable == ""


def test_frames_are_counted_by_episode_and_region(map_placed, map_shared):
    n_regions = int(map_shared.regions.max())
    counts = map_placed[0].frames_by_region(n_regions)
    assert counts.shape == (6, n_regions + 1)
    assert counts.sum(axis=1).tolist() == [200] * 6


def test_a_walk_of_an_unstable_cycle_says_so_when_it_is_placed(map_walks, map_shared):
    unstable = planted_walks(40, noise=1.6, seed=1, episodes=1)

    class Somewhere:
        """A map on which every frame lies in region 1."""

        empty = False

        def place(self, agent, rows):
            return np.zeros((len(rows), 2)), np.ones(len(rows), int)

    placed = place_agents([map_walks[0], *unstable], Somewhere(), 100)
    assert placed[1].unstable.startswith("no stable cycle")
