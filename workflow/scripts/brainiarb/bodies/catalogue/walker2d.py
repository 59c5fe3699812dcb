"""Walker2d: two legs in a plane, seven parts, six joints (Gymnasium's Walker2d-v5)."""

from brainiarb.bodies.body import Body

BODY = Body(
    name="walker2d",
    env_id="Walker2d-v5",
    feet=(("right", "foot_geom"), ("left", "foot_left_geom")),
    height_geoms=(
        "torso_geom",
        "thigh_geom",
        "leg_geom",
        "foot_geom",
        "thigh_left_geom",
        "leg_left_geom",
        "foot_left_geom",
    ),
    joints=(
        "thigh_joint",
        "leg_joint",
        "foot_joint",
        "thigh_left_joint",
        "leg_left_joint",
        "foot_left_joint",
    ),
    velocity_clip=10.0,
)
