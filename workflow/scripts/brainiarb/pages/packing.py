"""Arrays in a page: quantised, compressed and written as text, with the error known."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pack(values: ArrayLike, kind: str) -> dict[str, Any]:
    """Return channels (c, n) of finite numbers as an entry of a page, of a `kind` uint8 or uint16.

    Each channel is quantised evenly between its lowest and its highest value, so that the error is
    at most `largest_error`. A `uint16` is stored as the difference to the number before it, high
    bytes first, which compresses better. `unpack` and the page's own script read the entry.

    Examples
    --------
    >>> angle = np.sin(np.linspace(0, 6, 50))[None]
    >>> bool(np.abs(unpack(pack(angle, "uint8")) - angle).max() <= 2 * largest_error("uint8"))
    True
    """
    x = np.asarray(values, np.float64)
    # Both ends are rounded first, because the page reads them as they are written.
    low, high = (np.array([float(f"{end:.6g}") for end in ends]) for ends in (x.min(1), x.max(1)))
    scale = np.where(high > low, high - low, 1.0)
    steps = np.iinfo(kind).max
    levels = np.round((x - low[:, None]) / scale[:, None] * steps).clip(0, steps).astype(kind)
    content = levels.tobytes()
    if kind == "uint16":
        changes = np.diff(levels, axis=1, prepend=np.zeros((len(levels), 1), levels.dtype))
        content = (changes >> 8).astype(np.uint8).tobytes() + changes.astype(np.uint8).tobytes()
    return {
        "kind": kind,
        "shape": list(x.shape),
        "low": low.tolist(),
        "high": high.tolist(),
        "data": base64.b64encode(zlib.compress(content, 9)).decode(),
    }


def unpack(entry: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the channels (c, n) that an entry of `pack` stands for."""
    channels, n = entry["shape"]
    content = np.frombuffer(zlib.decompress(base64.b64decode(entry["data"])), np.uint8)
    if entry["kind"] == "uint16":
        high, low = content.reshape(2, channels, n).astype(np.uint16)
        levels = np.cumsum(high * np.uint16(256) + low, axis=1, dtype=np.uint16)
    else:
        levels = content.reshape(channels, n).astype(np.uint16)
    first, last = (np.asarray(entry[name])[:, None] for name in ("low", "high"))
    return first + levels / np.iinfo(entry["kind"]).max * (last - first)


def largest_error(kind: str) -> float:
    """Return the largest error of a quantised number, as a share of the range of its channel."""
    return 0.5 / float(np.iinfo(kind).max)
