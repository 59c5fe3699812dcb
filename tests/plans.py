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


def plan(checkout, executor="dryrun", cores=1, config=None, targets=()):
    """Return the files that Snakemake would make in a checkout after a change of the config.

    Paths are relative to the folder of the body. Without targets it is the default study.
    """
    files = []
    overlays = [checkout / TINY]
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
    return {str(file).removeprefix(f"{FOLDER}/") for file in files}
