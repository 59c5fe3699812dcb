"""Record an expert, or the clones of a level, under disturbances."""

from typing import TYPE_CHECKING

from brainiarb.actors.actors import mean_action, read_actors
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.disturbances import UNITS, dose_responses
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body, level = get_body(settings["body"]), settings["level"]
        if level < 0:
            actors = read_expert(snakemake.input.agents, body)
        else:
            actors, _ = read_actors(snakemake.input.agents)
        responses = dose_responses(
            body,
            mean_action(actors),
            {name: settings[name] for name in UNITS},
            agents=len(actors),
            episodes=settings["episodes"],
            observation_std=read_rollouts(snakemake.input.rollouts)["observations"].std(axis=0),
            # The seed names neither expert nor level, so that all agents walk under the same draws.
            seed=derive_seed(settings["seed"], "robustness"),
            threads=snakemake.threads,
        )
        if level < 0:
            responses["clone"] = -1
        responses.insert(0, "expert", settings["expert"])
        responses.insert(1, "level", level)
        write_csv(snakemake.output.responses, responses)
