"""Which part of an agent's walk the explorer shows, and what of its network."""

import numpy as np
import pytest

from brainiarb.gait.stride_measures import stride_table
from brainiarb.pages.packing import unpack
from brainiarb.pages.shown import (
    SECONDS,
    UNITS,
    layer_entries,
    movement,
    phases,
    shown_walk,
    strides_of,
)
from builders import a_walk, planted_walks


def test_a_walk_is_shown_for_some_seconds_from_the_end_of_its_start():
    shown = shown_walk(planted_walks(episodes=2)[0])
    assert shown.times[0] == 1.0
    assert shown.times[-1] == pytest.approx(1.0 + SECONDS, abs=1 / shown.rate)
    assert 40 <= shown.rate <= 50
    assert not shown.fell


def test_a_walk_that_ends_by_a_fall_is_shown_to_its_last_row():
    walk = a_walk(episodes=(1000,), falls=True)
    shown = shown_walk(walk)
    assert shown.fell
    assert shown.rows.stop == 1000
    assert shown.times[-1] == 999 / 125


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_a_short_walk_is_shown_whole(rows):
    shown = shown_walk(a_walk(episodes=(rows,), falls=True))
    assert shown.count == 1 + (rows - 1) // shown.step
    assert len(movement(shown)["contacts"][0]) == shown.count


def test_the_body_is_seen_from_its_torso_and_its_speed_is_the_planted_one():
    walk = planted_walks(noise=0.0, speed=2.0)[0]
    shown = shown_walk(walk)
    entry = movement(shown)
    way = unpack(entry["way"])[0]
    np.testing.assert_allclose(way, 2.0 * (shown.times - shown.times[0]), atol=1e-3)
    np.testing.assert_allclose(unpack(entry["signals"])[-1], 2.0, atol=1e-3)
    points = unpack(entry["points"]).reshape(2, 7, 2, -1)
    assert np.abs(points[:, 0, 0]).max() < 1.0
    height = walk.recording["qpos"][shown.rows][:, 1]
    np.testing.assert_allclose(unpack(entry["signals"])[0], height, atol=1e-3)


def test_strides_are_those_of_the_table_and_phases_run_from_one_strike_to_the_next():
    walk = planted_walks(frequency=1.25, noise=0.0)[0]
    shown = shown_walk(walk)
    strides = strides_of(shown)
    whole = stride_table(walk)
    merged = strides.merge(whole[whole["episode"] == shown.episode])
    assert len(merged) == len(strides) > 8
    phase = phases(shown, strides)
    known = np.isfinite(phase)
    assert known[np.argmax(known) :].all()
    assert known.mean() > 0.8
    steps = np.diff(phase[known]) % 1
    np.testing.assert_allclose(steps, 1.25 / shown.rate, atol=0.02)


def test_units_are_sorted_by_the_phase_at_which_they_fire_and_still_ones_are_counted():
    phase = np.arange(300) / 100 % 1
    centres = np.random.default_rng(0).permutation(20) / 20
    values = np.maximum(np.cos(2 * np.pi * (phase[:, None] - centres)), 0)
    values = np.hstack([values, np.zeros((300, 4))])
    (entry,) = layer_entries({"linear1": values}, phase).values()
    assert (entry["units"], entry["still"]) == (24, 4)
    assert entry["phases"] == sorted(entry["phases"])
    np.testing.assert_allclose(centres[entry["shown"]], entry["phases"], atol=0.02)
    np.testing.assert_allclose(unpack(entry["values"]), values[:, entry["shown"]].T, atol=0.002)


def test_of_a_wide_layer_the_units_that_vary_most_are_shown():
    sizes = np.arange(1, 2 * UNITS + 1)
    values = np.random.default_rng(1).normal(size=(200, 1)) * sizes
    (entry,) = layer_entries({"linear1": values}, np.full(200, np.nan)).values()
    assert sorted(entry["shown"]) == list(range(UNITS, 2 * UNITS))
    assert set(entry["phases"]) == {None}
