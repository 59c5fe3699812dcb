"""Train an expert by online reinforcement learning."""

from pathlib import Path
from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.experts.curves import named_curve
from brainiarb.files import write_csv, write_json
from brainiarb.jobs import job, provenance

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    # These imports load Stable-Baselines3, which only training itself needs.
    from brainiarb.actors.archives import write_model
    from brainiarb.actors.device import device
    from brainiarb.experts.training import Training, train

    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        checkpoint = Path(snakemake.output.checkpoint)
        state = checkpoint.with_suffix(".training")
        training = dict(settings["train"])
        logs = checkpoint.with_name("tensorboard") if training.pop("tensorboard", False) else None
        trained = train(
            get_body(settings["body"]),
            Training(**training),
            state=state,
            logs=logs,
            threads=snakemake.threads,
            device=device(snakemake.resources),
        )
        write_model(checkpoint, trained.model)
        curve = named_curve(trained.curve, settings["expert"], trained.record)
        write_csv(snakemake.output.curve, curve)
        write_json(
            snakemake.output.record, {"made_by": "train_expert", **trained.record, **provenance()}
        )
        state.unlink(missing_ok=True)
