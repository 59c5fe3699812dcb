"""Templates of pages: text is escaped, numbers are written in one way."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from brainiarb.statistics.answers import number

MINUS = "\u2212"


def rendered(template: str | Path, **names: Any) -> str:
    """Return the page that a template of Jinja gives with the names.

    All text is escaped, except `Markup`. A name that is not given is an error. The filters are
    `number` (three digits, with a minus sign), `thousands` (1,000) and `listed` (a, b and c). A
    template imports others that lie beside it.
    """
    template = Path(template)
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"number": shown, "thousands": "{:,}".format, "listed": listed}
    return environment.get_template(template.name).render(names)


def shown(value: Any) -> str:
    """Return a number of a table with three digits, or `none` for an empty cell."""
    return number(str(value)).replace("-", MINUS)


def listed(names: Any) -> str:
    """Return names or numbers as one text: `a`, `a and b`, `a, b and c`."""
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def style(path: str | Path) -> Markup:
    """Return a style sheet that stands in the page."""
    return Markup(Path(path).read_text("utf-8"))
