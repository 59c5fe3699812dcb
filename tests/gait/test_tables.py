"""The gaits of an expert and its clones: groups, margins, and distances with null and ceiling."""

import numpy as np
import pytest

from brainiarb.gait.measures import GaitSettings, analyse_gait
from brainiarb.gait.tables import margins, measure_gaits
from brainiarb.gait.walk import episode_groups
from brainiarb.statistics.measures import COLUMNS, of_agent
from builders import planted_walks

SETTINGS = GaitSettings(segment=1024, lowest=0.3, highest=20.0)


def measures(**planted):
    (walk,) = planted_walks(**planted)
    return analyse_gait(walk, SETTINGS, 0).measures


@pytest.fixture(scope="module")
def expert():
    return measures()


def test_groups_have_the_size_of_what_is_compared():
    (walk,) = planted_walks(episodes=9, rows=200)

    def sizes(n_episodes, size):
        walked = episode_groups(planted_walks(episodes=n_episodes, rows=200)[0], size)
        return [len(group.episodes) for group in walked]

    assert sizes(9, 4) == [4, 4]
    assert sizes(4, 4) == [2, 2]
    assert sizes(1, 4) == [1]
    assert [group.rows for group in episode_groups(walk, 4)] == [slice(0, 800), slice(800, 1600)]


def test_margins_are_at_least_the_spread_and_the_resolution(expert):
    table = margins(expert, [expert, expert], 125.0).set_index("measure")
    assert "strides" not in table.index
    assert table.loc["speed", "margin"] == 0
    frequency = table.loc["fundamental"]
    assert frequency["margin"] == pytest.approx(1.25**2 / 250, rel=0.01)
    assert frequency["basis"] == "half a sample of the period"
    faster = measures(frequency=1.35)
    table = margins(expert, [expert, faster], 125.0).set_index("measure")
    assert table.loc["fundamental", "margin"] == pytest.approx(0.1, rel=0.05)
    alone = margins(expert, [expert], 125.0)
    assert alone["margin"].isna().all()


def test_an_expert_and_its_clones_give_tables_with_a_null_and_a_ceiling():
    (expert,) = planted_walks(noise=0.2)
    clones = planted_walks(0, noise=0.2, episodes=2, clones=2, seed=1)
    (peer,) = planted_walks(frequency=1.5, noise=0.2, seed=2)
    tables = measure_gaits(expert, clones, [peer], SETTINGS, 2, 0)
    counts = tables.distances.groupby("comparison").size().to_dict()
    assert counts == {"expert_clone": 2, "expert_expert": 2, "expert_itself": 2}
    mean = tables.distances.groupby("comparison")["spectral_distance"].mean()
    assert mean["expert_clone"] < 0.2 < mean["expert_expert"]
    for name in ("strides", "distances", "margins", "measures"):
        assert set(getattr(tables, name)["expert"]) == {"crossq_0"}, name
    assert tuple(tables.measures) == COLUMNS
    agents = tables.measures[["level", "clone"]].drop_duplicates().to_numpy().tolist()
    assert agents == [[-1, -1], [0, 0], [0, 1]]
    missing = tables.measures[tables.measures["value"].isna()]
    assert (missing["note"] != "").all()
    assert (missing["status"] == "absent").all()
    spread = tables.measures.query("measure == 'fundamental_spread'")
    margin = tables.margins.set_index("measure").loc["fundamental", "margin"]
    assert spread[["level", "value"]].to_numpy().tolist() == [[-1, margin]]
    own = tables.measures.query("level == -1 and measure == 'spectral_distance'")
    assert own["value"].item() == pytest.approx(mean["expert_itself"])
    again = measure_gaits(expert, clones, [peer], SETTINGS, 2, 0)
    assert tables.measures.equals(again.measures)


def test_the_measures_of_an_agent_are_those_of_its_own_analysis():
    (expert,) = planted_walks(noise=0.2)
    tables = measure_gaits(expert, planted_walks(0, seed=1), [], SETTINGS, 2, 0)
    speed = measures(seed=1)["speed"]
    ((*_, measure),) = of_agent("crossq_0", 0, 0, {"speed": speed})
    row = tables.measures.query("level == 0 and measure == 'speed'")
    assert row["value"].item() == pytest.approx(measure.value)


def test_an_expert_of_one_episode_has_measures_without_a_scale():
    (expert,) = planted_walks(episodes=1)
    tables = measure_gaits(expert, planted_walks(0, seed=1), [], SETTINGS, 4, 0)
    own = tables.measures.query("level == -1").set_index("measure")
    assert own.loc["speed", "value"] == pytest.approx(2.0)
    assert np.isnan(own.loc["speed_spread", "value"])
    assert own.loc["spectral_distance", "note"] == (
        "there is no other group of episodes to compare with"
    )
