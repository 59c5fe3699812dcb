"""An expert, clones, untrained networks and other experts, compared on states that need no walk."""

from contextlib import ExitStack

import h5py
import pytest

from brainiarb.activity.activations import describe_half, record_own, record_shared
from brainiarb.activity.stimuli import half, own, own_twice, sample_states
from brainiarb.actors.actors import stack_actors, untrained
from brainiarb.similarity.pairs import compare_level
from builders import SHOWN_ROWS, SIMILARITY_MEASURES, SIZES, TRANSIENT, random_recording, related

FILES = ("expert", "untrained", "peers", "clones")


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

    def record(clones_walk, shown=SHOWN_ROWS, peers_shown=SHOWN_ROWS):
        of_expert = sample_states(walked, SHOWN_ROWS, TRANSIENT)
        of_level = sample_states(clones_walk, SHOWN_ROWS, TRANSIENT)
        of_peers = sample_states(walked, peers_shown, TRANSIENT)
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(h5py.File(tmp_path / f"{name}.h5", "w")) for name in FILES
            }
            record_shared(files["expert"], "expert", expert, of_expert)
            record_own(files["expert"], "own", expert, own_twice(walked, SHOWN_ROWS))
            record_shared(files["untrained"], "expert", floor, of_expert)
            file = files["clones"]
            record_shared(file, "expert", clones, sample_states(walked, shown, TRANSIENT))
            record_shared(file, "level", clones, of_level)
            describe_half(file, "expert", "level", half(of_expert, of_level))
            record_own(file, "own", clones, [own(clones_walk, k, SHOWN_ROWS) for k in range(2)])
            record_shared(file, "reference/expert/level", expert, of_level)
            record_shared(file, "reference/untrained/level", floor, of_level)
            files["peers"].attrs["algorithm"] = "sac"
            for name, peer in peers.items():
                record_shared(files["peers"], f"{name}/expert", peer, of_peers)
                files["peers"][name].attrs["algorithm"] = algorithms[name]
                record_shared(file, f"reference/peers/{name}/level", peer, of_level)

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
