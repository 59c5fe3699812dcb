"""Result files: whole or absent, the same bytes each time, read in full or row by row."""

import hashlib

import numpy as np
import pandas as pd
import psutil
import pytest

from brainiarb.errors import Refused
from brainiarb.files import (
    concatenate_csv,
    digest_of,
    open_npz,
    read_csv,
    read_json,
    read_npz,
    whole,
    write_csv,
    write_json,
    write_npz,
)

ARRAYS = {
    "rows": np.arange(60.0).reshape(10, 2, 3),
    "transposed": np.arange(60.0).reshape(6, 10).T,
    "flags": np.arange(10) % 3 == 0,
    "empty": np.zeros((0, 4), np.float32),
    "body": np.array("walker2d"),
    "sampling_rate": np.array(125.0),
}


@pytest.fixture
def stored(tmp_path):
    """The file of `ARRAYS`."""
    path = tmp_path / "arrays.npz"
    write_npz(path, ARRAYS)
    return path


# ---- whole files


def test_a_file_appears_whole_and_replaces_the_one_before(tmp_path):
    path = tmp_path / "folder" / "table.csv"
    for text in ("first", "second"):
        with whole(path) as temporary:
            assert temporary.suffix == ".csv"
            temporary.write_text(text)
        assert path.read_text() == text
    assert {file.name for file in path.parent.iterdir()} == {"table.csv", ".records"}


def test_after_an_error_the_file_before_stays_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")

    def write_half():
        with whole(path) as temporary:
            temporary.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_files_have_the_same_bytes_each_time(tmp_path):
    frame = pd.DataFrame({"name": ["a", "b"], "value": [1 / 3, np.nan]})
    for writer, value in ((write_npz, ARRAYS), (write_csv, frame), (write_json, {"a": [1, 2]})):
        for name in ("one", "two"):
            writer(tmp_path / name, value)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_table_has_nine_significant_digits_and_no_index(tmp_path):
    write_csv(tmp_path / "a.csv", pd.DataFrame({"value": [1e6 / 3, np.nan]}))
    assert (tmp_path / "a.csv").read_bytes() == b'value\n333333.333\n""\n'


# ---- arrays


def test_arrays_come_back_as_they_were(stored):
    arrays = read_npz(stored)
    assert arrays.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], values, strict=True)


@pytest.mark.parametrize("name", ARRAYS)
def test_a_stored_array_is_read_as_the_array_itself(stored, name):
    array = open_npz(stored)[name]
    assert (array.shape, array.dtype) == (ARRAYS[name].shape, ARRAYS[name].dtype)
    np.testing.assert_array_equal(array.read(), ARRAYS[name], strict=True)


@pytest.mark.parametrize("name", ["rows", "transposed", "flags", "empty"])
@pytest.mark.parametrize(
    "rows",
    [
        slice(None), slice(2, 7), slice(7, 2), slice(8, 99), slice(-3, None), slice(0, 10, 3),
        slice(1, 8, 2), slice(None, None, -1), slice(8, 1, -3),
    ],
    ids=str,
)  # fmt: skip
def test_a_slice_of_a_stored_array_is_the_slice_of_the_array(stored, name, rows):
    array = open_npz(stored)[name]
    assert len(array) == len(ARRAYS[name])
    np.testing.assert_array_equal(array[rows], ARRAYS[name][rows], strict=True)


def test_rows_that_were_read_are_no_window_on_the_file(stored):
    before = stored.read_bytes()
    open_npz(stored)["rows"][:3][:] = 7
    assert stored.read_bytes() == before


def test_the_digest_of_a_file_is_that_of_its_bytes_and_leaves_no_file_open(stored):
    before = len(psutil.Process().open_files())
    assert digest_of(stored) == hashlib.sha256(stored.read_bytes()).hexdigest()
    assert len(psutil.Process().open_files()) == before


# ---- damage


def test_a_compressed_file_is_refused_where_rows_are_read_by_place(tmp_path):
    with whole(tmp_path / "a.npz") as temporary:
        np.savez_compressed(temporary, rows=np.zeros((5, 2)))
    with pytest.raises(Refused, match=r"rows\.npy is compressed"):
        open_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("read", [read_npz, open_npz])
def test_pickled_objects_are_refused(tmp_path, read):
    with whole(tmp_path / "a.npz") as temporary:
        np.savez(temporary, names=np.array(["a", None], object), allow_pickle=True)
    with pytest.raises(Refused, match=r"a\.npz is not a whole \.npz file"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"a,b\n1,2\n3,", "it ends within a row"),
        (b"a\n\xff\xfe\n", "codec"),
    ],
)
def test_a_damaged_table_is_refused_by_its_name(content, words, tmp_path):
    table = tmp_path / "table.csv"
    with whole(table) as temporary:
        temporary.write_bytes(content)
    for read in (read_csv, lambda path: concatenate_csv(tmp_path / "all.csv", [path])):
        with pytest.raises(Refused, match=rf"table\.csv is.*{words}"):
            read(table)


def test_concatenated_tables_keep_each_cell_as_it_stands(tmp_path):
    cells = {
        "one": 'agent,value,note\nexpert,1,"of 3, at most"\nclone,0.10,\n',
        "none": "agent,value,note\n",
        "more": "value,unit\n2e-07,m\n",
    }
    for name, text in cells.items():
        with whole(tmp_path / name) as temporary:
            temporary.write_text(text)
    concatenate_csv(tmp_path / "all.csv", [tmp_path / name for name in cells])
    assert (tmp_path / "all.csv").read_text() == (
        'agent,value,note,unit\nexpert,1,"of 3, at most",\nclone,0.10,,\n,2e-07,,m\n'
    )


def test_a_table_whose_row_has_another_number_of_cells_is_not_concatenated(tmp_path):
    with whole(tmp_path / "part.csv") as temporary:
        temporary.write_text("a,b\n1,2\n3\n")
    with pytest.raises(Refused, match=r"part\.csv .*it has 2 columns and a row of 1 cells"):
        concatenate_csv(tmp_path / "all.csv", [tmp_path / "part.csv"])
    assert not (tmp_path / "all.csv").exists()


def test_damaged_json_is_refused(tmp_path):
    with whole(tmp_path / "a.json") as temporary:
        temporary.write_text('{"a": ')
    with pytest.raises(Refused, match=r"a\.json is not a whole JSON file .*; delete it and run"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("read", [read_npz, open_npz, read_json])
def test_a_missing_file_is_named_as_missing(tmp_path, read):
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        read(tmp_path / "no-such-file")
