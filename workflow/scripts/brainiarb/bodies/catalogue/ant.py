"""Ant: four legs around a torso that is free in space, 13 parts and eight joints."""

from brainiarb.bodies.body import Body
from brainiarb.bodies.gymnasium_task import GymnasiumTask

ENVIRONMENT = "Ant-v5"
"""The id of the environment in Gymnasium."""

FEET = (
    ("front left", "left_ankle_geom"),
    ("front right", "right_ankle_geom"),
    ("back left", "third_ankle_geom"),
    ("back right", "fourth_ankle_geom"),
)
"""All four feet; the model calls the back legs the third and the fourth."""

HEIGHT_GEOMS = (
    "torso_geom",
    "aux_1_geom",
    "left_leg_geom",
    "left_ankle_geom",
    "aux_2_geom",
    "right_leg_geom",
    "right_ankle_geom",
    "aux_3_geom",
    "back_leg_geom",
    "third_ankle_geom",
    "aux_4_geom",
    "rightback_leg_geom",
    "fourth_ankle_geom",
)
"""The torso, then each leg in the order of `FEET` from hip to foot."""

JOINTS = (
    "hip_4",
    "ankle_4",
    "hip_1",
    "ankle_1",
    "hip_2",
    "ankle_2",
    "hip_3",
    "ankle_3",
)
"""Hip and ankle of each leg; the actuators begin with the fourth leg."""

FORWARD = "torso"
"""Gymnasium rewards the speed of the torso's origin."""

RATES = (0.625, 5.0)
"""Hz: a gait cycle of 0.2 to 1.6 s."""

BODY = Body(
    name="ant",
    env_id=ENVIRONMENT,
    feet=FEET,
    height_geoms=HEIGHT_GEOMS,
    joints=JOINTS,
    task=GymnasiumTask(forward=FORWARD),
    rates=RATES,
)
