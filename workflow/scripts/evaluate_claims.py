"""Evaluate every claim of a ledger, and set what was published beside it where this is asked."""

from typing import TYPE_CHECKING

import yaml

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.statistics.claim_rows import Asked
from brainiarb.statistics.claims import claims_table
from brainiarb.statistics.ledger import read_claims
from brainiarb.statistics.replication import replication_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with (
        job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards),
        open(snakemake.input.claims, "rb") as file,
    ):
        claims = read_claims(yaml.safe_load(file))
        given = dict(snakemake.input.items())
        similarity = read_csv(given["similarity"]) if "similarity" in given else None
        asked = Asked(**snakemake.params.settings)
        table = claims_table(read_csv(given["measures"]), similarity, claims, asked)
        write_csv(snakemake.output.table, table)
        if replication := snakemake.output.get("replication"):
            write_csv(replication, replication_table(table))
