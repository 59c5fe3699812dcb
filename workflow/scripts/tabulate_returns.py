"""Put the returns of all episodes below one another, and average them over those of each agent."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.scores import with_scores
from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.returns import agent_returns

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        environment = get_body(snakemake.params.settings["body"]).env_id
        episodes = pd.concat([read_csv(part) for part in snakemake.input], ignore_index=True)
        agents = agent_returns(episodes)
        write_csv(snakemake.output.returns, with_scores(episodes, environment))
        write_csv(snakemake.output.agents, with_scores(agents, environment))
