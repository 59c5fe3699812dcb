"""The scale of stitched returns: planted places, own floors, and scales that are none."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.similarity.stitched_scale import scaled, tabulate_scale
from brainiarb.similarity.stitching import tabulate_stitched
from brainiarb.statistics.declarations import declaration
from brainiarb.statistics.measures import ABSENT, OK


def test_the_floor_is_0_and_the_experts_own_layer_is_1():
    assert scaled(500, 500, 5000).value == 0
    assert scaled(5000, 500, 5000).value == 1
    assert scaled(2750, 500, 5000).value == 0.5
    assert scaled(5450, 500, 5000).value == pytest.approx(1.1)
    assert scaled(50, 500, 5000).value == pytest.approx(-0.1)
    assert scaled(50, -100, 1000).status == OK


@pytest.mark.parametrize(("floor", "own"), [(2500, 5000), (6000, 5000), (0, 0), (-10, -5)])
def test_where_the_untrained_layer_walks_or_the_expert_does_not_there_is_no_scale(floor, own):
    place = scaled(3000, floor, own)
    assert place.status == ABSENT
    assert place.note == f"no scale: the expert keeps {floor} of {own} with the untrained layer"


def test_a_missing_return_is_no_place():
    for returns in ((np.nan, 1, 2), (1, np.nan, 2), (1, 1, np.nan)):
        assert scaled(*returns).note == "undefined: a stitched return is missing"


def stitched(values, level=-1, clones=(0, 1, 2), prefix=""):
    measured = {"stitched_return_linear2": values, "stitched_r2_linear2": [0.9] * len(values)}
    return tabulate_stitched(measured, "sac_0", level, clones, prefix)


def test_each_clone_is_placed_by_its_own_floor():
    own, floors = stitched([1000.0], clones=[-1]), stitched([0.0, 100.0, 800.0], prefix="floor_")
    references = pd.concat([floors, own])
    table = tabulate_scale(stitched([500.0, 1000.0, 900.0], level=40), references)
    assert set(table["measure"]) == {"stitched_scale_linear2"}
    assert set(table["level"]) == {40}
    assert table["value"].tolist()[:2] == [0.5, 1.0]
    assert table["status"].tolist() == [OK, OK, ABSENT]
    ends = tabulate_scale(references, references).set_index(["measure", "clone"])
    assert ends.loc[("stitched_scale_linear2", -1), "value"] == 1
    assert ends.loc[("stitched_scale_linear2", -1), "note"] == "by definition"
    floor = ends.loc["floor_stitched_scale_linear2"]
    assert floor["value"].tolist()[:2] == [0, 0]
    assert floor["status"].tolist() == [OK, OK, ABSENT]


def test_networks_that_walk_and_fall_are_two_modes_of_the_scale():
    for name in ("stitched_return_linear2", "stitched_scale_linear2"):
        assert declaration(name).two_modes
        assert declaration(f"floor_{name}").two_modes
    assert declaration("stitched_scale_linear2").referable
