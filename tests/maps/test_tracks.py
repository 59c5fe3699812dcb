"""Cells and one cycle of each agent on gait maps, for gaits made of known harmonics."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from brainiarb.maps.published import published_maps
from brainiarb.maps.shared import fit_map
from brainiarb.maps.tracks import shared_tracks
from builders import MAP_SETTINGS, RATE, SECONDS, a_walk, one_map, several


def published_tracks(walks, frames, seed):
    """Return the cells and the tracks of the maps as published."""
    made = published_maps(walks, frames, seed)
    return made.cells, made.tracks


@pytest.fixture(scope="module")
def maps():
    """The maps of an expert, of a clone that walks alike, and of one that falls within 0.4 s."""
    walks = [a_walk(), a_walk(40), a_walk(80, episodes=(50,), falls=True)]
    return {
        "shared": one_map(walks, MAP_SETTINGS, seed=0),
        "published": published_tracks(walks, 300, seed=0),
    }


def test_agents_too_short_to_map_leave_a_note_and_no_map():
    cells, cycles = published_tracks([a_walk(episodes=(50,), falls=True)], 300, seed=0)
    assert len(cells) == 0
    assert cycles["note"].tolist() == ["fewer than 60 frames"]


@pytest.mark.parametrize("name", ["shared", "published"])
def test_a_track_is_one_whole_cycle(maps, name):
    _, cycles = maps[name]
    for level in (-1, 40):
        track = cycles[cycles["level"] == level]
        # A strike is known to one frame.
        assert track["time"].iloc[-1] == pytest.approx(SECONDS, abs=1.01 / RATE)
        assert len(track) == round(track["time"].iloc[-1] * RATE) + 1
        assert track["phase"].iloc[[0, -1]].tolist() == [0, 1]
        assert not track["x"].isna().any()
        # The cycle closes: it ends nearer to its start than it goes away from it.
        path = track[["x", "y"]].to_numpy()
        away = np.linalg.norm(path - path[0], axis=1)
        assert away[-1] < 0.5 * away.max()


def test_density_on_the_shared_map_integrates_to_one_for_each_agent(maps):
    cells, _ = maps["shared"]
    for _, density in cells.groupby("level"):
        step = np.diff(np.unique(density["x"]))[0]
        assert density["density"].sum() * step**2 == pytest.approx(1)


def test_agents_that_move_alike_lie_alike_on_the_shared_map(maps):
    cells, cycles = maps["shared"]
    wide = cells.pivot(index=["y", "x"], columns="level", values="density")
    assert np.corrcoef(wide[-1], wide[40])[0, 1] > 0.95
    regions = cells.pivot(index=["y", "x"], columns="level", values="region")
    assert (regions[-1] == regions[40]).all()
    visited = cycles[cycles["level"] == 40]["region"]
    assert visited.nunique() > 1


def test_an_agent_that_falls_is_marked_where_it_falls(maps):
    for cells, cycles in maps.values():
        fallen = cycles[cycles["level"] == 80]
        assert len(fallen) == 1
        assert fallen["fell"].item()
        assert fallen["walked"].item() == pytest.approx(50 / RATE)
        assert np.isnan(fallen["x"].item())
        assert fallen["note"].item() != ""
        assert 80 not in set(cells["level"])


def test_the_same_walks_give_the_same_tables():
    walks = [a_walk(), a_walk(40)]
    made = [[*one_map(walks, MAP_SETTINGS, 3), *published_tracks(walks, 300, 3)] for _ in range(2)]
    for first, second in zip(*made, strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_every_clone_is_on_the_map_and_the_median_one_is_tracked():
    clones = several(3)
    walks = [a_walk(), *clones]
    shared = fit_map(walks, MAP_SETTINGS, 0)
    assert np.unique(shared.levels, return_counts=True)[1].tolist() == [125, 125]
    cells, cycles = shared_tracks(walks, shared)
    assert (cells.groupby("level").size() == MAP_SETTINGS.grid**2).all()
    assert cycles.groupby("level")["clone"].unique().map(list).to_dict() == {-1: [-1], 40: [1]}


def test_a_track_names_the_rows_of_the_recording_that_it_shows(maps):
    walk = a_walk()
    for _, cycles in maps.values():
        track = cycles[cycles["level"] == -1]
        assert set(track["clone"]) == {-1}
        assert set(track["episode"]) == {0}
        assert track["step"].diff().dropna().eq(1).all()
        assert track["step"].iloc[0] >= 125
        assert track["seconds"].iloc[0] == walk.period.seconds


def test_an_agent_that_stands_still_leaves_a_note_and_no_map():
    walk = a_walk()
    still = {
        name: np.zeros_like(walk.recording[name]) if name in ("heights", "qpos") else values
        for name, values in walk.recording.items()
    }
    cells, cycles = published_tracks([replace(walk, recording=still)], 300, seed=0)
    assert len(cells) == 0
    assert cycles["note"].tolist() == ["the heights do not vary"]
