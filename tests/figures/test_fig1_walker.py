"""Figure 1: legs have colours, segments names, poses room, for every body and number of feet."""

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from brainiarb.bodies.model import legs
from brainiarb.figures import fig1_walker, style
from builders import every_body
from figure_drawing import draw, drawn, words
from figure_tables import poses, walker

NO_PICTURE = (0, 0)


@every_body
def test_each_leg_has_its_colour_each_segment_its_name_and_each_pose_its_place(body):
    figure, _ = draw("fig1_walker", walker(NO_PICTURE, body=body.name))
    figure.draw_without_rendering()
    _, right, below = figure.axes
    colours = Counter(to_hex(patch.get_facecolor()).upper() for patch in right.patches)
    owners = Counter(legs(body))
    assert colours.pop(style.MUTED) == owners.pop("trunk")
    assert list(colours.items()) == list(zip(style.SERIES, owners.values(), strict=False))
    assert figure.axes[0].get_title(loc="left").endswith(body.env_id)
    names = [text for text in right.texts if text.get_text()]
    assert len(names) == len(body.height_geoms)
    boxes = [Text.get_window_extent(text) for text in names]  # without its arrow
    for box in boxes:
        assert right.get_window_extent().x0 < box.x0 < box.x1 < figure.bbox.x1
    assert not any(Bbox.intersection(a, b) for a, b in combinations(boxes, 2))
    starts = [patch.get_path().get_extents().x0 for patch in below.patches]
    assert np.diff(np.reshape(starts, (3, -1)).min(axis=1)).min() > np.ptp(
        fig1_walker.extent(poses(1, body.name))
    )


@pytest.mark.parametrize("feet", [1, 5, 8])
def test_a_body_may_have_any_number_of_feet(feet):
    leg, trunk = (poses()[poses()["leg"] == name] for name in ("right", "trunk"))
    skeleton = pd.concat([trunk, *(leg.assign(leg=f"foot {n}") for n in range(feet))])
    figure, _ = draw("fig1_walker", walker(NO_PICTURE) | {"skeleton": skeleton})
    colours = {to_hex(patch.get_facecolor()).upper() for patch in figure.axes[1].patches}
    assert len(colours) == 1 + min(feet, len(style.SERIES))


def test_the_walker_is_drawn_as_a_skeleton_where_there_is_no_picture():
    figure, numbers = draw("fig1_walker", walker(NO_PICTURE))
    left, right, below = figure.axes
    assert len(left.patches) == len(right.patches) == 7
    assert not left.images
    assert len(below.patches) == 21
    assert len(numbers) == 21
    assert {"torso", "thigh left", "foot"} <= set(words(figure))


def test_the_walker_without_a_cycle_is_said_to_have_none():
    skeleton = {"skeleton": poses().assign(note="no full cycle was found")}
    without, _ = draw("fig1_walker", walker(NO_PICTURE) | skeleton)
    titles = [figure.axes[2].get_title(loc="left") for figure in (drawn("fig1_walker")[0], without)]
    assert ["one full gait cycle" in title for title in titles] == [True, False]
    assert "no full cycle was found" in titles[1]
