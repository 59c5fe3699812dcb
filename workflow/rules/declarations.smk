"""The figures: what each module in brainiarb/figures declares that it draws.

A module is a figure if it declares TABLES. The declarations are literals, so they are read without
an import:

    TABLES       tables that the figure draws, by their names in the folder tables
    SETTINGS     keys of the config that it depends on, such as figures.noisy_level
    FILES        {name: file} of the folder of the drawn expert; a CSV is read as a table, an NPZ as its arrays
    EVERY_EXPERT tables that the figure needs whole; all others are reduced to the rows of the drawn expert
    TARGET       the target that makes the figure, if this is not `all`; `archives` is a study without clones
    ARCHIVES     whether a study without clones draws the figure too
"""

import ast
from pathlib import Path

DEFAULTS = {
    "TABLES": [],
    "SETTINGS": [],
    "FILES": {},
    "EVERY_EXPERT": [],
    "TARGET": "all",
    "ARCHIVES": False,
}


def declarations(module):
    """Return the values that the file of a module declares, by the names in DEFAULTS."""
    declared = {}
    for node in ast.parse(module.read_text("utf-8")).body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        name = ast.unparse(
            node.targets[0] if isinstance(node, ast.Assign) else node.target
        )
        if name in DEFAULTS:
            try:
                declared[name] = ast.literal_eval(node.value)
            except ValueError:
                message = (
                    f"{module.name}: {name} must be a literal, such as a list of texts"
                )
                raise SystemExit(message) from None
    return declared


def declared_figures(folder):
    """Return the declarations of all figures in a folder of modules, by the name of the figure."""
    declared = {path.stem: declarations(path) for path in sorted(folder.glob("*.py"))}
    return {
        name: {**DEFAULTS, **given}
        for name, given in declared.items()
        if "TABLES" in given
    }


FIGURES = declared_figures(BASE / "workflow/scripts/brainiarb/figures")
FILMS = ["gait_cycle"]
