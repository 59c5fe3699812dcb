"""A page of one file for a browser: what every page of a study holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from brainiarb.pages.captions import caption_html, first_sentence
from brainiarb.pages.citation import citations
from brainiarb.pages.pictures import Picture, screen_picture
from brainiarb.pages.rows import Row, read_rows
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
class Contents:
    """What a page of a study is made of."""

    page: Path
    """Its own path."""
    template: Path
    style: Path
    config: Mapping[str, Any]
    """What the study was asked."""
    tables: Mapping[str, Sequence[Row]]
    """Rows of the tables `agents`, `learning_curves` and those of the page's own."""
    figures: Mapping[str, Path]
    """The pictures by name, in the order of the page."""
    captions: Mapping[str, str]
    """Their texts, in reStructuredText."""
    citation: Mapping[str, Any]
    provenance: Mapping[str, Any]
    """That of `brainiarb.jobs`."""


def read_contents(
    page: str,
    *,
    template: str,
    style: str,
    config: Mapping[str, Any],
    tables: Mapping[str, str],
    figures: Iterable[str],
    captions: Iterable[str],
    citation: str,
    provenance: Mapping[str, Any],
) -> Contents:
    """Read what a page is made of from files. `tables` are files by the names of the tables."""
    return Contents(
        page=Path(page),
        template=Path(template),
        style=Path(style),
        config=config,
        tables={name: read_rows(file) for name, file in tables.items()},
        figures={Path(file).stem: Path(file) for file in figures},
        captions={Path(file).stem: Path(file).read_text("utf-8") for file in captions},
        citation=yaml.safe_load(Path(citation).read_text("utf-8")),
        provenance=provenance,
    )


def page_of(contents: Contents, **own: Any) -> str:
    """Return a page as HTML that needs no other file and no JavaScript.

    `own` is what the template of this page shows besides its contents.
    """
    tables, config, provenance = contents.tables, contents.config, contents.provenance
    return rendered(
        contents.template,
        style=style(contents.style),
        body=contents.page.parent.name,
        config=config,
        experts=experts_of(tables["agents"], tables["learning_curves"], config["study"]),
        figures={name: _shown(name, contents) for name in contents.figures},
        citations=citations(contents.citation),
        provenance=provenance,
        command=lambda file: command_for(contents.page.parent / file, provenance["command"]),
        **own,
    )


def _shown(name: str, contents: Contents) -> Shown:
    path, folder = contents.figures[name], contents.page.parent
    html = caption_html(contents.captions[name], contents.config)
    beside = (("PDF", ".pdf"), ("film", ".mp4"), ("numbers", ".csv"))
    return Shown(
        name=name,
        title=first_sentence(html),
        caption=html,
        picture=screen_picture(path),
        file=path.relative_to(folder).as_posix(),
        others={
            kind: path.with_suffix(suffix).relative_to(folder).as_posix()
            for kind, suffix in beside
            if path.with_suffix(suffix).exists()
        },
        command=command_for(path, contents.provenance["command"]),
    )
