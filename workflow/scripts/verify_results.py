"""Verify the files of a finished study."""

import os
import shlex
from typing import TYPE_CHECKING

from brainiarb.errors import Refused
from brainiarb.jobs import job
from brainiarb.records import COMMAND
from brainiarb.verify import report

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        folder = snakemake.params.folder
        if found := report(folder, shlex.split(os.environ[COMMAND])):
            raise Refused(f"{folder} holds files that are not what was written: {len(found)}")
