"""Tuning: clones go on learning online, each by CrossQ from its own weights.

A tuned clone began as a copy and then learnt as its expert did, by acting. So what sets it apart
from the clone that it began as is of learning online, and what both share may be of the copy.
The critics are new. They learn alone at first, because an actor that climbs untrained values is
lost at once. No action is drawn at random: the clone explores by its own spread. It walks worse
when it begins to learn and recovers; the weights of its best evaluation after that begin are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from brainiarb.actors.actors import Actors, stack_actors
from brainiarb.bodies.body import Body
from brainiarb.errors import Refused
from brainiarb.experts.crossq import POLICY_DELAY, CrossQ
from brainiarb.experts.training import Training, build, learnt_actor, train


@dataclass(frozen=True)
class Tuning:
    """How clones go on online; each field is a key of `offline.tuning` in the config."""

    steps: int
    """Number of environment steps of each clone."""
    critics_first: int
    """Number of updates (at least 1) in which only the critics learn; each step has one update."""
    learning_rate: float
    """Learning rate of actor and critics."""
    temperature: float | None
    """Fixed weight of the entropy; if it is None, the weight is learned."""
    batch_size: int
    """Number of transitions in an update."""
    environments: int
    """Number of copies of the environment that step together."""
    evaluate_every: int
    """Number of steps between two evaluations; the weights of the best one are kept."""
    evaluation_episodes: int
    """Number of episodes of an evaluation."""


def tune(
    body: Body, clones: Actors, tuning: Tuning, seeds: Sequence[int], threads: int = 1
) -> tuple[Actors, pd.DataFrame]:
    """Return K clones after they have gone on online, and their learning curves.

    Each of the `seeds` (K) is that of one clone's exploration, minibatches and critics. The curves
    have the columns of `Trained.curve` and `clone`. Raises Refused unless the clones have two
    hidden layers of one width with ReLU and a spread of the state, as SAC's own actors, or if the
    steps end before the clone itself learns.
    """
    least = tuning.critics_first + POLICY_DELAY
    if tuning.steps < least:
        raise Refused(
            f"offline.tuning.steps must be at least {least:,}, {POLICY_DELAY} more than "
            f"critics_first, found {tuning.steps:,}: a clone learns after its critics"
        )
    width = clones.architecture.hidden[0]
    tuned, curves = [], []
    for k, seed in enumerate(seeds):
        training = Training(
            algorithm="crossq",
            seed=seed,
            steps=tuning.steps,
            learning_rate=tuning.learning_rate,
            temperature=tuning.temperature,
            batch_size=tuning.batch_size,
            critic_width=width,
            learning_starts=0,
            environments=tuning.environments,
            evaluate_every=tuning.evaluate_every,
            evaluation_episodes=tuning.evaluation_episodes,
            actor_width=width,
        )
        model = build(body, training)
        assert isinstance(model, CrossQ)
        model.begin_from(clones.only(k), tuning.critics_first)
        trained = train(body, training, threads=threads, model=model)
        tuned.append(learnt_actor(trained.model, body, f"tuned clone {k}"))
        curves.append(trained.curve.assign(clone=k))
    return stack_actors(tuned), pd.concat(curves, ignore_index=True)
