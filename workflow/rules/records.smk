"""Records: the command of this study, which a refused file names; what killed jobs left"""

import os
import shlex

from brainiarb.records import COMMAND
from brainiarb.temporaries import sweep


def own_command():
    """Return the command that runs this study again, with its configs and changed keys."""
    given, words = workflow.config_settings, ["snakemake", "--cores", "all"]
    here = Path.cwd()
    if Path(workflow.main_snakefile) != here / "Snakefile":
        words += ["--snakefile", workflow.main_snakefile]
    if given.configfiles:
        words += ["--configfile"]
        words += [
            path.relative_to(here) if path.is_relative_to(here) else path
            for path in given.configfiles
        ]
    if given.config_args:
        words += ["--config", *given.config_args]
    return shlex.join(map(str, words))


def sweep_results():
    """Remove the temporary files of jobs that live no more, and say which."""
    for folder in sweep(BODY_FOLDER):
        logger.info(f"removed {folder}, which a killed job left")


os.environ.setdefault(COMMAND, own_command())
