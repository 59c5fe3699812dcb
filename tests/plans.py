"""What Snakemake would make in a checkout and which config it refuses, by its public API."""

import os
from contextlib import contextmanager
from unittest import mock

import pytest
import yaml
from snakemake.api import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    ResourceSettings,
    SnakemakeApi,
)
from snakemake.settings.enums import Quietness, RerunTrigger

from conftest import ROOT

PROFILE = yaml.safe_load((ROOT / "profiles/default/profile.yaml").read_text("utf-8"))
TRIGGERS = frozenset(RerunTrigger.parse_choice(name) for name in PROFILE["rerun-triggers"])
TINY = "tests/config/tiny.yaml"
FOLDER = "results/tiny/walker2d"
STUDY_FOLDER = "results/walker2d"  # of the default study


@contextmanager
def opened(checkout, overlays, cores=1):
    """Give the workflow of a checkout under the default config and the overlays, not yet read.

    What the workflow says to its jobs by the environment ends with it.
    """
    silent = OutputSettings(dryrun=True, quiet={Quietness.ALL})
    with mock.patch.dict(os.environ), SnakemakeApi(silent) as api:
        yield api.workflow(
            resource_settings=ResourceSettings(cores=cores),
            config_settings=ConfigSettings(configfiles=overlays),
            snakefile=checkout / "Snakefile",
            workdir=checkout,
        )


def refusal(change, folder):
    """Return why the tiny study is refused after a change of its config, which must be one line.

    The change is a mapping, or the text of a file of config.
    """
    overlay = folder / "change.yaml"
    overlay.write_text(change if isinstance(change, str) else yaml.safe_dump(change))
    with opened(ROOT, [ROOT / TINY, overlay]) as workflow, pytest.raises(SystemExit) as stop:
        workflow.dag()
    said = str(stop.value)
    assert said.startswith("config: ")
    assert len(said.splitlines()) == 1
    return said


def plan(checkout, executor="dryrun", cores=1, config=None, targets=(), overlay=TINY):
    """Return the files that Snakemake would make in a checkout after a change of the config.

    Paths are relative to the folder of the body. Without an overlay the study is the default one.
    Without targets all its files are planned.
    """
    files = []
    overlays = [checkout / overlay] if overlay else []
    if config:
        change = checkout / "change.yaml"
        change.write_text(yaml.safe_dump(config))
        overlays.append(change)
    with opened(checkout, overlays, cores) as workflow:
        dag = workflow.dag(
            DAGSettings(
                targets=frozenset(targets),
                rerun_triggers=TRIGGERS,
                max_checksum_file_size=10**12,
                forceall=executor == "touch",
            )
        )
        dag.execute_workflow(executor=executor, updated_files=files)
    folder = FOLDER if overlay else STUDY_FOLDER
    return {str(file).removeprefix(f"{folder}/") for file in files}


def finish(checkout, config=None):
    """Write placeholders for all missing files of the tiny study, so that nothing is to be made."""
    for name in sorted(plan(checkout, config=config)):
        path = checkout / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    plan(checkout, executor="touch", config=config)
    assert plan(checkout, config=config) == set()
