"""HalfCheetah: two legs in a plane, eight parts, six joints (Gymnasium's HalfCheetah-v5)."""

from brainiarb.bodies.body import Body

BODY = Body(
    name="halfcheetah",
    env_id="HalfCheetah-v5",
    feet=(("back", "bfoot"), ("front", "ffoot")),
    height_geoms=(
        "torso",
        "head",
        "bthigh",
        "bshin",
        "bfoot",
        "fthigh",
        "fshin",
        "ffoot",
    ),
    joints=("bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot"),
)
