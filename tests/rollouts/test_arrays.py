"""Recordings on disk: a good one is read, in full or by rows; a bad one is refused."""

import numpy as np
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.files import read_npz, write_npz
from brainiarb.rollouts.arrays import (
    DEMONSTRATED,
    EPISODE_DTYPES,
    METADATA,
    check_rollouts,
    dtypes,
    open_rollouts,
    read_demonstrations,
    read_rollouts,
    write_demonstrations,
)
from builders import assert_same, recording


def demonstrations(**learnt):
    """A recording of demonstrations, whose clones learn what is observed and done unless given."""
    arrays = recording()
    return arrays | {"inputs": arrays["observations"], "labels": arrays["actions"]} | learnt


@pytest.mark.parametrize("differing", [(), ("labels",), ("inputs",), ("inputs", "labels")])
def test_demonstrations_keep_their_transitions_and_what_clones_learn(differing, tmp_path):
    written = demonstrations()
    for name in differing:
        written[name] = written[name].copy()
        written[name][3, 2] += 0.25
    path = tmp_path / "noise_80.npz"
    write_demonstrations(path, written)
    stored = read_npz(path)
    assert {*stored} == {*METADATA, *DEMONSTRATED, *EPISODE_DTYPES, *differing}
    read = read_demonstrations(path)
    assert {*read} == {*stored, "inputs", "labels"}
    assert_same(read, {name: np.asarray(written[name]) for name in read})


def test_damaged_demonstrations_are_refused(tmp_path):
    path = tmp_path / "noise_80.npz"
    for change, message in (
        ({"actions": with_nan(recording()["actions"])}, "'actions' is not finite in row 4"),
        ({"rewards": np.zeros(0)}, "no rows"),
    ):
        write_demonstrations(path, demonstrations(**{"labels": recording()["actions"]} | change))
        with pytest.raises(Refused, match=message):
            read_demonstrations(path)
    arrays = demonstrations()
    del arrays["clone_ids"]
    write_npz(path, arrays)
    with pytest.raises(Refused, match="'clone_ids' is missing"):
        read_demonstrations(path)


def test_a_good_recording_passes():
    check_rollouts(recording(), "here")


def changed(name, change):
    arrays = recording()
    arrays[name] = change(arrays[name])
    return arrays


def with_nan(values):
    values[4] = np.nan
    return values


def read_by_rows(path):
    """Open a recording and read every row of every array."""
    for values in open_rollouts(path).values():
        values[:]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "'body' is missing"),
        (changed("qvel", with_nan), "'qvel' is not finite in row 4"),
        (changed("heights", lambda values: values[:-1]), r"'heights'.*\(8, 7\).*\(9, 7\)"),
        (changed("observations", lambda values: values[:, :11]), r"'observations'.*walker2d"),
        (changed("actions", lambda values: values.astype(float)), "'actions' holds float64"),
        (changed("body", lambda _: np.array("snake")), "body 'snake' is not known"),
        (changed("episode_ids", lambda values: values[::-1]), "episodes are not in ascending"),
        (changed("clone_ids", lambda values: values[::-1]), "clones are not in ascending"),
        (changed("final_observations", lambda values: values[1:]), r"\(2, 17\).*3 episodes ask"),
        (changed("rewards", lambda values: values[:0]), "no rows"),
        (
            changed("clone_ids", lambda _: np.arange(9, dtype=np.int16)),
            "belongs to two clones",
        ),
        *(
            (changed("sampling_rate", lambda _, rate=rate: np.array(rate)), "sampling rate is")
            for rate in (0.0, -125.0, np.nan, np.inf, "fast", [125.0])
        ),
        (recording() | {"labels": np.zeros((9, 5), np.float32)}, "'labels' has shape"),
    ],
)
def test_bad_recordings_are_refused_in_one_sentence_by_every_reader(arrays, message, tmp_path):
    path = tmp_path / "rollouts.npz"
    write_npz(path, arrays)
    for read in (read_rollouts, read_by_rows):
        with pytest.raises(Refused, match=message) as refusal:
            read(path)
        assert str(refusal.value).startswith(f"{path}: ")
        assert "\n" not in str(refusal.value)


def test_the_missing_array_and_the_file_are_named():
    arrays = recording()
    del arrays["contacts"]
    with pytest.raises(Refused, match=r"results/rollouts.npz: the array 'contacts' is missing"):
        check_rollouts(arrays, "results/rollouts.npz")


def test_rows_of_a_stored_recording_are_those_of_the_arrays(tmp_path):
    arrays = recording()
    arrays["qpos"] = np.asfortranarray(np.random.default_rng(0).normal(size=(9, 9)))
    write_npz(tmp_path / "rollouts.npz", arrays)
    stored = open_rollouts(tmp_path / "rollouts.npz")
    assert stored.keys() == {*dtypes(get_body("walker2d")), *EPISODE_DTYPES}
    for rows in (slice(2, 5), slice(0, 9, 2), slice(None)):
        for name, values in stored.items():
            np.testing.assert_array_equal(values[rows], arrays[name][rows], strict=True)


def test_a_row_that_is_not_finite_is_refused_when_it_is_read(tmp_path):
    write_npz(tmp_path / "rollouts.npz", changed("qvel", with_nan))
    stored = open_rollouts(tmp_path / "rollouts.npz")
    assert np.isfinite(stored["qvel"][:4]).all()
    assert np.isfinite(stored["qvel"][5:]).all()
    for rows in (slice(3, 6), slice(0, 9, 2), slice(None, None, -1)):
        with pytest.raises(Refused, match=r"rollouts\.npz: 'qvel' is not finite in row 4;"):
            stored["qvel"][rows]


@pytest.mark.parametrize("read", [read_rollouts, open_rollouts])
def test_a_file_that_holds_no_arrays_is_refused(tmp_path, read):
    path = tmp_path / "rollouts.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(Refused, match=r"rollouts\.npz has no record .*; delete it"):
        read(path)
