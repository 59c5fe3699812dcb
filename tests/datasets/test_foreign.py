"""Data sets from elsewhere: what is read, and the sentence in which anything else is refused."""

import json
from itertools import pairwise

import h5py
import numpy as np
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.foreign import read_dataset
from brainiarb.datasets.minari import Origin, write_minari
from brainiarb.datasets.scores import ReferenceScores
from brainiarb.errors import Refused
from brainiarb.rollouts.noise import Noise
from brainiarb.rollouts.recording import record_samples
from brainiarb.rollouts.transitions import transitions
from builders import bend

BODY = get_body("walker2d")


@pytest.fixture(scope="module")
def walked():
    return record_samples(
        BODY, bend, agents=1, samples=300, steps=150, seed=5, mode="mean", noise=Noise(40)
    )


def d4rl(walked, **changes):
    """The arrays of a walk by D4RL's names; a change to None leaves an array out."""
    steps = transitions(walked)
    arrays = {
        "observations": steps.observations,
        "next_observations": steps.next_observations,
        "actions": steps.actions,
        "rewards": steps.rewards.astype(np.float32),
        "terminals": steps.terminals,
        "timeouts": steps.timeouts,
        "infos/qpos": walked["qpos"],
        "infos/qvel": walked["qvel"],
    }
    return {name: a for name, a in {**arrays, **changes}.items() if a is not None}


def hdf5(folder, arrays):
    path = folder / "data.hdf5"
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return path


def npz(folder, arrays):
    path = folder / "data.npz"
    np.savez_compressed(path, **arrays)
    return path


def minari(folder, walked):
    scores = ReferenceScores(0.0, 1.0, "of a test")
    write_minari(folder, BODY, walked, Origin("a/b-v0", "none", "It bends.", scores, {}))
    return folder / "a/b-v0/data"


def refusal(path, body=BODY):
    """Why a data set is refused, which must be one sentence that names it."""
    with pytest.raises(Refused) as refused:
        read_dataset(path, body)
    said = str(refused.value)
    assert str(path) in said
    assert len(said.splitlines()) == 1
    return said


@pytest.mark.parametrize("written", [hdf5, npz])
def test_a_file_of_d4rl_is_read_value_for_value(written, walked, tmp_path):
    data, steps = read_dataset(written(tmp_path, d4rl(walked)), BODY), transitions(walked)
    for name in ("observations", "next_observations", "actions", "terminals", "timeouts"):
        np.testing.assert_array_equal(getattr(data, name), getattr(steps, name), strict=True)
    np.testing.assert_allclose(data.rewards, steps.rewards, rtol=1e-6)
    np.testing.assert_array_equal(data.episode_ids, walked["episode_ids"])
    np.testing.assert_array_equal(data.qpos, walked["qpos"], strict=True)
    assert data.episodes == len(walked["final_observations"])


def test_what_was_written_for_minari_is_read_again_from_any_folder_above_it(walked, tmp_path):
    minari(tmp_path, walked)
    steps = transitions(walked)
    for path in (tmp_path, tmp_path / "a", tmp_path / "a/b-v0/data"):
        data = read_dataset(path, BODY)
        for name in ("observations", "next_observations", "actions", "rewards", "timeouts"):
            np.testing.assert_array_equal(getattr(data, name), getattr(steps, name), strict=True)
        assert data.qpos is None


def test_without_next_observations_the_last_row_of_an_episode_tells_where_the_walk_led(
    walked, tmp_path
):
    data = read_dataset(npz(tmp_path, d4rl(walked, next_observations=None)), BODY)
    steps, ids = transitions(walked), walked["episode_ids"]
    kept = np.append(ids[1:] == ids[:-1], False)
    np.testing.assert_array_equal(data.observations, steps.observations[kept])
    np.testing.assert_array_equal(data.next_observations, steps.next_observations[kept])
    assert data.episodes == len(walked["final_observations"])
    assert not data.terminals.any()


def test_a_data_set_that_stops_within_an_episode_is_cut_there(walked, tmp_path):
    arrays = {name: values[:-1] for name, values in d4rl(walked).items()}
    data = read_dataset(npz(tmp_path, arrays), BODY)
    assert data.timeouts[-1]
    assert data.episodes == len(walked["final_observations"])


def test_actions_are_read_in_half_ranges_of_the_body(tmp_path):
    body = get_body("humanoid")
    walked = record_samples(
        body, lambda seen: np.full((len(seen), 17), 0.5), agents=1, samples=100, steps=50, seed=1,
        mode="mean", noise=Noise(20),
    )  # fmt: skip
    arrays = d4rl(walked) | {"actions": 0.4 * walked["actions"]}
    data = read_dataset(npz(tmp_path, arrays), body)
    np.testing.assert_allclose(data.actions, walked["actions"], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rewards": None}, "no array 'rewards'"),
        ({"terminals": np.zeros(300, bool), "timeouts": None}, "no step ends an episode"),
        ({"actions": np.zeros((300, 3))}, r"'actions' has the shape (300, 3)"),
        ({"observations": np.zeros((300, 11))}, r"'observations' has the shape (300, 11)"),
        ({"timeouts": np.zeros(299, bool)}, r"'timeouts' has the shape (299,)"),
        ({"rewards": np.full(300, np.nan)}, "'rewards' is not finite in row 0"),
        ({"actions": np.full((300, 6), 3.0)}, "actions go to 3 half-ranges"),
        ({"rewards": np.array([b"x"] * 300)}, "'rewards' holds |S1 where numbers are needed"),
        ({"rewards": np.zeros(0)}, "has 0 time steps"),
    ],
)
@pytest.mark.parametrize("written", [hdf5, npz])
def test_bad_arrays_are_refused(written, change, reason, walked, tmp_path):
    assert reason in refusal(written(tmp_path, d4rl(walked, **change)))


def test_pickled_objects_are_refused(walked, tmp_path, marker):
    from archive_builders import Trap

    path = tmp_path / "data.npz"
    np.savez(path, **d4rl(walked, rewards=np.array([Trap(marker)] * 300, object)))
    assert "'rewards' holds object" in refusal(path)


def test_what_an_array_declares_is_checked_before_it_is_read(walked, tmp_path):
    path = hdf5(tmp_path, d4rl(walked, rewards=None))
    with h5py.File(path, "a") as file:
        file.create_dataset("rewards", (2**40,), "f4", chunks=(1024,))
    assert "1,099,511,627,776 time steps" in refusal(path)
    with h5py.File(path, "a") as file:
        del file["rewards"]
        file.create_dataset("rewards", (300,), "f4", chunks=(2**28,), maxshape=(None,))
    assert "in pieces of more than" in refusal(path)


@pytest.mark.parametrize("kind", ["external storage", "virtual", "external link", "soft link"])
def test_arrays_in_other_files_are_refused(kind, walked, tmp_path):
    other = hdf5(tmp_path, d4rl(walked)).rename(tmp_path / "other.hdf5")
    path = hdf5(tmp_path, d4rl(walked, rewards=None))
    with h5py.File(path, "a") as file:
        if kind == "external storage":
            raw = tmp_path / "raw"
            raw.write_bytes(bytes(1200))
            file.create_dataset("rewards", (300,), "f4", external=[(str(raw), 0, 1200)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((300,), "f4")
            layout[:] = h5py.VirtualSource(str(other), "rewards", (300,))
            file.create_virtual_dataset("rewards", layout)
        else:
            link = h5py.SoftLink("/actions")
            file["rewards"] = link if kind == "soft link" else h5py.ExternalLink(other, "rewards")
    assert "'rewards' " in refusal(path)


def test_a_minari_data_set_of_another_environment_is_refused_whatever_its_sizes(walked, tmp_path):
    folder = minari(tmp_path, walked)
    said = refusal(folder, get_body("halfcheetah"))
    assert "it is of Walker2d-v5, and the body is that of HalfCheetah-v5" in said
    # An older version is the same body.
    told = json.loads((folder / "metadata.json").read_text())
    told["env_spec"] = told["env_spec"].replace("Walker2d-v5", "Walker2d-v4")
    (folder / "metadata.json").write_text(json.dumps(told))
    assert len(read_dataset(folder, BODY)) == 300


def test_damaged_data_sets_of_minari_are_refused(walked, tmp_path):
    folder = minari(tmp_path, walked)
    with h5py.File(folder / "main_data.hdf5", "a") as file:
        file["episode_0/truncations"][0] = True
    assert "episode 0 does not end with its last step" in refusal(folder)
    with h5py.File(folder / "main_data.hdf5", "a") as file:
        del file["episode_0/observations"]
    assert "no array 'episode_0/observations'" in refusal(folder)
    (folder / "metadata.json").write_text("{")
    assert "is not a whole data set" in refusal(folder)


def test_other_files_and_folders_are_refused(tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n")
    assert ".hdf5, .h5, .npz" in refusal(tmp_path / "data.csv")
    (tmp_path / "data.hdf5").write_bytes(b"no HDF5")
    assert "not a whole data set" in refusal(tmp_path / "data.hdf5")
    assert "0 files metadata.json" in refusal(tmp_path)


def test_no_prefix_of_a_file_is_read_as_a_smaller_data_set(walked, tmp_path):
    whole = npz(tmp_path, d4rl(walked)).read_bytes()
    cuts = np.linspace(0, len(whole) - 1, 9).astype(int)
    for _, cut in pairwise(cuts):
        (tmp_path / "data.npz").write_bytes(whole[:cut])
        assert "not a whole data set" in refusal(tmp_path / "data.npz")
