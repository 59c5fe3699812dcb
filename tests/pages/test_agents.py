"""The agents of the explorer are read from the files of the study, with their networks."""

import h5py
import numpy as np

from brainiarb.activity.activations import record_own
from brainiarb.activity.stimuli import own
from brainiarb.actors.actors import untrained
from brainiarb.files import whole, write_npz
from brainiarb.pages.agents import clones_each, read_agents
from builders import SIZES, planted_recording


def test_each_agent_has_its_walk_and_computes_what_its_network_does(tmp_path):
    body, arrays = planted_recording(clones=3, episodes=1, rows=300)
    write_npz(tmp_path / "rollouts.npz", arrays)
    actors = untrained(SIZES, [0, 1, 2])
    with whole(tmp_path / "bc_40.h5") as temporary, h5py.File(temporary, "w") as file:
        record_own(file, "own", actors, [own(arrays, k, 300) for k in range(3)])
    files = tmp_path / "rollouts.npz", tmp_path / "bc_40.h5"
    agents = read_agents(body, *files, "own", "crossq_0", 40, 1.0, kept=[0, 2])
    assert [agent.key for agent in agents] == ["crossq_0/40/0", "crossq_0/40/2"]
    assert agents[1].files == tuple(map(str, files))
    states = np.random.default_rng(0).normal(size=(5, SIZES[0])).astype(np.float32)
    computed, recorded = agents[1].respond(states), actors.only(2).respond(states)
    assert list(computed) == list(recorded)
    np.testing.assert_array_equal(computed["linear1"], np.maximum(recorded["linear1"][0], 0))
    np.testing.assert_array_equal(computed["mean_linear"], recorded["mean_linear"][0])


def test_a_large_study_gives_fewer_clones_of_each_level_but_one_at_least():
    many = {f"crossq_{k}": range(8) for k in range(11)}
    assert clones_each(many, experts=12, clones=8) == 1
    assert clones_each({"crossq_0": range(8)}, experts=6, clones=4) == 4
