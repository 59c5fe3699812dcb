"""The one map of all agents: who is on it, by which signals, and its regions."""

from dataclasses import replace

import numpy as np
import pytest

from brainiarb.errors import Refused
from brainiarb.maps.shared import bandwidth_sweep, fit_map, map_features
from brainiarb.maps.tracks import shared_tracks
from builders import MAP_SETTINGS, a_walk


def test_the_map_of_an_expert_that_falls_at_once_is_empty():
    walks = [a_walk(episodes=(50,), falls=True), a_walk(level=40)]
    shared = fit_map(walks, MAP_SETTINGS, seed=0)
    assert shared.empty
    assert shared.missing == "never walked longer than the start transient"
    assert not shared.regions.any()
    points, regions = shared.place(1, slice(0, 5))
    assert np.isnan(points).all()
    assert regions.tolist() == [0] * 5
    with pytest.raises(Refused, match="expected an expert that walks longer"):
        map_features(walks, "heights")


@pytest.mark.parametrize(("kind", "still"), [("heights", "2 of 7 heights"), ("joint_angles", "")])
def test_heights_that_do_not_vary_leave_an_empty_map_that_says_so(kind, still):
    walk = a_walk()
    walk.recording["heights"][:, :2] = 0.1  # such a body swims
    shared = fit_map([walk], replace(MAP_SETTINGS, features=kind), seed=0)
    assert shared.empty == bool(still)
    assert shared.missing == (f"{still} do not vary" if still else "")
    _, cycles = shared_tracks([walk], shared)
    assert set(cycles["note"]) == {shared.missing}


def test_wider_smoothing_leaves_fewer_regions():
    sweep = bandwidth_sweep(fit_map([a_walk(), a_walk(40)], MAP_SETTINGS, 0), MAP_SETTINGS)
    assert sweep["chosen"].sum() == 1
    assert sweep["regions"].iloc[0] > sweep["regions"].iloc[-1] >= 1


@pytest.mark.parametrize(
    ("kind", "columns"), [("heights", 7), ("joint_angles", 6), ("wavelets", 72)]
)
def test_agents_are_mapped_by_what_the_config_says(kind, columns):
    walk = a_walk()
    expert, clone = map_features([walk, a_walk(40)], kind)
    assert expert.shape == (1600, columns)
    np.testing.assert_array_equal(expert, clone)
    if kind != "wavelets":
        np.testing.assert_allclose(expert[walk.steady_rows()].std(axis=0), 1)
