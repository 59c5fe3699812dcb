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
def compare(expert, tmp_path):
    """Compare the expert with two clones, its equal and another network, that walked as given.

    The files of activations stay in `tmp_path`.
    """
    floor = untrained(SIZES, [2, 3])
    clones = stack_actors([expert, untrained(SIZES, [4])])
    others = {"alike": expert, "other": untrained(SIZES, [5])}
    walked = random_recording((70, 60, 50, 80), (0, 0, 0, 0))

    def run(clones_walk, shown=SHOWN_ROWS, peers_shown=SHOWN_ROWS, measures=SIMILARITY_MEASURES):
        of_expert = sample_states(walked, SHOWN_ROWS, TRANSIENT)
        of_level = sample_states(clones_walk, SHOWN_ROWS, TRANSIENT)
        files = [h5py.File(tmp_path / f"{name}.h5", "w") for name in FILES]
        record_shared(files[0], "expert", expert, of_expert)
        record_own(files[0], "own", expert, own_twice(walked, SHOWN_ROWS))
        record_shared(files[1], "expert", floor, of_expert)
        files[2].attrs["algorithm"] = "sac"
        record_shared(files[3], "expert", clones, sample_states(walked, shown, TRANSIENT))
        record_shared(files[3], "level", clones, of_level)
        describe_half(files[3], "expert", "level", half(of_expert, of_level))
        record_own(files[3], "own", clones, [own(clones_walk, k, SHOWN_ROWS) for k in range(2)])
        record_shared(files[3], "reference/expert/level", expert, of_level)
        record_shared(files[3], "reference/untrained/level", floor, of_level)
        for name, peer in others.items():
            states = sample_states(walked, peers_shown, TRANSIENT)
            record_shared(files[2], f"{name}/expert", peer, states)
            record_shared(files[3], f"reference/peers/{name}/level", peer, of_level)
            files[2][name].attrs["algorithm"] = {"alike": "sac", "other": "crossq"}[name]
        for file in files:
            file.close()
        with ExitStack() as stack:
            files = [stack.enter_context(h5py.File(tmp_path / f"{name}.h5")) for name in FILES]
            return compare_level(*files, measures)

    return run
