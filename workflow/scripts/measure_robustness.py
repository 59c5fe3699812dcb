"""Measure the robustness of an expert and of its clones of all levels that were disturbed."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.bodies.registry import get_body
from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.robustness import fall_shares, robustness_measures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        responses = pd.concat(map(read_csv, snakemake.input), ignore_index=True)
        write_csv(snakemake.output.falls, fall_shares(body, responses, settings["alpha"]))
        write_csv(snakemake.output.measures, robustness_measures(body, responses))
