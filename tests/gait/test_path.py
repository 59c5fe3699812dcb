"""How far a body that turns has walked."""

import numpy as np
import pytest

from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.gait.path import along_path
from builders import planted_walks

RATE = 50.0
TIME = np.arange(1000) / RATE


@pytest.mark.parametrize("heading", [0.0, 1.0, 2.5])
def test_on_a_straight_path_it_is_the_distance_whatever_sways_across(heading):
    forwards = np.array([np.cos(heading), np.sin(heading)])
    across = np.array([-forwards[1], forwards[0]])
    places = 0.7 * TIME[:, None] * forwards + 0.05 * np.sin(2 * np.pi * TIME)[:, None] * across
    walked = along_path(places, RATE)
    assert walked[0] == 0
    np.testing.assert_allclose(walked, 0.7 * TIME, atol=0.05)


def test_in_a_circle_it_is_the_arc_though_the_body_gets_nowhere():
    angle = 2 * np.pi * TIME / TIME[-1]
    circle = 3 * np.column_stack([np.cos(angle), np.sin(angle)])
    assert along_path(circle, RATE)[-1] == pytest.approx(2 * np.pi * 3, rel=0.01)
    assert np.linalg.norm(circle[-1] - circle[0]) < 1e-9


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_short_path_has_its_rows(rows):
    places = np.column_stack([np.arange(rows), np.zeros(rows)]).astype(float)
    np.testing.assert_allclose(along_path(places, RATE), np.arange(rows))


def test_a_body_that_stands_still_walks_nowhere():
    assert (along_path(np.ones((50, 2)), RATE) == 0).all()


def test_the_speed_of_a_walk_that_turns_is_that_along_its_path():
    speed, rate = 0.8, environment_facts(get_body("ant")).sampling_rate
    (walk,) = planted_walks(body="ant", speed=speed)
    qpos = walk.recording["qpos"]
    seconds = np.arange(len(qpos)) / rate
    qpos[:, 0], qpos[:, 1] = 2 * np.cos(speed * seconds / 2), 2 * np.sin(speed * seconds / 2)
    way = walk.forward(next(iter(walk.steady.values())))
    assert (way[-1] - way[0]) / (len(way) - 1) * rate == pytest.approx(speed, rel=0.02)
