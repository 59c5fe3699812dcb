"""Write one file that links to the activations of all networks of an expert."""

from pathlib import Path
from typing import TYPE_CHECKING

from brainiarb.activity.activations import link_files
from brainiarb.files import digest_of, whole
from brainiarb.jobs import job
from brainiarb.records import check

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        folder = Path(snakemake.output.activations).parent
        parts = {Path(name).stem: Path(name) for name in snakemake.input}
        for path in parts.values():
            check(path)
        digests = {name: digest_of(path) for name, path in parts.items()}
        with whole(snakemake.output.activations) as temporary:
            link_files(
                temporary,
                {name: path.relative_to(folder) for name, path in parts.items()},
                digests,
            )
