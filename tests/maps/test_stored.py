"""A gait map on disk places walks as the fitted one does."""

import numpy as np
import pytest

from brainiarb.maps.shared import fit_map
from brainiarb.maps.stored import read_map, with_agents, write_map
from builders import MAP_SETTINGS, a_walk, planted_walks


def test_a_stored_map_places_every_row_where_the_fitted_map_does(tmp_path):
    walks = [a_walk(), a_walk(40, scale=0.8)]
    fitted = fit_map(walks, MAP_SETTINGS, 0)
    write_map(tmp_path / "map.npz", fitted, MAP_SETTINGS.features)
    shared, kind = read_map(tmp_path / "map.npz")
    assert kind == "heights"
    assert shared.features == []
    again = with_agents(shared, kind, walks[0], walks)
    for agent in (0, 1):
        for one, other in zip(again.place(agent, slice(None)), fitted.place(agent, slice(None)),
                              strict=True):  # fmt: skip
            np.testing.assert_array_equal(one, other)
    assert again.densities.keys() == fitted.densities.keys()
    np.testing.assert_array_equal(again.densities[40], fitted.densities[40])


def test_an_empty_map_is_stored_too(tmp_path):
    walks = planted_walks(harmonics=(0.0,), noise=0.0, episodes=1)
    write_map(tmp_path / "map.npz", fit_map(walks, MAP_SETTINGS, 0), "heights")
    shared, kind = read_map(tmp_path / "map.npz")
    assert shared.empty
    assert with_agents(shared, kind, walks[0], walks).place(0, slice(3))[0].shape == (3, 2)


@pytest.mark.parametrize("name", ["points", "regions"])
def test_a_stored_map_holds_arrays_that_are_never_pickled(tmp_path, name):
    write_map(tmp_path / "map.npz", fit_map([a_walk()], MAP_SETTINGS, 0), "heights")
    assert np.load(tmp_path / "map.npz", allow_pickle=False)[name].dtype != object
