"""Agents on one shared map, for the tests of what the map says of them."""

import pytest

from brainiarb.maps.placed import place_agents
from brainiarb.maps.shared import fit_map
from builders import MAP_SETTINGS, a_walk, several


@pytest.fixture(scope="session")
def map_walks():
    """An expert, clones that walk alike, and one that falls before its transient is over."""
    return [a_walk(episodes=(600,) * 6), *several(3), a_walk(80, episodes=(50,), falls=True)]


@pytest.fixture(scope="session")
def map_shared(map_walks):
    return fit_map(map_walks, MAP_SETTINGS, 0)


@pytest.fixture(scope="session")
def map_placed(map_walks, map_shared):
    return place_agents(map_walks, map_shared, 200)
