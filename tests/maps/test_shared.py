"""One cycle of each agent on gait maps, for gaits made of known harmonics."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.gait.walk import cycle_rows
from brainiarb.maps.published import published_maps
from brainiarb.maps.shared import bandwidth_sweep, fit_map, map_features, shared_map
from builders import MAP_SETTINGS, RATE, SECONDS, a_walk, one_map, several


@pytest.fixture(scope="module")
def maps():
    """The maps of an expert, of a clone that walks alike, and of one that falls within 0.4 s."""
    walks = [a_walk(), a_walk(40), a_walk(80, episodes=(50,), falls=True)]
    return {
        name: make(walks, MAP_SETTINGS, seed=0)
        for name, make in (("shared", one_map), ("published", published_maps))
    }


def test_an_expert_that_falls_at_once_is_refused():
    with pytest.raises(ValueError, match="expected an expert that walks longer"):
        fit_map([a_walk(episodes=(50,), falls=True)], MAP_SETTINGS, seed=0)


def test_agents_too_short_to_map_leave_a_note_and_no_map():
    cells, cycles = published_maps([a_walk(episodes=(50,), falls=True)], MAP_SETTINGS, seed=0)
    assert len(cells) == 0
    assert cycles["note"].tolist() == ["no full cycle"]


def test_the_longest_episode_is_drawn_and_its_period_found():
    found = a_walk(episodes=(600, 1000, 1000))
    assert found.episode == slice(600, 1600)
    assert found.seconds == pytest.approx(SECONDS, rel=0.01)
    assert found.first == 125
    cycle = found.cycle()
    assert cycle.anchor == "strike"
    assert cycle.start >= 125
    assert cycle.stop - cycle.start == 100


def test_poses_lie_evenly_over_one_cycle():
    found = a_walk()
    rows = cycle_rows(found, 5)
    assert rows[-1] - rows[0] == 100
    assert np.diff(rows).tolist() == [25] * 4


def test_poses_of_an_agent_without_a_cycle_span_its_episode():
    rows = cycle_rows(a_walk(episodes=(50,), falls=True), 5)
    assert rows.tolist() == [49] * 5 or (np.diff(rows) >= 0).all()
    assert rows.max() == 49


@pytest.mark.parametrize("name", ["shared", "published"])
def test_a_track_is_one_whole_cycle(maps, name):
    _, cycles = maps[name]
    for level in (-1, 40):
        mine = cycles[cycles["level"] == level]
        # A strike is known to one frame.
        assert mine["time"].iloc[-1] == pytest.approx(SECONDS, abs=1.01 / RATE)
        assert len(mine) == round(mine["time"].iloc[-1] * RATE) + 1
        assert mine["phase"].iloc[[0, -1]].tolist() == [0, 1]
        assert not mine["x"].isna().any()
        # The cycle closes: it ends nearer to its start than it goes away from it.
        path = mine[["x", "y"]].to_numpy()
        away = np.linalg.norm(path - path[0], axis=1)
        assert away[-1] < 0.5 * away.max()


def test_density_on_the_shared_map_integrates_to_one_for_each_agent(maps):
    cells, _ = maps["shared"]
    for _, mine in cells.groupby("level"):
        step = np.diff(np.unique(mine["x"]))[0]
        assert mine["density"].sum() * step**2 == pytest.approx(1)


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
    for make in (one_map, published_maps):
        for first, second in zip(
            make(walks, MAP_SETTINGS, 3), make(walks, MAP_SETTINGS, 3), strict=True
        ):
            pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_every_clone_is_on_the_map_and_the_median_one_is_tracked():
    clones = several(3)
    assert [(w.clone, w.median) for w in clones] == [(0, False), (1, True), (2, False)]
    walks = [a_walk(), *clones]
    shared = fit_map(walks, MAP_SETTINGS, 0)
    assert np.unique(shared.levels, return_counts=True)[1].tolist() == [125, 125]
    cells, cycles = shared_map(walks, shared)
    assert (cells.groupby("level").size() == MAP_SETTINGS.grid**2).all()
    assert cycles.groupby("level")["clone"].unique().map(list).to_dict() == {-1: [-1], 40: [1]}


def test_wider_smoothing_leaves_fewer_regions():
    sweep = bandwidth_sweep(fit_map([a_walk(), a_walk(40)], MAP_SETTINGS, 0), MAP_SETTINGS)
    assert sweep["chosen"].sum() == 1
    assert sweep["regions"].iloc[0] > sweep["regions"].iloc[-1] >= 1


@pytest.mark.parametrize(
    ("kind", "columns"), [("heights", 7), ("joint_angles", 6), ("wavelets", 72)]
)
def test_agents_are_mapped_by_what_the_config_says(kind, columns):
    expert, clone = map_features([a_walk(), a_walk(40)], kind)
    assert expert.shape == (1600, columns)
    np.testing.assert_array_equal(expert, clone)
    if kind != "wavelets":
        np.testing.assert_allclose(expert[a_walk().steady].std(axis=0), 1)
