from dataclasses import replace

import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused


def test_a_point_whose_speed_no_environment_rewards_is_refused():
    with pytest.raises(Refused, match="'hips' where one of root, torso, centre of mass"):
        replace(get_body("walker2d"), forward="hips")
