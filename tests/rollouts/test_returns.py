"""Returns: the reward of the first 1,000 steps, the clone of median return, and measures."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.files import read_csv, write_csv
from brainiarb.rollouts.returns import (
    agent_returns,
    episode_returns,
    median_clone,
    median_of,
    return_measures,
    returns_table,
)
from builders import recording


def test_returns_count_the_first_steps_only():
    table = episode_returns(recording(), steps=2)
    assert table["clone"].tolist() == [0, 0, 1]
    assert table["episode"].tolist() == [0, 1, 0]
    assert table["return"].tolist() == [1.25 + 2.25, 4.25 + 5.25, 6.25 + 7.25]
    assert table["return_forward"].tolist() == [3, 9, 13]
    assert table["return_healthy"].tolist() == [2, 2, 2]
    assert table["return_control"].tolist() == [-1, -1, -1]
    assert table["return_contact"].tolist() == [-0.5, -0.5, -0.5]
    assert table["length"].tolist() == [3, 2, 4]
    assert table["fell"].tolist() == [True, False, False]


def test_returns_of_short_episodes_are_whole():
    assert episode_returns(recording())["return"].tolist() == [6.75, 9.5, 31.0]


@pytest.mark.parametrize(
    ("means", "median"),
    [([5.0], 0), ([3, 1, 2], 2), ([4, 1, 3, 2], 3), ([1, 1, 1], 1), ([2, 1, 2, 1], 3)],
)
def test_median_clone_by_rule(means, median):
    # Each clone has two episodes, whose mean counts.
    table = pd.DataFrame(
        {
            "clone": np.repeat(np.arange(len(means)), 2),
            "return": np.repeat(means, 2) + np.tile([-9.0, 9.0], len(means)),
        }
    )
    assert median_clone(table) == median
    assert median_clone(table.iloc[::-1]) == median


def test_the_median_clone_of_a_recording_is_the_one_that_its_table_marks():
    arrays = recording(lengths=(1300, 40, 1100, 900), clones=(0, 1, 2, 2))
    arrays["rewards"] = np.random.default_rng(0).normal(1, 0.5, len(arrays["rewards"]))
    table = returns_table(arrays, "sac_0", "clone", 40, "mean")
    assert table.loc[table["median"], "clone"].unique().tolist() == [median_of(arrays)] == [2]


@pytest.mark.parametrize(
    ("agent", "level", "clones"),
    [("expert", -1, {-1}), ("demonstrator", 40, {0, 1}), ("clone", 0, {0, 1})],
)
def test_an_expert_has_level_and_clone_minus_one_and_others_keep_their_numbers(
    agent, level, clones
):
    arrays = recording(clones=(0, 0, 0)) if level < 0 else recording()
    table = returns_table(arrays, "sac_0", agent, level, "mean")
    assert set(table["level"]) == {level}
    assert set(table["clone"]) == clones
    assert table["episode"].tolist() == ([0, 1, 2] if level < 0 else [0, 1, 0])
    assert table.loc[table["median"], "clone"].unique().tolist() == [min(clones)]


def test_agents_of_several_methods_are_averaged_apart_also_where_none_has_trained_them(tmp_path):
    expert = returns_table(recording(clones=(0, 0, 0)), "sac_0", "expert", -1, "mean")
    clones = [
        returns_table(recording(), "sac_0", "clone", 40, "mean", method) for method in ("bc", "iql")
    ]
    write_csv(tmp_path / "returns.csv", pd.concat([expert, *clones]))
    table = agent_returns(read_csv(tmp_path / "returns.csv"))
    assert table["method"].fillna("").tolist() == ["", "bc", "bc", "iql", "iql"]
    assert table["episodes"].tolist() == [3, 2, 1, 2, 1]


def test_returns_become_measures_of_each_agent():
    columns = {
        "mode": "mean", "median": False, "return_forward": 0.0, "return_healthy": 0.0,
        "return_control": 0.0, "return_contact": 0.0,
    }  # fmt: skip
    rows = [
        ("e", "expert", -1, 0, 0, 90.0, 10, False),
        ("e", "expert", -1, 0, 1, 110.0, 10, False),
        ("e", "demonstrator", 5, 0, 0, 80.0, 10, False),
        ("e", "demonstrator", 5, 1, 0, 50.0, 6, True),
        ("e", "demonstrator", 5, 1, 1, 20.0, 4, True),
        ("e", "clone", 5, 0, 0, 70.0, 10, False),
        ("e", "clone", 5, 0, 1, 30.0, 4, True),
        ("e", "clone", 5, 1, 0, 60.0, 10, False),
    ]
    names = ["expert", "agent", "level", "clone", "episode", "return", "length", "fell"]
    table = return_measures(pd.DataFrame(rows, columns=names).assign(**columns))
    values = table.set_index(["level", "clone", "measure"])["value"]
    assert values[-1, -1, "return"] == 100
    assert values[-1, -1, "return_episode_sd"] == pytest.approx(np.sqrt(200))
    notes = table.set_index(["level", "clone", "measure"])["note"]
    assert notes[5, 0, "return"] == notes[-1, -1, "return"] == "of the first 1,000 steps"
    assert notes[5, 0, "survival"] == notes[5, 0, "episode_length"] == "of whole episodes"
    assert values[5, -1, "demonstrator_return"] == 50
    assert values[5, -1, "demonstrator_survival"] == pytest.approx(1 / 3)
    assert (values[5, 0, "return"], values[5, 1, "return"]) == (50, 60)
    assert (values[5, 0, "survival"], values[5, 0, "episode_length"]) == (0.5, 7)


def test_agents_are_averaged_over_their_episodes():
    episodes = pd.DataFrame(
        {"agent": "clone", "level": 0, "clone": [0, 0, 1], "episode": [0, 1, 0]}
    )
    parts = [f"return_{part}" for part in ("forward", "healthy", "control", "contact")]
    for name in ("return", *parts, "length"):
        episodes[name] = [1.0, 3.0, 5.0]
    episodes["fell"] = [True, False, False]
    table = agent_returns(episodes)
    assert table["return"].tolist() == [2, 5]
    assert table["fell"].tolist() == [0.5, 0]
    assert table["episodes"].tolist() == [2, 1]
