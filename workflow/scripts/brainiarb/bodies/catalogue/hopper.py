"""Hopper: one leg in a plane, four parts, three joints (Gymnasium's Hopper-v5)."""

from brainiarb.bodies.body import Body

BODY = Body(
    name="hopper",
    env_id="Hopper-v5",
    feet=(("only", "foot_geom"),),
    height_geoms=("torso_geom", "thigh_geom", "leg_geom", "foot_geom"),
    joints=("thigh_joint", "leg_joint", "foot_joint"),
    velocity_clip=10.0,
)
