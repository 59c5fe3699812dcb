"""Progress: on a terminal, one picture of the running study takes the place of Snakemake's lines"""

import json
import time
from collections import Counter, defaultdict

from brainiarb.jobs import SCREEN
from brainiarb.progress import Display, Study
from snakemake.logging import logger


def past_times():
    """Return how long jobs of each rule took (s), from Snakemake's records in this folder."""
    times = defaultdict(list)
    for path in Path(".snakemake", "metadata").glob("*"):
        try:
            record = json.loads(path.read_text("utf-8"))
            times[record["rule"]].append(record["endtime"] - record["starttime"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # an unreadable record only makes the estimate worse
    return times


def own_screen():
    """Return Snakemake's handler of the screen, or None if a person asked for another output."""
    asked = workflow.output_settings
    named = (h for h in logger.handlers if h.name == "DefaultStreamHandler")
    plain = asked.quiet or asked.verbose or asked.printshellcmds
    return None if plain else next(named, None)


def start_progress():
    """Show the picture where the screen is a terminal; jobs then write into their logs only."""
    screen = own_screen()
    if screen is None or not screen.stream.isatty():
        return
    waiting = Counter(job.rule.name for job in workflow.dag.needrun_jobs())
    at_once = workflow.resource_settings.cores or workflow.resource_settings.nodes or 1
    study = Study(dict(waiting), at_once, past_times(), time.time())
    os.environ[SCREEN] = "off"
    display = Display(study, screen)
    logger.removeHandler(screen)
    logger.addHandler(display)
    display.start()


def end_progress():
    """Take the picture away, say which jobs failed, and give the screen back to Snakemake."""
    for display in [h for h in logger.handlers if isinstance(h, Display)]:
        logger.removeHandler(display)
        display.close()
        logger.addHandler(display.replaced)
