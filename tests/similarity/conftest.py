"""An expert, clones, untrained networks and other experts, compared on states that need no walk."""

from contextlib import ExitStack

import h5py
import numpy as np
import pytest

from brainiarb.activity.activations import record_own, record_shared
from brainiarb.activity.stimuli import common_states, own
from brainiarb.actors.actors import stack_actors, untrained
from brainiarb.similarity.pairs import compare_experts, compare_level
from builders import SHOWN_ROWS, SIMILARITY_MEASURES, SIZES, TRANSIENT, random_recording, related

FILES = ("common", "clones")


@pytest.fixture
def pair():
    """Two related arrays of the same rows."""
    return related()


@pytest.fixture(scope="module")
def expert():
    return untrained(SIZES, [1])


@pytest.fixture
def record_networks(expert, tmp_path):
    """Write the files of activations of the expert and of two clones that walked as given.

    The first clone is the expert itself. The files lie in `tmp_path`.
    """
    floor = untrained(SIZES, [2, 3])
    clones = stack_actors([expert, untrained(SIZES, [4])])
    peers = {"alike": expert, "other": untrained(SIZES, [5])}
    algorithms = {"alike": "sac", "other": "crossq"}
    walked = random_recording((70, 60, 50, 80), (0, 0, 0, 0))

    def record(clones_walk, shown=SHOWN_ROWS):
        of_all = {-1: walked, 0: clones_walk}
        pool = common_states(of_all, SHOWN_ROWS, TRANSIENT)
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(h5py.File(tmp_path / f"{name}.h5", "w")) for name in FILES
            }
            file = files["common"]
            file.attrs["algorithm"] = "sac"
            record_shared(file, "expert", expert, pool)
            record_own(file, "own", expert, [own(walked, 0, SHOWN_ROWS)])
            record_shared(file, "untrained", floor, pool)
            for name, peer in peers.items():
                record_shared(file, f"peers/{name}", peer, pool)
                file[f"peers/{name}"].attrs["algorithm"] = algorithms[name]
            file = files["clones"]
            record_shared(file, "common", clones, common_states(of_all, shown, TRANSIENT))
            record_own(file, "own", clones, [own(clones_walk, k, SHOWN_ROWS) for k in range(2)])

    return record


@pytest.fixture
def compare(record_networks, tmp_path):
    """Record networks (see `record_networks`) and return their table of similarities."""

    def run(clones_walk, measures=SIMILARITY_MEASURES, **shown):
        record_networks(clones_walk, **shown)
        with ExitStack() as stack:
            files = [stack.enter_context(h5py.File(tmp_path / f"{name}.h5")) for name in FILES]
            return compare_level(*files, measures)

    return run


@pytest.fixture
def compare_references(record_networks, tmp_path):
    """Record networks and return the similarities of the expert with all but its clones."""

    def run(clones_walk, measures=SIMILARITY_MEASURES):
        record_networks(clones_walk)
        with h5py.File(tmp_path / "common.h5") as common:
            return compare_experts(common, measures, np.random.default_rng(0))

    return run
