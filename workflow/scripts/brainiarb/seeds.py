"""Seeds that depend on names and never on positions, so that a new level shifts no other seed."""

import hashlib
import json

import numpy as np


def derive_seed(master: int, *names: str | int) -> int:
    """Return a 32-bit seed for one purpose, which the names describe.

    Examples
    --------
    >>> derive_seed(0, "train_clones", "sac_0", 40, 3)
    4174808572
    >>> derive_seed(0, "train_clones", "sac_0", 40, 4)
    2005302165
    """
    text = json.dumps([master, *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def generator(master: int, *names: str | int) -> np.random.Generator:
    """Return a NumPy generator whose seed is `derive_seed` of the same arguments."""
    return np.random.default_rng(derive_seed(master, *names))
