"""Average the returns of every agent over its episodes."""

from typing import TYPE_CHECKING

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.returns import agent_returns

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        write_csv(snakemake.output.table, agent_returns(read_csv(snakemake.input.returns)))
