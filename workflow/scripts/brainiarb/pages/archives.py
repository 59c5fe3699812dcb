"""The page of a study that clones nobody: how archives walk, and how alike they compute and act."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from brainiarb.pages.page import Look, page_of
from brainiarb.pages.rows import Row

LEFT_OUT = {
    "claims and statistics": "Every claim and every test is of clones.",
    "the noise series, noise axes and noise on demonstrations": "They are of demonstrations.",
    "stitched layers": "A layer of a clone is put into the expert that it was cloned from.",
    "robustness": "Pushes and friction are compared within one expert and its clones.",
    "rotations and decoding": "They are of one expert's walk beside its clones.",
    "maps as published": "The study published them of an expert and its clone.",
}
"""What a study without clones cannot have, and why."""


def archives_page(
    page: PurePath,
    look: Look,
    config: Mapping[str, Any],
    tables: Mapping[str, Sequence[Row]],
    figures: Mapping[str, Path],
    captions: Mapping[str, str],
    citation: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> str:
    """Return the page as HTML that needs no other file and no JavaScript.

    The arguments are those of `page_of`.
    """
    return page_of(
        page, look, config, tables, figures, captions, citation, provenance, left_out=LEFT_OUT
    )
