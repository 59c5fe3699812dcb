"""Whole studies of experts that do not walk end with every figure, and say what is missing."""

import pandas as pd
import pytest
import yaml

from archive_builders import spring_actor
from brainiarb.actors.actors import untrained
from brainiarb.actors.archives import write_archive
from brainiarb.bodies.registry import get_body
from conftest import new_folder, snakemake
from figure_drawing import default_figures

EXPERTS = {
    "falls_after_300_steps": lambda: spring_actor(0.5, 0.1),
    "falls_in_the_transient": lambda: untrained((17, 6), [0]),
    "stands_still": lambda: spring_actor(2.0, 0.1),
}
CHANGE = {
    "study": {"clone": ["mine"], "compare": ["mine"]},
    "noise": {"levels": [0], "clones": 2},
    "analysis": {"transient": 1.0},
    "spectra": {"segment": 512, "lowest": 0.3, "highest": 20.0, "levels": [0]},
    "statistics": {"primary_levels": [0]},
    "figures": {"noisy_level": 0, "study_level": 0},
    "experts": {"mine": {"checkpoint": "mine.zip"}},
}


@pytest.fixture(params=EXPERTS, scope="module")
def study(request, tmp_path_factory):
    """The kind of an expert, and the folder of its finished study."""
    folder = new_folder(tmp_path_factory.mktemp(request.param) / "folder")
    write_archive(folder / "mine.zip", EXPERTS[request.param](), 0, get_body("walker2d"))
    (folder / "change.yaml").write_text(yaml.safe_dump(CHANGE), "utf-8")
    snakemake(folder, folder / "change.yaml", "--cores", "2")
    return request.param, folder / "results/tiny/walker2d"


def test_the_study_ends_with_every_figure(study):
    _, results = study
    for name in default_figures():
        assert (results / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG"), name
        pd.read_csv(results / f"figures/{name}.csv")


def test_every_measure_without_a_value_says_why(study):
    _, results = study
    measures = pd.read_csv(results / "tables/measures.csv")
    unsaid = measures[measures["value"].isna() & measures["note"].isna()]
    assert unsaid["measure"].unique().tolist() == []
