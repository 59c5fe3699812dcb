"""What was studied: the experts with their returns, and the command that makes a part again."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from brainiarb.pages.rows import Row

STUDY_OPTIONS = ("--config", "-C", "--configfile", "--configfiles", "--snakefile", "-s")
"""Options of Snakemake that say which study a command makes."""


@dataclass(frozen=True)
class Expert:
    """An expert of the study."""

    name: str
    algorithm: str
    """How it was trained; empty if nobody wrote it down."""
    mean_return: str
    episodes: str
    fell: str
    """The share of its episodes with a fall."""
    levels: Sequence[int]
    """The noise levels of its clones; empty if it is compared only."""


def experts_of(
    agents: Iterable[Row], curves: Iterable[Row], study: Mapping[str, Any]
) -> list[Expert]:
    """Return the experts in rows of the table of agents, those that are cloned first.

    `curves` are rows of the table of learning curves. `study` names the experts that are cloned
    (`clone`), the noise levels of the clones of each (`levels`) and those that are `datasets`.
    """
    algorithms = dict.fromkeys(study["datasets"], "none: a data set of demonstrations")
    algorithms |= {row["expert"]: row["algorithm"] for row in curves}
    walked = {
        row["expert"]: row for row in agents if row["agent"] == "expert" and row["mode"] == "mean"
    }
    names = [*study["clone"], *(name for name in walked if name not in study["clone"])]
    return [
        Expert(
            name=name,
            algorithm=algorithms.get(name, ""),
            mean_return=walked[name]["return"],
            episodes=walked[name]["episodes"],
            fell=walked[name]["fell"],
            levels=study["levels"].get(name, ()),
        )
        for name in names
    ]


def command_for(file: str | PurePath, study: str | None) -> str:
    """Return the command that makes a file of the study again, by its name.

    `study` is the command that made the study, whose config is taken; None stands for none.

    Examples
    --------
    >>> command_for("results/quick/walker2d/tables/claims.csv",
    ...             "snakemake --cores 8 --configfile config/quick.yaml --keep-going")
    'snakemake --cores 2 --configfile config/quick.yaml -- results/quick/walker2d/tables/claims.csv'
    """
    kept, keeps = [], False
    for word in shlex.split(study or "")[1:]:
        if word == "--":
            break
        if word.startswith("-"):
            keeps = word.partition("=")[0] in STUDY_OPTIONS
        if keeps:
            kept.append(word)
    return shlex.join(["snakemake", "--cores", "2", *kept, "--", str(file)])


def clones_of(config: Mapping[str, Any]) -> int:
    """Return how many clones the config of a study asks for."""
    return config["noise"]["clones"] * sum(map(len, config["study"]["levels"].values()))
