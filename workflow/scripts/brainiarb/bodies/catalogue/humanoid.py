"""Humanoid: two legs and two arms around a trunk that is free in space, 17 joints."""

from brainiarb.bodies.body import Body
from brainiarb.bodies.gymnasium_task import GymnasiumTask

ENVIRONMENT = "Humanoid-v5"
"""The id of the environment in Gymnasium."""

FEET = (("right", "right_foot"), ("left", "left_foot"))
"""The right foot and the left foot."""

HEIGHT_GEOMS = (
    "torso1",
    "head",
    "uwaist",
    "lwaist",
    "butt",
    "right_thigh1",
    "right_shin1",
    "right_foot",
    "left_thigh1",
    "left_shin1",
    "left_foot",
    "right_uarm1",
    "right_larm",
    "right_hand",
    "left_uarm1",
    "left_larm",
    "left_hand",
)
"""The trunk, then each leg from hip to foot and each arm from shoulder to hand."""

JOINTS = (
    "abdomen_y",
    "abdomen_z",
    "abdomen_x",
    "right_hip_x",
    "right_hip_z",
    "right_hip_y",
    "right_knee",
    "left_hip_x",
    "left_hip_z",
    "left_hip_y",
    "left_knee",
    "right_shoulder1",
    "right_shoulder2",
    "right_elbow",
    "left_shoulder1",
    "left_shoulder2",
    "left_elbow",
)
"""Abdomen, then each leg from hip to knee and each arm from shoulder to elbow."""

FORWARD = "centre of mass"
"""Gymnasium rewards the speed of the whole body's centre of mass."""

RATES = (0.625, 5.0)
"""Hz: a gait cycle of 0.2 to 1.6 s."""

BODY = Body(
    name="humanoid",
    env_id=ENVIRONMENT,
    feet=FEET,
    height_geoms=HEIGHT_GEOMS,
    joints=JOINTS,
    task=GymnasiumTask(forward=FORWARD),
    rates=RATES,
)
