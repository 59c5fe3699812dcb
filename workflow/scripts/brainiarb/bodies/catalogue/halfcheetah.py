"""HalfCheetah: two legs in a plane, eight parts and six joints."""

from brainiarb.bodies.body import Body
from brainiarb.bodies.gymnasium_task import GymnasiumTask

ENVIRONMENT = "HalfCheetah-v5"
"""The id of the environment in Gymnasium."""

FEET = (("back", "bfoot"), ("front", "ffoot"))
"""The foot of the back leg and the foot of the front leg."""

HEIGHT_GEOMS = (
    "torso",
    "head",
    "bthigh",
    "bshin",
    "bfoot",
    "fthigh",
    "fshin",
    "ffoot",
)
"""The torso and the head, then the back leg and the front leg from hip to foot."""

JOINTS = ("bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot")
"""Hip, knee and ankle of the back leg, then of the front leg."""

RATES = (0.625, 8.0)
"""Hz: fast cheetahs bound five times a second, and the environment has 20 steps a second."""

BODY = Body(
    name="halfcheetah",
    env_id=ENVIRONMENT,
    feet=FEET,
    height_geoms=HEIGHT_GEOMS,
    joints=JOINTS,
    task=GymnasiumTask(),
    rates=RATES,
)
