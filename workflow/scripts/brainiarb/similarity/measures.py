"""The measures of similarity that a study can ask for, by their names in the config.

To add a measure, add an entry to `MEASURES`. Its name becomes a column of the table of similarities
and a choice of the config key `similarity.measures`. An entry with `tabulated` also becomes a
measure of every clone, `<tabulated>_<layer>`, and `floor_<tabulated>_<layer>` of the untrained
network that the clone began as. An entry that is `drawn` has two rows of panels in fig_similarity.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.errors import Refused
from brainiarb.similarity.adjusted_cka import deconfounded_cka, whitened_cka
from brainiarb.similarity.array_measures import (
    cca,
    linear_predictivity,
    pwcca,
    rbf_cka,
    rsa,
    svcca,
)
from brainiarb.similarity.cka import CrossProducts


def all_pairs(stimuli: str, first: str, second: str) -> bool:
    """Compare every layer of one network with every layer of the other, on all stimuli."""
    return True


def equal_layers(stimuli: str, first: str, second: str) -> bool:
    """Compare each layer with the same layer of the other network, or with the observations."""
    return first == second or OBSERVATIONS in (first, second)


def second_hidden_layer(stimuli: str, first: str, second: str) -> bool:
    """Compare linear2 with the other network's, on `common`."""
    return stimuli == "common" and first == second == "linear2"


def equal_hidden_layers(stimuli: str, first: str, second: str) -> bool:
    """Compare each hidden layer after its ReLU with the other network's, on the same states."""
    return stimuli != "own" and first == second and first.endswith("_relu")


@dataclass(frozen=True, kw_only=True)
class SimilarityMeasure:
    """What tables and figures need to know about a measure."""

    label: str
    """Its name in a figure."""
    unit: str
    ideal: float
    """The value for two equal layers; nan if there is none."""
    compares: Callable[[str, str, str], bool]
    """Whether it is computed on some stimuli for a layer of each network."""
    tabulated: str = ""
    """Its name in the table of measures, before the layer; empty if it is not tabulated there."""
    drawn: bool = False
    """Whether fig_similarity draws it, if it is tabulated."""
    needs: str = "variance in both layers"
    """What it needs to have a value, for the note of a pair without a value."""


@dataclass(frozen=True, kw_only=True)
class ProductMeasure(SimilarityMeasure):
    """A measure that follows from sums of products, at a cost that does not depend on the rows."""

    function: Callable[[CrossProducts, int, int, int, int], float]
    """Its value from products, two networks by position, and a layer of each by position."""


@dataclass(frozen=True, kw_only=True)
class ArrayMeasure(SimilarityMeasure):
    """A measure that needs the layers themselves, and so paired rows."""

    function: Callable[[np.ndarray, np.ndarray, np.ndarray], float]
    """Its value from x (n, p), y (n, q) and the episode of each row (n)."""
    rows: int | None = None
    """The most rows that it is given, evenly spaced; all rows if None."""

    def value(self, x: np.ndarray, y: np.ndarray, episode_ids: np.ndarray) -> float:
        """Return the value for paired rows, evenly thinned if there are too many."""
        step = 1 if self.rows is None else max(-(-len(x) // self.rows), 1)
        return self.function(x[::step], y[::step], episode_ids[::step])


MEASURES: dict[str, ProductMeasure | ArrayMeasure] = {
    "cka": ProductMeasure(
        label="CKA",
        unit="1",
        ideal=1.0,
        compares=all_pairs,
        function=lambda products, a, b, i, j: products.cka(a, b)[0][i, j],
    ),
    "cka_debiased": ProductMeasure(
        label="debiased CKA",
        unit="1",
        ideal=1.0,
        compares=all_pairs,
        function=lambda products, a, b, i, j: products.cka(a, b)[1][i, j],
        tabulated="cka",
        drawn=True,
    ),
    "cka_null": ProductMeasure(
        label="CKA of independent rows",
        unit="1",
        ideal=float("nan"),
        compares=all_pairs,
        function=lambda products, a, b, i, j: products.independent_cka(a, b)[i, j],
    ),
    "procrustes": ProductMeasure(
        label="angular Procrustes distance",
        unit="rad",
        ideal=0.0,
        compares=second_hidden_layer,
        function=lambda products, a, b, i, j: products.procrustes(a, b, i, j),
        tabulated="procrustes",
    ),
    "cka_deconfounded": ProductMeasure(
        label="CKA without the observation",
        unit="1",
        ideal=1.0,
        compares=equal_hidden_layers,
        function=deconfounded_cka,
        needs="variance that the observation leaves in both layers",
        tabulated="cka_deconfounded",
        drawn=True,
    ),
    "cka_whitened": ProductMeasure(
        label="CKA of whitened components",
        unit="1",
        ideal=1.0,
        compares=equal_hidden_layers,
        function=whitened_cka,
        tabulated="cka_whitened",
        drawn=True,
    ),
    "cca": ArrayMeasure(
        label="CCA",
        unit="1",
        ideal=1.0,
        compares=equal_layers,
        function=lambda x, y, episode_ids: cca(x, y),
        tabulated="cca",
        drawn=True,
    ),
    "svcca": ArrayMeasure(
        label="SVCCA",
        unit="1",
        ideal=1.0,
        compares=equal_layers,
        function=lambda x, y, episode_ids: svcca(x, y),
        tabulated="svcca",
        drawn=True,
    ),
    "pwcca": ArrayMeasure(
        label="PWCCA",
        unit="1",
        ideal=1.0,
        compares=equal_layers,
        function=lambda x, y, episode_ids: pwcca(x, y),
        tabulated="pwcca",
        drawn=True,
    ),
    "rbf_cka": ArrayMeasure(
        label="debiased RBF CKA",
        unit="1",
        ideal=1.0,
        compares=equal_layers,
        function=lambda x, y, episode_ids: rbf_cka(x, y, debiased=True),
        rows=2000,
        needs="four rows, and states of which more than half differ",
        tabulated="rbf_cka",
        drawn=True,
    ),
    "rsa": ArrayMeasure(
        label="RSA",
        unit="1",
        ideal=1.0,
        compares=equal_layers,
        function=lambda x, y, episode_ids: rsa(x, y),
        rows=1000,
        needs="distances between states that differ",
        tabulated="rsa",
        drawn=True,
    ),
    "linear_predictivity": ArrayMeasure(
        label="linear predictivity",
        unit="1",
        ideal=1.0,
        compares=equal_layers,
        function=linear_predictivity,
        needs="three episodes, and variance in both layers",
        tabulated="linear_predictivity",
        drawn=True,
    ),
}
"""In the order of the columns."""

ALWAYS = ("cka", "cka_debiased")
"""Computed whether they are asked for or not, because intervals and figures are of them."""


def chosen_measures(names: Collection[str]) -> dict[str, ProductMeasure | ArrayMeasure]:
    """Return the named measures and those of `ALWAYS`, in the order of `MEASURES`.

    Raises Refused if a name is unknown.
    """
    unknown = sorted(set(names) - set(MEASURES))
    if unknown:
        raise Refused(
            f"expected measures of similarity among {', '.join(MEASURES)}, found "
            f"{', '.join(unknown)}; choose among them"
        )
    return {name: entry for name, entry in MEASURES.items() if name in {*names, *ALWAYS}}
