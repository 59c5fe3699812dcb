"""Pictures of a page: figures at the resolution of a screen, as text that stands in the page."""

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from brainiarb.files import reading

WIDTH = 1400
"""Pixels: the largest width of a picture, for a page of half this width on a fine screen."""
QUALITY = 80


@dataclass(frozen=True)
class Picture:
    """A figure at the resolution of a screen."""

    width: int
    height: int
    uri: str
    """The picture itself, as a `data:` URI."""


def screen_picture(path: str | Path) -> Picture:
    """Return a figure as WebP of at most `WIDTH` pixels in width; of a film, its first frame.

    Raises Refused if the file is no picture.
    """
    from PIL import Image

    with reading(path, "picture", foreign=True), Image.open(path) as image:
        small = image.convert("RGB")
    if small.width > WIDTH:
        small = small.resize(
            (WIDTH, round(small.height * WIDTH / small.width)), Image.Resampling.LANCZOS
        )
    content = BytesIO()
    small.save(content, "WEBP", quality=QUALITY)
    uri = f"data:image/webp;base64,{b64encode(content.getvalue()).decode('ascii')}"
    return Picture(small.width, small.height, uri)
