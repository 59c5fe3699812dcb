"""Settings that hold for every test, and the fixtures that several of them use."""

import os
from pathlib import Path

import pytest

# Set before torch and numpy are imported: the same bits on every machine, and no display.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["MPLBACKEND"] = "Agg"
# A user's own standing profile is no part of what is tested.
os.environ.pop("SNAKEMAKE_PROFILE", None)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT
