"""Cluster: no job runs twice at once, and a job that Slurm ended says why"""

from brainiarb.slurm import Endings, doubled


def stop_if_doubled():
    """Stop if jobs of a Snakemake that was killed still write into this folder."""
    said = doubled(Path.cwd())
    if said:
        raise SystemExit(f"cluster: {said}")


def tell_endings():
    """Let Snakemake's log say why Slurm ended a job."""
    logger.addHandler(Endings())
