import pytest

from brainiarb.bodies.gymnasium_task import GymnasiumTask
from brainiarb.errors import Refused


def test_a_point_whose_speed_no_environment_rewards_is_refused():
    with pytest.raises(Refused, match="'hips' where one of root, torso, centre of mass"):
        GymnasiumTask(forward="hips")
