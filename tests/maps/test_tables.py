"""What the shared map says of agents whose gaits are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from brainiarb.maps import tables
from brainiarb.maps.shared import fit_map
from brainiarb.statistics.measures import ABSENT
from builders import MAP_SETTINGS, RATE, SECONDS, a_walk, several


@pytest.fixture(scope="module")
def walks():
    """An expert, clones that walk alike, and one that falls before its transient is over."""
    return [a_walk(episodes=(600,) * 6), *several(3), a_walk(80, episodes=(50,), falls=True)]


@pytest.fixture(scope="module")
def shared(walks):
    return fit_map(walks, MAP_SETTINGS, 0)


@pytest.fixture(scope="module")
def placed(walks, shared):
    return tables.place_agents(walks, shared, 200)


def all_tables(placed, shared):
    rng, count = np.random.default_rng(0), int(shared.regions.max())
    transitions = tables.transition_table(placed, count, rng)
    distances = tables.distance_table(placed, count, rng)
    measures = tables.map_measures("sac_0", placed, transitions, distances)
    return {"transitions": transitions, "distances": distances, "measures": measures}


def test_stretches_are_even_steps_from_the_middle_of_each_steady_episode(walks):
    rows = tables.stretch_rows(walks[0], 100, 2)
    episodes = rows.reshape(6, 100)
    assert (np.diff(episodes, axis=1) == 2).all()
    middle = (episodes[:, 0] + episodes[:, -1]) / 2 - 600 * np.arange(6)
    np.testing.assert_allclose(middle, (125 + 599) / 2, atol=1)
    short = tables.stretch_rows(walks[0], 10_000, 2)
    assert walks[0].steady[short].all()
    assert len(short) == 6 * 238


def test_a_clone_gives_no_more_frames_than_asked_and_a_level_has_those_of_its_clones(placed):
    assert [(p.agent, p.level) for p in placed] == [
        ("expert", -1), *[("clone", 40)] * 3, ("clone", 80), ("level", 40), ("level", 80),
    ]  # fmt: skip
    assert [len(p.regions) for p in placed] == [1200, 200, 200, 200, 0, 600, 0]
    assert placed[0].sampling_rate == RATE / 2


def test_shares_of_time_sum_to_one(placed, shared):
    table = tables.occupancy_table(placed, shared)
    sums = table.groupby(["agent", "level", "clone"])["share"].sum()
    assert sums.drop([("clone", 80, 0), ("level", 80, -1)]).to_numpy() == pytest.approx(1)
    inside = table[table["region"] > 0]
    assert inside[["x", "y"]].abs().to_numpy().max() < shared.limit


def test_a_cyclic_gait_turns_one_way_returns_and_is_no_further_off_than_the_expert(placed, shared):
    found = all_tables(placed, shared)
    of_all = found["transitions"].query("agent == 'expert'").iloc[0]
    assert of_all["net_flux"] > max(of_all["reversed_95"], of_all["shuffled_95"], 0.8)
    assert of_all["p_shuffled"] < 0.01
    measures = found["measures"].set_index(["measure", "level", "clone"])["value"]
    for clone in range(3):
        assert measures["map_recurrence", 40, clone] > 0.7
        assert measures["modal_cycle_share", 40, clone] > 0.5
    level = found["distances"].query("agent == 'level' and level == 40").iloc[0]
    assert level["distance"] < 0.3


def test_an_agent_that_fell_at_once_has_notes_instead_of_numbers(placed, shared):
    found = all_tables(placed, shared)
    assert found["transitions"].query("level == 80")["note"].ne("").all()
    measures = found["measures"].query("level == 80")
    assert measures["value"].isna().all()
    assert measures["note"].ne("").all()
    assert set(measures["status"]) == {ABSENT}


def test_the_same_frames_give_the_same_tables(placed, shared):
    for first, second in zip(
        all_tables(placed, shared).values(), all_tables(placed, shared).values(), strict=True
    ):
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_an_expert_alone_with_one_episode_has_no_null():
    alone = [a_walk(episodes=(600,))]
    own = fit_map(alone, MAP_SETTINGS, 0)
    found = all_tables(tables.place_agents(alone, own, 200), own)
    assert found["distances"]["note"].str.startswith("no null").all()
    assert found["distances"]["distance"].isna().all()


def test_stability_is_told_over_seeds_perplexities_and_bandwidths(monkeypatch):
    monkeypatch.setattr(tables, "SEEDS", 2)
    monkeypatch.setattr(tables, "PERPLEXITIES", (2.0,))
    few = replace(MAP_SETTINGS, points=120)
    table = tables.stability_table([a_walk(), a_walk(40)], few, 0)
    assert table["changed"].unique().tolist() == ["seed", "perplexity", "bandwidth"]
    same = table.query("changed == 'bandwidth' and value == 0.03")["adjusted_rand"]
    assert same.tolist() == [1]
    assert table["adjusted_rand"].between(-1, 1).all()


def test_seconds_of_a_cycle_are_those_of_the_gait(placed):
    assert placed[1].seconds == pytest.approx(SECONDS, rel=0.01)
