"""Cluster: groups of jobs, no job runs twice at once, and a job that Slurm ended says why"""

from brainiarb.slurm import Endings, doubled


def stop_if_doubled():
    """Stop if jobs of a Snakemake that was killed still write into this folder."""
    said = doubled(Path.cwd())
    if said:
        raise SystemExit(f"cluster: {said}")


def tell_endings():
    """Let Snakemake's log say why Slurm ended a job."""
    logger.addHandler(Endings())


def group_on_clusters_only():
    """Take the groups from all rules where no cluster runs their jobs.

    One machine runs each job by itself. Yet Snakemake plans groups there too, and what that takes
    grows with the square of the experts.
    """
    if workflow.resource_settings.nodes is None:
        for planned in workflow.rules:
            planned.group = None
