"""The jobs of a study before it runs: what each makes, where it logs, and what it asks for."""

import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import yaml
from snakemake.api import ConfigSettings, OutputSettings, ResourceSettings, SnakemakeApi
from snakemake.resources import Resources
from snakemake.settings.enums import Quietness


@dataclass(frozen=True, eq=False)
class Job:
    """One job of a plan; paths are relative to the folder in which the study runs."""

    rule: str
    wildcards: Mapping[str, str]
    log: str
    outputs: tuple[str, ...]
    mem_mb: int
    """The memory (MB) that the first try asks a cluster for."""

    @property
    def kind(self) -> str:
        """The rule, with the method of offline learning by which clones are trained."""
        method = self.wildcards.get("method", "bc")
        trained = self.rule == "train_clones" and method != "bc"
        return f"{self.rule} by {method}" if trained else self.rule


def jobs_of(checkout: Path, overlays: Sequence[Path] = ()) -> tuple[list[Job], dict[str, Any]]:
    """Return all jobs of a study, which a checkout makes under its config and overlays; its config.

    The workflow has put the levels of each cloned expert into `study.levels` of the config.
    The study is planned in an empty folder, so that no finished file shortens the plan.
    """
    profile = yaml.safe_load((checkout / "slurm/profile.yaml").read_text("utf-8"))
    asked = [f"{name}={value}" for name, value in profile["default-resources"].items()]
    silent = OutputSettings(dryrun=True, quiet={Quietness.ALL})
    with (
        TemporaryDirectory() as folder,
        mock.patch.dict(os.environ),
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()),
        SnakemakeApi(silent) as api,
    ):
        workflow = api.workflow(
            resource_settings=ResourceSettings(
                cores=1, default_resources=Resources.parse(asked, allow_expressions=True)
            ),
            config_settings=ConfigSettings(configfiles=[path.resolve() for path in overlays]),
            snakefile=checkout / "Snakefile",
            workdir=Path(folder),
        )
        workflow.dag().execute_workflow(executor="dryrun")
        planned = workflow._workflow  # the public API shows no jobs
        jobs = [
            Job(
                job.rule.name,
                dict(job.wildcards_dict),
                next(iter(job.log), ""),
                tuple(map(str, job.output)),
                int(job.resources["mem_mb"]),
            )
            for job in planned.dag.jobs
            if job.output
        ]
        return sorted(jobs, key=lambda job: (job.rule, job.log)), dict(planned.globals["config"])
