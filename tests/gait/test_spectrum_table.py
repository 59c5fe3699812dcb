"""The table of power spectra: who has which rows."""

import numpy as np
import pytest

from brainiarb.gait.measures import GaitSettings
from brainiarb.gait.spectrum_table import spectrum_table
from builders import planted_walks

SETTINGS = GaitSettings(segment=512, lowest=0.3, highest=20.0)


@pytest.fixture(scope="module")
def table():
    walks = [
        *planted_walks(episodes=2),
        *planted_walks(40, episodes=1, clones=2, seed=1),
        *planted_walks(80, episodes=1, rows=300),
    ]
    return spectrum_table(walks, SETTINGS)


def test_every_agent_is_named_and_the_expert_is_clone_minus_one(table):
    agents = table[["expert", "agent", "level", "clone"]].drop_duplicates().to_numpy().tolist()
    assert agents == [
        ["crossq_0", "expert", -1, -1],
        ["crossq_0", "clone", 40, 0],
        ["crossq_0", "clone", 40, 1],
        ["crossq_0", "clone", 80, 0],
    ]
    assert table.groupby(["level", "clone"])["median"].first().sum() == 3


def test_the_spectrum_of_a_planted_gait_has_its_fundamental(table):
    expert = table[table["level"] == -1]
    assert expert["channel"].nunique() == 8
    assert (expert.groupby("channel").size() == 257).all()
    assert expert["fundamental"].unique() == pytest.approx(1.25, rel=0.02)
    assert (expert["episodes"] == 2).all()
    assert set(expert["unit"]) == {"m", "rad"}


def test_an_agent_that_walks_less_than_a_segment_has_one_empty_row_for_each_channel(table):
    short = table[table["level"] == 80]
    assert len(short) == 8
    assert short["density"].isna().all()
    assert short["fundamental"].isna().all()
    assert np.unique(short["left_out"]).tolist() == [1]
