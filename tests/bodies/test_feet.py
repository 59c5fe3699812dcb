"""Feet: of one geom or of several, and what is no foot."""

import json
from dataclasses import replace

import mujoco
import numpy as np
import pytest

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import coordinate_rows, numbered
from brainiarb.bodies.falls import FallRule
from brainiarb.bodies.model import legs
from brainiarb.bodies.registry import get_body
from brainiarb.bodies.task import Task
from brainiarb.bodies.world import world_of
from brainiarb.errors import Refused

WALKER = get_body("walker2d")


def with_feet(**feet):
    """The walker whose feet these are, as many walkers at once and as a loop over environments."""
    described = {"gymnasium": "Walker2d-v5", "feet": feet}
    return replace(WALKER, feet=tuple(feet.items())), get_body(json.dumps(described))


def forces(body):
    """The forces (steps, walkers, feet) on walkers that fall and lie."""
    world, everyone = world_of(body, 2), np.arange(2)
    world.reset(everyone, everyone)
    actions = np.random.default_rng(0).uniform(-1, 1, (200, 2, 6))
    return np.array([world.step(everyone, each).contact_forces for each in actions])


def test_the_force_on_a_foot_is_the_sum_over_its_geoms():
    apart = with_feet(foot="foot_geom", shin="leg_geom", thigh="thigh_geom")
    together = with_feet(leg=("foot_geom", "leg_geom", "thigh_geom"))
    for each, whole in zip(apart, together, strict=True):
        parts = forces(each)
        assert ((parts > 0).sum(axis=-1) > 1).any()
        np.testing.assert_allclose(forces(whole)[..., 0], parts.sum(axis=-1), atol=1e-9)


STAND = """
<mujoco>
  <option timestep="0.002"/>
  <worldbody>
    <geom name="floor" type="plane" size="9 9 1"/>
    <body name="torso" pos="0 0 0.3">
      <joint name="x" type="slide" axis="1 0 0"/>
      <joint name="z" type="slide" axis="0 0 1"/>
      <geom name="torso" type="sphere" size="0.1" mass="9"/>
      <geom name="heel" type="capsule" size="0.05" fromto="-0.1 0 -0.25 0 0 -0.25" mass="0.5"/>
      <geom name="ball" type="capsule" size="0.05" fromto="-0.02 0 -0.25 0.1 0 -0.25" mass="0.5"/>
      <geom name="tail" type="sphere" size="0.05" pos="0 0.08 -0.25" mass="0.5"/>
    </body>
  </worldbody>
  <actuator><motor name="x" joint="x" ctrlrange="-1 1"/></actuator>
</mujoco>
"""


def stand_task(body):
    """A task in which a stand of 10.5 kg stands on its foot and its tail."""
    model = mujoco.MjSpec.from_string(STAND).compile()
    bound = np.full(model.nq + model.nv, np.inf)
    return Task(
        model=model,
        spec=lambda: mujoco.MjSpec.from_string(STAND),
        substeps=5,
        observe=lambda fields: fields["qpos"],
        describe=lambda: numbered(coordinate_rows(model, velocity=False)),
        parts=("none",),
        reward=lambda before, after, fallen: {"none": np.zeros(len(fallen))},
        start=lambda model, data, seed: mujoco.mj_resetData(model, data),
        fall=FallRule(-bound, bound, ends_episode=False),
    )


STANDING = Body(
    name="stand",
    env_id="stand",
    feet=(("foot", ("heel", "ball")), ("tail", "tail")),
    height_geoms=("torso", "heel", "ball", "tail"),
    joints=("x",),
    task=stand_task,
)


def test_geoms_that_overlap_and_share_a_part_with_others_bear_the_weight_once():
    world, one = world_of(STANDING, 1), np.array([0])
    world.reset(one, [0])
    for _ in range(300):
        step = world.step(one, np.zeros((1, 1)))
    assert (step.contact_forces > 1).all()
    assert step.contact_forces.sum() == pytest.approx(10.5 * 9.81, rel=1e-3)


def test_all_that_hangs_from_a_geom_of_a_foot_is_of_its_leg():
    body, _ = with_feet(left=("foot_left_geom", "leg_left_geom"), right="leg_geom")
    of_legs = dict(zip(body.height_geoms, legs(body), strict=True))
    assert [geom for geom, leg in of_legs.items() if leg == "left"] == [
        "thigh_left_geom", "leg_left_geom", "foot_left_geom",
    ]  # fmt: skip
    assert of_legs["thigh_geom"] == "right"
    assert of_legs["torso_geom"] == of_legs["foot_geom"] == "trunk"


@pytest.mark.parametrize(
    "feet", [{"left": "foot_left_geom", "right": "foot_left_geom"}, {"left": ()}]
)
def test_a_foot_without_a_geom_of_its_own_is_refused(feet):
    with pytest.raises(Refused, match="each foot needs a geom, and a geom belongs to one foot"):
        with_feet(**feet)
