"""Hopper: one leg in a plane, four parts and three joints."""

from brainiarb.bodies.body import Body
from brainiarb.bodies.gymnasium_task import GymnasiumTask

ENVIRONMENT = "Hopper-v5"
"""The id of the environment in Gymnasium."""

FEET = (("only", "foot_geom"),)
"""The one foot."""

HEIGHT_GEOMS = ("torso_geom", "thigh_geom", "leg_geom", "foot_geom")
"""The torso, then the leg from hip to foot."""

JOINTS = ("thigh_joint", "leg_joint", "foot_joint")
"""Hip, knee and ankle."""

VELOCITY_CLIP = 10.0
"""Gymnasium clips the observed velocities to +-10 m/s and +-10 rad/s."""

RATES = (0.625, 5.0)
"""Hz: a hop of 0.2 to 1.6 s."""

BODY = Body(
    name="hopper",
    env_id=ENVIRONMENT,
    feet=FEET,
    height_geoms=HEIGHT_GEOMS,
    joints=JOINTS,
    task=GymnasiumTask(velocity_clip=VELOCITY_CLIP),
    rates=RATES,
)
