"""A body of one's own: a small biped in a plane, with its model and its task.

Copy this file, change the model and the task, and name it in the config:

    snakemake --cores 2 --configfile my_study.yaml --config body=my_body.py

`my_study.yaml` names or trains an expert of that body, as `config/train_experts.yaml` does.
"""

import mujoco
import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import coordinate_rows, numbered
from brainiarb.bodies.falls import FallRule
from brainiarb.bodies.task import Fields, ObservationRow, Parts, Task

LEG = """
      <body name="{side}_thigh" pos="0 {y} 0">
        <joint name="{side}_hip" range="-60 60"/>
        <geom name="{side}_thigh" fromto="0 0 0 0 0 -0.4"/>
        <body name="{side}_shin" pos="0 0 -0.4">
          <joint name="{side}_knee" range="-120 0"/>
          <geom name="{side}_shin" fromto="0 0 0 0 0 -0.4"/>
          <body name="{side}_foot" pos="0 0 -0.4">
            <joint name="{side}_ankle" range="-30 30"/>
            <geom name="{side}_foot" fromto="-0.05 0 0 0.15 0 0"/>
          </body>
        </body>
      </body>
"""

MODEL = f"""
<mujoco model="biped">
  <option timestep="0.004"/>
  <visual><headlight ambient="0.4 0.4 0.4" diffuse="0.8 0.8 0.8"/></visual>
  <default>
    <joint type="hinge" axis="0 -1 0" damping="0.5" armature="0.02" limited="true"/>
    <geom type="capsule" size="0.05" friction="0.9 0.1 0.1" contype="1" conaffinity="0"
          rgba="0.7 0.5 0.3 1"/>
    <motor ctrlrange="-1 1" ctrllimited="true" gear="80"/>
  </default>
  <worldbody>
    <light pos="0 0 3" mode="trackcom"/>
    <geom name="floor" type="plane" size="200 2 0.2" conaffinity="1"/>
    <body name="torso" pos="0 0 0.85">
      <joint name="x" type="slide" axis="1 0 0" limited="false" damping="0" armature="0"/>
      <joint name="z" type="slide" axis="0 0 1" limited="false" damping="0" armature="0"/>
      <joint name="pitch" axis="0 1 0" limited="false" damping="0" armature="0"/>
      <geom name="torso" fromto="0 0 0.05 0 0 0.5" size="0.07"/>
{LEG.format(side="right", y=-0.06)}
{LEG.format(side="left", y=0.06)}
    </body>
  </worldbody>
  <actuator>
    <motor joint="right_hip"/> <motor joint="right_knee"/> <motor joint="right_ankle"/>
    <motor joint="left_hip"/> <motor joint="left_knee"/> <motor joint="left_ankle"/>
  </actuator>
</mujoco>
"""

JOINTS = ("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle")
"""In the order of the actuators."""

SUBSTEPS = 5
"""Simulation steps of 4 ms in a time step of 20 ms."""


def model() -> mujoco.MjSpec:
    """Return the model in a form that can be edited."""
    return mujoco.MjSpec.from_string(MODEL)


def observe(fields: Fields) -> np.ndarray:
    """Return the observations (n, o): all positions but x, and all velocities."""
    return np.hstack((fields["qpos"][:, 1:], fields["qvel"]))


def reward(before: Fields, after: Fields, fallen: np.ndarray) -> Parts:
    """Return the parts of the rewards (n), which are added."""
    moved = after["qpos"][:, 0] - before["qpos"][:, 0]
    return {
        "forward": moved / (0.004 * SUBSTEPS),
        "healthy": 1.0 * ~fallen,
        "control": -0.01 * np.square(after["ctrl"]).sum(axis=1),
    }


def start(model: mujoco.MjModel, data: mujoco.MjData, seed: int) -> None:
    """Put data near the upright pose."""
    rng = np.random.default_rng(seed)
    mujoco.mj_resetData(model, data)
    data.qpos[:] = model.qpos0 + rng.uniform(-0.01, 0.01, model.nq)
    data.qvel[:] = rng.uniform(-0.01, 0.01, model.nv)
    mujoco.mj_forward(model, data)


def task(body: Body) -> Task:
    """Return the task: walk along x, and keep the torso above half a metre."""
    compiled = model().compile()

    def describe() -> list[ObservationRow]:
        positions = coordinate_rows(compiled, velocity=False)[1:]
        return numbered([*positions, *coordinate_rows(compiled, velocity=True)])

    low = np.full(compiled.nq + compiled.nv, -np.inf)
    low[1] = 0.5 - 0.85  # z is 0 at a height of 0.85 m
    return Task(
        model=compiled,
        spec=model,
        substeps=SUBSTEPS,
        observe=observe,
        describe=describe,
        parts=("forward", "healthy", "control"),
        reward=reward,
        start=start,
        fall=FallRule(low, np.full_like(low, np.inf), ends_episode=True),
        compared=("qpos",),
        healthy_reward=1.0,
        reset_noise=0.01,
    )


BODY = Body(
    name="my_body",
    env_id="my_body",
    feet=(("right", "right_foot"), ("left", "left_foot")),
    height_geoms=(
        "torso", "right_thigh", "right_shin", "right_foot", "left_thigh", "left_shin", "left_foot",
    ),
    joints=JOINTS,
    task=task,
    rates=(0.6, 5.0),
)  # fmt: skip
