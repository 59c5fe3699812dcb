"""What the shared map says of agents whose gaits are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from brainiarb.maps import tables
from brainiarb.maps.placed import place_agents
from brainiarb.maps.shared import fit_map
from brainiarb.maps.tracks import CELL_COLUMNS
from brainiarb.statistics.measures import ABSENT, COLUMNS, OK, UNSTABLE
from builders import MAP_SETTINGS, a_walk

NAMES = ("cells", "cycles", "bandwidths", "occupancy", "transitions", "distances", "measures")


def all_tables(placed, shared):
    rng, count = np.random.default_rng(0), int(shared.regions.max())
    transitions = tables.transition_table(placed, count, rng)
    distances = tables.distance_table(placed, count, rng)
    measures = tables.map_measures(placed, transitions, distances, "crossq_0")
    return {"transitions": transitions, "distances": distances, "measures": measures}


def test_shares_of_time_sum_to_one(map_placed, map_shared):
    table = tables.occupancy_table(map_placed, map_shared)
    sums = table.groupby(["agent", "level", "clone"])["share"].sum()
    assert sums.drop([("clone", 80, 0), ("level", 80, -1)]).to_numpy() == pytest.approx(1)
    inside = table[table["region"] > 0]
    assert inside[["x", "y"]].abs().to_numpy().max() < map_shared.limit


def test_a_cyclic_gait_turns_one_way_returns_and_is_no_further_off_than_the_expert(
    map_placed, map_shared
):
    made = all_tables(map_placed, map_shared)
    of_all = made["transitions"].query("agent == 'expert'").iloc[0]
    assert of_all["net_flux"] > max(of_all["reversed_95"], of_all["shuffled_95"], 0.8)
    assert of_all["p_shuffled"] < 0.01
    measures = made["measures"].set_index(["measure", "level", "clone"])
    for clone in range(3):
        assert measures["value"]["map_recurrence", 40, clone] > 0.7
        assert measures["status"]["map_recurrence", 40, clone] == OK
        assert measures["value"]["modal_cycle_share", 40, clone] > 0.5
        assert measures["value"]["net_flux", 40, clone] > 0.5
    distances = made["distances"].query("agent == 'clone' and level == 40")
    assert (distances["distance"] < 0.3).all()


def test_the_expert_is_the_mean_of_groups_as_large_as_a_clone(map_placed, map_shared):
    made = all_tables(map_placed, map_shared)
    keys = ["agent", "level", "clone"]
    groups = made["transitions"].drop_duplicates(keys).query("agent == 'group'")
    assert len(groups) == 6  # of one episode each, as the clones have
    measures = made["measures"].query("level == -1").set_index("measure")
    for name in ("net_flux", "modal_cycle_share"):
        assert measures["value"][name] == groups[name].mean()
        assert "mean of 6 groups of its episodes" in measures["note"][name]
    own = made["distances"].query("agent == 'group'")["distance"]
    assert measures["value"]["map_distance"] == own.mean()
    assert (made["distances"].query("episodes > 0")["episodes"] == 1).all()


def test_each_agent_has_the_p_of_its_own_path_against_its_own_visits_in_random_order(
    map_placed, map_shared
):
    made = all_tables(map_placed, map_shared)
    paths = made["transitions"].drop_duplicates(["agent", "level", "clone"])
    paths = paths[paths["agent"].isin(["expert", "clone"])]
    p = made["measures"].query("measure == 'net_flux_p'")
    np.testing.assert_array_equal(p["value"], paths["p_shuffled"])


def test_the_smallest_p_of_a_reversal_is_told():
    walks = [a_walk(episodes=(600,) * 5), a_walk(40, episodes=(600,) * 4)]
    shared = fit_map(walks, MAP_SETTINGS, 0)
    table = all_tables(place_agents(walks, shared, 400), shared)["transitions"]
    clone = table.query("agent == 'clone'").iloc[0]
    # This gait never turns back, and its p is as small as that of four stretches can be.
    assert clone["least_p_reversed"] == 0.125
    assert clone["p_reversed"] == pytest.approx(0.125, abs=0.03)


def test_an_agent_that_fell_at_once_has_notes_instead_of_numbers(map_placed, map_shared):
    made = all_tables(map_placed, map_shared)
    assert made["transitions"].query("level == 80")["note"].ne("").all()
    measures = made["measures"].query("level == 80")
    assert tuple(measures) == COLUMNS
    assert set(measures["status"]) == {ABSENT}
    assert measures["note"].ne("").all()


def test_the_recurrence_of_a_gait_without_a_stable_cycle_is_unstable(map_placed, map_shared):
    reason = "no stable cycle: autocorrelation 0.20"
    placed = [replace(agent, unstable=reason) for agent in map_placed]
    measures = all_tables(placed, map_shared)["measures"].query("level == 40")
    recurrence = measures[measures["measure"] == "map_recurrence"]
    assert set(recurrence["status"]) == {UNSTABLE}
    assert set(recurrence["note"]) == {reason}
    assert set(measures.loc[measures["measure"] == "net_flux", "status"]) == {OK}


def test_the_same_frames_give_the_same_tables(map_placed, map_shared):
    first, second = (all_tables(map_placed, map_shared) for _ in range(2))
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, second[name], check_exact=True)


def test_an_expert_alone_with_one_episode_has_no_null():
    alone = [a_walk(episodes=(600,))]
    own = fit_map(alone, MAP_SETTINGS, 0)
    made = all_tables(place_agents(alone, own, 200), own)
    assert made["distances"]["note"].str.startswith("no null").all()
    assert made["distances"]["distance"].isna().all()


def test_all_tables_of_the_maps_begin_with_the_expert_and_hold_both_kinds_of_map():
    few = replace(MAP_SETTINGS, points=120, published_frames=120)
    made = tables.map_tables([a_walk(), a_walk(40)], few, 0)
    for name in NAMES:
        table = getattr(made, name)
        assert table.columns[0] == "expert", name
        assert set(table["expert"]) == {"crossq_0"}, name
    assert set(made.cells["map"]) == set(made.cycles["map"]) == {"shared", "published"}
    assert made.bandwidths.loc[made.bandwidths["chosen"], "bandwidth"].tolist() == [0.03]


def of_the_shared_map(measures):
    """Return the measures but those that are read from the maps as published."""
    read = measures["measure"].str.startswith("published_")
    return measures[~read].reset_index(drop=True)


def test_without_frames_of_published_maps_the_shared_map_stands_alone_and_stays_the_same():
    few = replace(MAP_SETTINGS, points=120, published_frames=120)
    both, alone = (
        tables.map_tables([a_walk(), a_walk(40)], replace(few, published_frames=frames), 0)
        for frames in (120, 0)
    )
    for name in ("cells", "cycles"):
        shared = getattr(both, name).query("map == 'shared'").reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(alone, name), shared)
    pd.testing.assert_frame_equal(alone.measures, of_the_shared_map(both.measures))


@pytest.mark.parametrize("still", [False, True])
def test_an_expert_without_a_steady_walk_has_an_empty_map_and_notes(still):
    expert = a_walk(transient=1.0 if still else 100.0)
    if still:
        expert.recording["heights"][:] = 0.5
    clone = a_walk(level=40, episodes=(600,), transient=1.0)
    made = tables.map_tables([expert, clone], MAP_SETTINGS, seed=0)
    assert list(made.cells.columns) == ["expert", *CELL_COLUMNS]
    assert not (made.cells["map"] == "shared").any()
    assert made.bandwidths["regions"].eq(0).all()
    assert made.occupancy["share"].eq(0).all()
    reason = (
        "7 of 7 heights do not vary" if still else "never walked longer than the start transient"
    )
    for table in (made.transitions, made.distances):
        assert set(table["note"]) == {f"no map: {reason}"}
    measures = of_the_shared_map(made.measures)
    assert measures["value"].isna().all()
    assert (measures["note"] != "").all()
