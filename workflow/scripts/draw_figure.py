"""Draw one figure: PNG, PDF and the numbers drawn as CSV."""

from importlib import import_module
from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.figures.style import journal, save
from brainiarb.files import read_npz, whole, write_csv
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output), journal():
        settings = dict(snakemake.params.settings)
        inputs = dict(snakemake.input.items())
        if "picture" in inputs:
            settings["picture"] = read_npz(inputs.pop("picture"))["picture"]
        tables = {name: pd.read_csv(path) for name, path in inputs.items()}
        for name, table in tables.items():
            # One expert is drawn, but for figures of all that are compared.
            if "expert" in table and "compare" not in settings:
                table = table[table["expert"] == settings["expert"]]
            # An empty cell of text is an empty text, not a missing number.
            tables[name] = table.fillna(dict.fromkeys(table.columns.intersection(["note"]), ""))
        figure, numbers = import_module(f"brainiarb.figures.{settings['figure']}").draw(
            tables, settings
        )
        for path in (snakemake.output.png, snakemake.output.pdf):
            with whole(path) as temporary:
                save(figure, temporary, settings["dpi"])
        write_csv(snakemake.output.numbers, numbers)
