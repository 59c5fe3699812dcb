"""What Snakemake would make in a checkout, by its public API."""

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
    with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=cores),
            config_settings=ConfigSettings(configfiles=overlays),
            snakefile=checkout / "Snakefile",
            workdir=checkout,
        )
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
