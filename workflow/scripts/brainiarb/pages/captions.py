"""Captions of figures as HTML: the same texts as in the report of Snakemake."""

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "halt_level": 2,
    "report_level": 2,
    "initial_header_level": 4,
}
"""How docutils reads a caption: it takes nothing from elsewhere, and a fault is an error."""


def caption_html(text: str, config: Mapping[str, Any]) -> Markup:
    """Return a caption in reStructuredText as HTML, filled from the config as Snakemake does it.

    What the config holds is escaped. The caption may use `snakemake.config`.
    """
    from docutils.core import publish_parts

    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    source = environment.from_string(text).render(snakemake=SimpleNamespace(config=config))
    parts = publish_parts(source, writer="html5", settings_overrides=SETTINGS)
    return Markup(parts["fragment"])


def first_sentence(caption: Markup) -> str:
    """Return the first sentence of a caption as text, which names its figure."""
    paragraph = caption.partition("</p>")[0]
    words = " ".join(Markup(paragraph).striptags().split())
    return re.split(r"(?<=[.:])\s", words, maxsplit=1)[0].rstrip(".:")
