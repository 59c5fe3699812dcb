"""Train an expert by online reinforcement learning."""

from pathlib import Path
from typing import TYPE_CHECKING

from brainiarb.bodies import get_body
from brainiarb.experts.training import Training, train
from brainiarb.files import whole, write_csv, write_json
from brainiarb.jobs import device, job, provenance

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        checkpoint = Path(snakemake.output.checkpoint)
        state = checkpoint.with_suffix(".training")
        trained = train(
            get_body(settings["body"]).env_id,
            Training(**settings["train"]),
            state=state,
            threads=snakemake.threads,
            device=device(snakemake.resources),
        )
        with whole(checkpoint) as temporary:
            trained.model.save(temporary)
        write_csv(snakemake.output.curve, trained.curve)
        write_json(
            snakemake.output.record, {"made_by": "train_expert", **trained.record, **provenance()}
        )
        state.unlink()
