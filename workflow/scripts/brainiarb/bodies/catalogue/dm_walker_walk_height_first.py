"""The walker of `dm_walker_walk` that observes the height of its torso first.

Code that flattens dm_control's observations by `tree.flatten` sorts their blocks by name: height,
orientations, velocity. Networks of such code fit this body.
"""

from dataclasses import replace
from functools import partial

from brainiarb.bodies.catalogue.dm_walker_walk import BODY as WALKER
from brainiarb.bodies.catalogue.dm_walker_walk import OBSERVED, walker_walk

ENVIRONMENT = "dm_control/walker-walk-height-first"
"""The library and its task, with the order of the observation."""

BODY = replace(
    WALKER,
    name="dm_walker_walk_height_first",
    env_id=ENVIRONMENT,
    task=partial(walker_walk, order=sorted(OBSERVED)),
)
