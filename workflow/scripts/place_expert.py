"""Import an expert from an archive, write a new archive of it and let it walk."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brainiarb.actors.archives import write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.experts.concerns import band_concerns, file_concerns, length_concerns
from brainiarb.experts.curves import named_curve, read_curve
from brainiarb.experts.importing import SUPPORTED, import_archive, read_record, trial
from brainiarb.files import write_csv, write_json
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        body = get_body(snakemake.params.settings["body"])
        source = Path(snakemake.input.checkpoint)
        told = read_record(snakemake.input.get("record"))
        imported = import_archive(source, body, snakemake.input.get("normalisation"), told)
        record = {**told, "placed_from": source.name}
        if imported.record["layout"] in SUPPORTED:
            record.setdefault("algorithm", imported.record["layout"].lower())
        logging.info("imported %s from %s", imported.record["layout"], source)
        walked = trial(imported, body, snakemake.threads)
        # The whole config and not params: what is said about an expert changes nothing of it, so
        # another transient places no expert anew and makes no study again.
        config = snakemake.config
        further = [
            *length_concerns(
                np.array(walked["evaluation"]["lengths"]),
                body,
                config["analysis"]["transient"],
                config["spectra"]["segment"],
                config["recording"]["steps"],
            ),
            *band_concerns(body, config["spectra"]["lowest"]),
            *file_concerns(snakemake.params.settings["unsure"], snakemake.wildcards.expert),
        ]
        for concern in further:
            logging.warning("concern: %s", concern)
        walked["concerns"] += further
        write_archive(snakemake.output.checkpoint, imported.actors, 0, body, imported.critics)
        curve = read_curve(snakemake.input.get("curve"))
        write_csv(snakemake.output.curve, named_curve(curve, snakemake.wildcards.expert, record))
        write_json(snakemake.output.record, {**record, "import": {**imported.record, **walked}})
