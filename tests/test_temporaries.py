"""Temporary files: what killed jobs left is swept, what a running job writes stays; a full disk."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from brainiarb.errors import Refused
from brainiarb.files import read_json, whole, write_json
from brainiarb.temporaries import PREFIX, is_full, sweep
from conftest import PATIENCE, ROOT

WRITES = """
import time
from brainiarb.files import whole
with whole("walker2d/crossq_0/rollouts.npz") as temporary:
    temporary.write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def writer(tmp_path):
    """A process in the middle of writing a file; it is older than a young one."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"writing\n"
    (folder,) = (tmp_path / "walker2d/crossq_0").iterdir()
    os.utime(folder, (time.time() - 3600, time.time() - 3600))
    yield process
    process.kill()
    process.wait(PATIENCE)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_what_a_killed_job_left_is_swept(writer, tmp_path, name):
    writer.send_signal(getattr(signal, name))
    writer.wait(PATIENCE)
    (left,) = sweep(tmp_path)
    assert left.name.startswith(PREFIX)
    assert list((tmp_path / "walker2d/crossq_0").iterdir()) == []


def test_what_a_running_job_writes_is_never_swept(writer, tmp_path):
    assert sweep(tmp_path) == []
    assert list((tmp_path / "walker2d/crossq_0").glob("*/rollouts.npz"))


def test_a_young_folder_stays_because_its_lock_may_not_be_there_yet(tmp_path):
    (tmp_path / f"{PREFIX}abc").mkdir()
    assert sweep(tmp_path) == []
    os.utime(tmp_path / f"{PREFIX}abc", (0, 0))
    assert sweep(tmp_path) == [tmp_path / f"{PREFIX}abc"]


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_one_sentence_and_the_file_before_stays(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})

    def write_half():
        with whole(tmp_path / "a.json") as temporary:
            temporary.write_text("half")
            full()

    with pytest.raises(Refused, match=r"^the disk of .* is full, so a\.json could not be written"):
        write_half()
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert read_json(tmp_path / "a.json") == {"a": 1}


def hidden_by_a_library():
    try:
        full()
    except OSError as error:
        raise RuntimeError("Can't decrement id ref count") from error


def told_in_the_words_of_hdf5():
    raise OSError("write failed: errno = 28, error message = 'No space left on device'")


@pytest.mark.parametrize("fail", [full, hidden_by_a_library, told_in_the_words_of_hdf5])
def test_a_full_disk_is_known_however_a_library_tells_it(tmp_path, fail):
    with pytest.raises((OSError, RuntimeError)) as raised:
        fail()
    assert is_full(raised.value, tmp_path)


def test_another_error_is_no_full_disk(tmp_path):
    assert not is_full(KeyError("a"), tmp_path)
