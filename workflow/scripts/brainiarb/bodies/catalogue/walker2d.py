"""Walker2d: two legs in a plane, seven parts and six joints."""

from brainiarb.bodies.body import Body
from brainiarb.bodies.gymnasium_task import GymnasiumTask

ENVIRONMENT = "Walker2d-v5"
"""The id of the environment in Gymnasium."""

FEET = (("right", "foot_geom"), ("left", "foot_left_geom"))
"""Both feet; the geoms of the right leg have no side in their names."""

HEIGHT_GEOMS = (
    "torso_geom",
    "thigh_geom",
    "leg_geom",
    "foot_geom",
    "thigh_left_geom",
    "leg_left_geom",
    "foot_left_geom",
)
"""The torso, then the right leg and the left leg from hip to foot."""

JOINTS = (
    "thigh_joint",
    "leg_joint",
    "foot_joint",
    "thigh_left_joint",
    "leg_left_joint",
    "foot_left_joint",
)
"""Hip, knee and ankle of the right leg, then of the left leg."""

VELOCITY_CLIP = 10.0
"""Gymnasium clips the observed velocities to +-10 m/s and +-10 rad/s."""

RATES = (0.625, 5.0)
"""Hz: a gait cycle of 0.2 to 1.6 s."""

BODY = Body(
    name="walker2d",
    env_id=ENVIRONMENT,
    feet=FEET,
    height_geoms=HEIGHT_GEOMS,
    joints=JOINTS,
    task=GymnasiumTask(velocity_clip=VELOCITY_CLIP),
    rates=RATES,
)
