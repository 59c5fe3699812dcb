"""Places: what ships lies beside the Snakefile, what a user names lies in the working directory.

So the workflow runs from any working directory and as a module of another workflow.
"""

import os
import sys
from pathlib import Path

import yaml
from snakemake.utils import update_config

BASE = Path(str(workflow.current_basedir)).parents[1]
SCRIPTS = BASE / "workflow" / "scripts"
SHIPPED_CONFIG = BASE / "config" / "config.yaml"
OWN_CONFIG = Path("config", "config.yaml")
if not SHIPPED_CONFIG.is_file():
    raise SystemExit(
        f"Snakefile: no file {SHIPPED_CONFIG}; clone the repository and name the Snakefile of the clone, "
        f"because the workflow needs the files beside it"
    )

sys.path.append(str(SCRIPTS))
from brainiarb.bounded import read_text
from brainiarb.config_files import fault_of


def located(name):
    """Return the path of a file that the config names.

    It is meant from the working directory. If it is not there, but beside the Snakefile, it ships. A
    module has absolute paths, because Snakemake puts its `prefix` before all others.
    """
    path = Path(name).expanduser()
    ships = not path.exists() and (BASE / path).exists()
    main = workflow.modifier.is_main_snakefile()
    return str(BASE / path if ships else path if main else path.absolute())


def is_text(path):
    """Return whether a file holds text in UTF-8, and no more than a table of a user's own has."""
    try:
        read_text(path)
    except ValueError:
        return False
    return True


def reads_own_config():
    """Return whether the working directory has a config that the workflow reads after the shipped one.

    The config of a workflow that uses this one as a module belongs to that workflow.
    """
    own = (
        workflow.modifier.is_main_snakefile()
        and OWN_CONFIG.is_file()
        and not os.path.samefile(OWN_CONFIG, SHIPPED_CONFIG)
    )
    if own and (fault := fault_of(OWN_CONFIG)):
        raise SystemExit(f"config: {fault}")
    return own


def completed(config):
    """Return the config; one that another workflow gives to its module is laid over the shipped one."""
    if workflow.modifier.is_main_snakefile():
        return config
    whole = yaml.safe_load(SHIPPED_CONFIG.read_text("utf-8"))
    update_config(whole, config)
    return whole
