"""Record the walking of an expert and tabulate its returns."""

from typing import TYPE_CHECKING

from brainiarb.actors.actors import mean_action, sampled_action
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv, write_npz
from brainiarb.jobs import job
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import returns_table
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        actors = read_expert(snakemake.input.checkpoint, body)
        sampled = settings["mode"] == "sampled"
        seed = derive_seed(settings["seed"], "record_expert", settings["expert"])
        rollouts = record_episodes(
            body,
            sampled_action(actors, seed) if sampled else mean_action(actors),
            agents=1,
            episodes=settings["recorded_episodes"],
            steps=settings["steps"],
            seed=derive_seed(settings["seed"], "evaluation"),
            mode=settings["mode"],
            threads=snakemake.threads,
            progress=settings["expert"],
        )
        write_npz(snakemake.output.rollouts, rollouts)
        write_csv(
            snakemake.output.returns,
            returns_table(rollouts, settings["expert"], "expert", -1, settings["mode"]),
        )
