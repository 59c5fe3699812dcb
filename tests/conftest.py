"""Settings that hold for every test, and the fixtures that several of them use."""

import fcntl
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Set before torch and numpy are imported: the same bits on every machine, and no display.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["MPLBACKEND"] = "Agg"
# A user's own standing profile is no part of what is tested.
os.environ.pop("SNAKEMAKE_PROFILE", None)

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300  # s until whatever waits for another process gives up, even on a busy machine


WHOLE_STUDIES = (
    "test_end_to_end", "test_degenerate", "test_published", "test_every_body", "test_on_demand",
    "test_claims_in_config", "test_cloned_experts", "test_verify",
)  # fmt: skip
"""The files whose tests run whole studies, the longest first."""


def pytest_collection_modifyitems(items):
    """Put the longest tests first, so that no process runs one while the others have none left."""
    place = {name: number for number, name in enumerate(WHOLE_STUDIES)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


def command(*options, overlay="tests/config/tiny.yaml"):
    """Return the command line of Snakemake for a study, the tiny one unless told."""
    call = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    return [str(word) for word in (*call, "--configfile", ROOT / overlay, *options)]


def snakemake(folder, *options, fails=False, **study):
    """Run Snakemake on a study (see `command`) in a folder and return what it printed."""
    done = subprocess.run(
        command(*options, **study), cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, said
    return said


def new_folder(folder):
    """Make an empty working directory: all that ships is found beside the Snakefile."""
    folder.mkdir(parents=True)
    return folder


def made_once(tmp_path_factory, name, make):
    """Return a folder that the first of the processes of a test run makes, and all of them read."""
    base = tmp_path_factory.getbasetemp()
    # The base of a process of pytest-xdist lies in the base of the run.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = shared / name, shared / f"{name}.made"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(new_folder(folder))
            made.touch()
    return folder


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """A folder in which the tiny study was run to its end; only to be read (see `copied`)."""
    return made_once(tmp_path_factory, "study", lambda folder: snakemake(folder, "--cores", "2"))


@pytest.fixture
def copied(study, tmp_path):
    """A copy of the finished study, in which Snakemake may work and files may be damaged."""
    return Path(shutil.copytree(study, tmp_path / "folder", symlinks=True))


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A checkout whose tiny study is finished, with placeholders for its files; only for plans."""
    from plans import finish

    checkout = tmp_path_factory.mktemp("finished") / "checkout"
    ignored = shutil.ignore_patterns("results", ".snakemake", ".git", ".venv*", "*_cache")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    finish(checkout)
    return checkout


@pytest.fixture
def checkout(finished, tmp_path):
    """A copy of the finished checkout, with other time stamps."""
    return Path(shutil.copytree(finished, tmp_path / "checkout", copy_function=shutil.copy))


@pytest.fixture(scope="module")
def model():
    """An untrained SAC of Stable-Baselines3."""
    from stable_baselines3 import SAC

    return SAC("MlpPolicy", "Walker2d-v5", buffer_size=1, seed=3, device="cpu")


@pytest.fixture(scope="module")
def archive(model, tmp_path_factory):
    """The archive of `model`."""
    path = tmp_path_factory.mktemp("archive") / "expert.zip"
    model.save(path)
    return path


@pytest.fixture
def observations():
    """40 observations (40, 17) for `model`."""
    import numpy as np

    return np.random.default_rng(0).normal(size=(40, 17))


@pytest.fixture
def marker(tmp_path):
    """A file that a trap makes when it is unpickled; it must not exist when the test ends."""
    from archive_builders import Trap

    path = tmp_path / "executed"
    pickle.loads(pickle.dumps(Trap(path)))
    assert path.exists()
    path.unlink()
    yield path
    assert not path.exists()


@pytest.fixture
def normalised():
    """A VecNormalize that has seen observations of different sizes."""
    import numpy as np
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    envs = VecNormalize(make_vec_env("Walker2d-v5", 2, seed=1), norm_reward=False)
    envs.action_space.sample()  # so that a random generator is pickled too
    rng = np.random.default_rng(4)
    envs.obs_rms.mean, envs.obs_rms.var = rng.normal(size=17), rng.uniform(0.1, 9, 17)
    return envs
