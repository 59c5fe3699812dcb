import numpy as np
import pytest

from brainiarb.bodies.gymnasium_task import BLOCKS
from brainiarb.bodies.model import environment_facts, make_env
from brainiarb.bodies.observations import observation_table
from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from builders import every_gymnasium_body

WALKER = get_body("walker2d")


def test_observation_table_of_walker2d():
    table = observation_table(WALKER)
    assert [row.index for row in table] == list(range(17))
    assert [row.unit for row in table] == ["m"] + 7 * ["rad"] + 2 * ["m/s"] + 7 * ["rad/s"]
    assert table[0].description == "z position of the torso"
    assert table[5].description == "angle of the left thigh joint"
    assert table[16].quantity == "angular velocity"


@every_gymnasium_body
def test_observation_table_describes_each_number(body):
    table = observation_table(body)
    ends = np.cumsum([row.count for row in table])
    assert [row.index for row in table] == [0, *ends[:-1]]
    assert ends[-1] == environment_facts(body).observations
    assert len({row.name for row in table}) == len({row.description for row in table}) == len(table)
    env = make_env(body).unwrapped
    for name in {(row.name if row.count > 1 else row.joint) for row in table}:
        for velocity in (False, True):
            env.reset(seed=0)
            before = env._get_obs()
            if rows := [row for row in table if row.name == name]:  # a block
                getattr(env.data, name)[:] += 0.25
            else:
                rows = [r for r in table if r.joint == name and r.unit.endswith("/s") == velocity]
                joint = env.data.joint(name)
                (joint.qvel if velocity else joint.qpos)[:] += 0.25
            described = [i for row in rows for i in range(row.index, row.index + row.count)]
            assert np.flatnonzero(env._get_obs() != before).tolist() == described


def test_a_field_of_unknown_units_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.delitem(BLOCKS, "cvel")
    with pytest.raises(Refused, match=r"observation of humanoid holds the field 'cvel'.*BLOCKS"):
        observation_table(get_body("humanoid"))
