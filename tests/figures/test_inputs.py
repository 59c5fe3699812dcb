"""The inputs of a figure: which experts' rows it gets, and how cells without text are read."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.figures.inputs import read_inputs
from brainiarb.files import write_csv, write_npz


@pytest.fixture
def paths(tmp_path):
    """Files of two experts, one without experts, and one of arrays."""
    table = pd.DataFrame({"expert": ["a", "b"], "value": [1.0, 2.0], "note": ["", "fell"]})
    write_csv(tmp_path / "measures.csv", table)
    write_csv(tmp_path / "margins.csv", table)
    write_csv(tmp_path / "statistics.csv", table[["value"]])
    write_npz(tmp_path / "walker.npz", {"picture": np.arange(3)})
    return {path.stem: str(path) for path in tmp_path.glob("*.*") if path.is_file()}


def test_tables_are_reduced_to_the_drawn_expert_unless_the_figure_needs_every_expert(paths):
    inputs = read_inputs(paths, "a", ["measures"])
    assert inputs["measures"]["expert"].tolist() == ["a", "b"]
    assert inputs["margins"]["expert"].tolist() == ["a"]
    assert len(inputs["statistics"]) == 2


def test_an_archive_is_read_as_its_arrays(paths):
    assert read_inputs(paths, "a", [])["walker"]["picture"].tolist() == [0, 1, 2]


def test_an_empty_note_is_an_empty_text(paths):
    inputs = read_inputs(paths, "a", ["measures"])
    assert inputs["measures"]["note"].tolist() == ["", "fell"]
    assert inputs["margins"]["note"].tolist() == [""]
