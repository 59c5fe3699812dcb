"""Tabulate the return of every recorded episode of one kind of agents."""

from typing import TYPE_CHECKING

from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts import episode_returns, median_clone, read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        rollouts = read_rollouts(snakemake.input.rollouts)
        returns = episode_returns(rollouts)
        for place, name in enumerate(("expert", "agent", "level", "mode")):
            returns.insert(place, name, settings[name])
        returns["median"] = returns["clone"] == median_clone(returns)
        write_csv(snakemake.output.returns, returns)
