"""Record the walking of the clones of a level and tabulate their returns."""

from typing import TYPE_CHECKING

from brainiarb.actors.actors import mean_action, read_actors, sampled_action
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
        expert, level = settings["expert"], settings["level"]
        actors, _ = read_actors(snakemake.input.clones)
        sampled = settings["mode"] == "sampled"
        seed = derive_seed(settings["seed"], "record_clones", expert, level)
        rollouts = record_episodes(
            get_body(settings["body"]),
            sampled_action(actors, seed) if sampled else mean_action(actors),
            agents=len(actors),
            episodes=settings["recorded_episodes"],
            steps=settings["steps"],
            seed=derive_seed(settings["seed"], "evaluation"),
            mode=settings["mode"],
            threads=snakemake.threads,
            progress=f"clones {level} %",
        )
        write_npz(snakemake.output.rollouts, rollouts)
        write_csv(
            snakemake.output.returns,
            returns_table(rollouts, expert, "clone", level, settings["mode"], settings["method"]),
        )
