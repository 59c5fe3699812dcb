"""A page of one file for a browser: what every page of a study holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from markupsafe import Markup

from brainiarb.pages.captions import caption_html, first_sentence
from brainiarb.pages.citation import citations
from brainiarb.pages.pictures import Picture, screen_picture
from brainiarb.pages.rows import Row
from brainiarb.pages.study import command_for, experts_of
from brainiarb.pages.template import rendered, style


@dataclass(frozen=True)
class Shown:
    """A figure on the page."""

    name: str
    title: str
    caption: Markup
    picture: Picture
    file: str
    """Where the full figure is, seen from the page."""
    others: Mapping[str, str]
    """Files beside it by what they are, seen from the page."""
    command: str


@dataclass(frozen=True)
class Look:
    """How the page looks: the files of its template and of its style sheet."""

    template: Path
    style: Path


def page_of(
    page: PurePath,
    look: Look,
    config: Mapping[str, Any],
    tables: Mapping[str, Sequence[Row]],
    figures: Mapping[str, Path],
    captions: Mapping[str, str],
    citation: Mapping[str, Any],
    provenance: Mapping[str, Any],
    **own: Any,
) -> str:
    """Return a page as HTML that needs no other file and no JavaScript.

    `page` is its own path. `config` is what the study was asked. `tables` holds rows of the tables
    `agents` and `learning_curves`. `figures` holds the pictures by name, in the order of the page,
    and `captions` their texts in reStructuredText. `provenance` is that of `brainiarb.jobs`. `own`
    is what the template of this page shows besides.
    """
    return rendered(
        look.template,
        style=style(look.style),
        body=page.parent.name,
        config=config,
        experts=experts_of(tables["agents"], tables["learning_curves"], config["study"]),
        figures={
            name: _shown(name, path, captions[name], page, config, provenance["command"])
            for name, path in figures.items()
        },
        citations=citations(citation),
        provenance=provenance,
        command=lambda file: command_for(page.parent / file, provenance["command"]),
        **own,
    )


def _shown(
    name: str,
    path: Path,
    caption: str,
    page: PurePath,
    config: Mapping[str, Any],
    command: str | None,
) -> Shown:
    html = caption_html(caption, config)
    beside = (("PDF", ".pdf"), ("film", ".mp4"), ("numbers", ".csv"))
    return Shown(
        name=name,
        title=first_sentence(html),
        caption=html,
        picture=screen_picture(path),
        file=path.relative_to(page.parent).as_posix(),
        others={
            kind: path.with_suffix(suffix).relative_to(page.parent).as_posix()
            for kind, suffix in beside
            if path.with_suffix(suffix).exists()
        },
        command=command_for(path, command),
    )
