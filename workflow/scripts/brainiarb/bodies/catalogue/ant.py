"""Ant: four legs around a torso that is free in space, eight joints (Gymnasium's Ant-v5)."""

from brainiarb.bodies.body import Body

BODY = Body(
    name="ant",
    env_id="Ant-v5",
    feet=(
        ("front left", "left_ankle_geom"),
        ("front right", "right_ankle_geom"),
        ("back left", "third_ankle_geom"),
        ("back right", "fourth_ankle_geom"),
    ),
    height_geoms=(
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
    ),
    joints=(
        "hip_4",
        "ankle_4",
        "hip_1",
        "ankle_1",
        "hip_2",
        "ankle_2",
        "hip_3",
        "ankle_3",
    ),
    forward="torso",
)
