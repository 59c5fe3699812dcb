"""Robustness: falls of planted episodes, the critical dose, and areas of known series."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.rollouts.disturbances import UNITS
from brainiarb.rollouts.robustness import critical_dose, fall_shares, robustness_measures
from brainiarb.statistics.measures import ABSENT, COLUMNS, OK, UNSTABLE
from brainiarb.statistics.shares import wilson

WALKER = get_body("walker2d")
DOSES = [("push", 0.0), ("push", 100.0), ("push", 400.0), ("friction", 0.5), ("friction", 1.0)]


def responses(name, doses, returns=100.0, lengths=1000, fell=False, level=40, clone=2):
    table = pd.DataFrame({"dose": doses, "return": returns, "length": lengths, "fell": fell})
    return table.assign(
        expert="e", level=level, clone=clone, disturbance=name, unit=UNITS[name], episode=0
    )


def falling(falls, level, clone=0, episodes=8):
    """Episodes in which a clone falls so often at each dose, by disturbance and dose."""
    return pd.concat(
        [
            responses(
                name, [dose] * episodes, fell=np.arange(episodes) < count, level=level, clone=clone
            )
            for (name, dose), count in falls.items()
        ],
        ignore_index=True,
    )


def planted():
    """Two clean clones, two noisy ones and the expert, whose falls are known."""
    agents = {
        (-1, -1): [0, 0, 1, 0, 0],
        (0, 0): [0, 0, 3, 8, 0],
        (0, 1): [1, 2, 7, 6, 1],
        (80, 0): [0, 0, 0, 4, 0],
        (80, 1): [0, 1, 2, 0, 0],
    }
    parts = [
        falling(dict(zip(DOSES, falls, strict=True)), *agent) for agent, falls in agents.items()
    ]
    return pd.concat(parts, ignore_index=True)


def measured(table):
    return robustness_measures(WALKER, table).set_index("measure")


def test_the_falls_of_every_agent_are_counted_at_every_dose():
    table = robustness_measures(WALKER, planted())
    assert tuple(table) == COLUMNS
    one = table.query("level == 0 and clone == 1").set_index("measure")["value"]
    assert one.filter(like="falls_").to_dict() == {
        "falls_undisturbed": 1 / 8, "falls_push_100": 2 / 8, "falls_push_400": 7 / 8,
        "falls_friction_0.5": 6 / 8, "falls_critical": 7 / 8,
    }  # fmt: skip


def test_the_critical_dose_fells_nearest_to_half_of_the_clean_clones_episodes():
    # The clean clones fall in 2/16, 10/16 and 14/16 of their episodes, the expert in fewer.
    assert critical_dose(WALKER, planted()) == ("push", 400.0)
    table = robustness_measures(WALKER, planted()).query("measure == 'falls_critical'")
    assert table["value"].tolist() == [1 / 8, 3 / 8, 7 / 8, 0, 2 / 8]
    assert set(table["note"]) == {"push 400 fells 0.62 of the clean clones' episodes"}
    assert set(table["status"]) == {OK}


@pytest.mark.parametrize(("falls", "status"), [(0, UNSTABLE), (1, OK), (7, OK), (8, UNSTABLE)])
def test_a_dose_that_fells_all_or_none_is_the_nearest_but_unstable(falls, status):
    clean = falling({("push", 0.0): 0, ("push", 100.0): falls}, 0)
    critical = robustness_measures(WALKER, clean).set_index("measure").loc["falls_critical"]
    assert critical["status"] == status
    assert critical["note"] == f"push 100 fells {falls / 8:.2g} of the clean clones' episodes"


def test_the_undisturbed_walk_is_never_critical():
    falls = dict.fromkeys(DOSES, 0) | {("push", 0.0): 4, ("friction", 1.0): 4}
    falls[("friction", 0.5)] = 1
    assert critical_dose(WALKER, falling(falls, 0)) == ("friction", 0.5)


def test_without_clean_clones_no_dose_is_critical():
    noisy = planted().query("level != 0")
    assert critical_dose(WALKER, noisy) is None
    critical = robustness_measures(WALKER, noisy).query("measure == 'falls_critical'")
    assert set(critical["status"]) == {ABSENT}
    assert set(critical["note"]) == {"no clean clones are disturbed, so that no dose is critical"}
    assert not fall_shares(WALKER, noisy, 0.05)["critical"].any()


def test_shares_of_a_level_have_the_interval_of_its_clones():
    table = fall_shares(WALKER, planted(), 0.1)
    row = table.query("level == 0 and disturbance == 'friction' and dose == 0.5").iloc[0]
    expected = wilson([np.arange(8) < count for count in (8, 6)], 0.9)
    assert row[["share", "low", "high"]].tolist() == [14 / 16, expected.low, expected.high]
    assert row[["clones", "episodes", "confidence"]].tolist() == [2, 16, 0.9]
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()
    assert table[["low", "high"]].stack().between(0, 1).all()
    critical = table[table["critical"]][["disturbance", "dose"]].drop_duplicates()
    assert critical.to_numpy().tolist() == [["push", 400.0]]
    undisturbed = table[table["undisturbed"]][["disturbance", "dose"]].drop_duplicates()
    assert undisturbed.to_numpy().tolist() == [["push", 0.0], ["friction", 1.0]]
    assert table.equals(fall_shares(WALKER, planted(), 0.1))


def test_the_order_of_episodes_changes_no_share():
    keys = ["level", "disturbance", "dose"]
    one, other = (
        fall_shares(WALKER, table, 0.05).sort_values(keys, ignore_index=True)
        for table in (planted(), planted().iloc[::-1])
    )
    pd.testing.assert_frame_equal(one, other)


def test_areas_of_known_series():
    doses, returns = [0.0, 50, 200], [1000.0, 1000, 0]
    measures = measured(responses("push", doses, returns, [1000, 1000, 0]))
    # A quarter of the range at 1, then a triangle.
    assert measures.loc["robust_push", "value"] == pytest.approx(0.25 + 0.75 / 2)
    assert measures.loc["time_to_fall_push", "value"] == pytest.approx(8 * (0.25 + 0.75 / 2))
    assert measures.loc[["robust_push", "time_to_fall_push"], "unit"].tolist() == ["1", "s"]
    assert measures[["expert", "level", "clone"]].drop_duplicates().values.tolist() == [
        ["e", 40, 2]
    ]


def test_what_is_retained_counts_from_the_undisturbed_dose_wherever_it_lies():
    measures = measured(responses("friction", [0.5, 1, 1.5], [50.0, 100, 150]))
    assert measures.loc["robust_friction", "value"] == pytest.approx(1)
    measures = measured(responses("reset_noise", [0.005, 0.1], [100.0, 50]))
    assert measures.loc["robust_reset_noise", "value"] == pytest.approx(0.75)


def test_who_falls_undisturbed_has_nothing_to_retain_but_a_time_to_fall():
    table = responses("push", [0.0, 0, 0, 100, 100, 100], 30.0, 125, [True, True, False] * 2)
    measures = measured(table)
    assert np.isnan(measures.loc["robust_push", "value"])
    assert measures.loc["robust_push", "note"] == "falls undisturbed in 2 of 3 episodes"
    assert measures.loc["time_to_fall_push", "value"] == pytest.approx(1)
    half = measured(responses("push", [0.0, 0, 100, 100], 30.0, 125, [True, False] * 2))
    assert half.loc["robust_push", "note"] == "falls undisturbed in 1 of 2 episodes"
    measures = measured(responses("push", [0.0, 100], [-5.0, -9]))
    assert measures.loc["robust_push", "note"] == "undisturbed return -5, nothing to retain"
