"""Record demonstrations, the walking of the expert under noise, and tabulate their returns."""

from typing import TYPE_CHECKING, Any

from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts, write_demonstrations
from brainiarb.rollouts.noise import Noise
from brainiarb.rollouts.recording import (
    demonstration_steps,
    record_demonstrated_episodes,
    record_samples,
)
from brainiarb.rollouts.returns import returns_table
from brainiarb.rollouts.scaler import observation_scaler
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        expert, level = settings["expert"], settings["level"]
        actors = read_expert(snakemake.input.checkpoint, body)
        rollouts = read_rollouts(snakemake.input.rollouts)
        options: dict[str, Any] = {
            "agents": settings["clones"],
            "seed": derive_seed(settings["seed"], "record_demonstrations", expert, level),
            "noise": Noise(level, settings["meaning"], observation_scaler(rollouts).std),
            "mode": "mean",
            "threads": snakemake.threads,
            "progress": f"demonstrations {level} %",
        }
        act, samples = mean_action(actors), settings["samples"]
        steps = demonstration_steps(samples)
        if "episodes" in settings:
            demonstrations = record_demonstrated_episodes(
                body, act, episodes=settings["episodes"], steps=steps, **options
            )
        else:
            demonstrations = record_samples(body, act, samples=samples, steps=steps, **options)
        write_demonstrations(snakemake.output.demonstrations, demonstrations)
        write_csv(
            snakemake.output.returns,
            returns_table(demonstrations, expert, "demonstrator", level, "mean"),
        )
