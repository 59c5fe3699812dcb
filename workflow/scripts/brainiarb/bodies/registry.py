"""The registry of bodies: each module in `brainiarb.bodies.catalogue` describes one.

A body is looked up by its name, and only the module of that body is loaded. A new body therefore
changes the digest of no study of another body.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from brainiarb.bodies.body import Body
from brainiarb.errors import Refused


def body_names() -> list[str]:
    """Return the names of all known bodies, sorted."""
    return sorted(
        module.name for module in iter_modules([str(Path(__file__).parent / "catalogue")])
    )


def get_body(name: str, rates: Sequence[float] | None = None) -> Body:
    """Return the body of that name, whose gait is expected at the given `rates` (Hz) if there are.

    Raises Refused, with a list of the known names, if there is no such body, and if the rates are
    not two rising numbers above 0.

    Examples
    --------
    >>> body = get_body("walker2d")
    >>> body.env_id
    'Walker2d-v5'
    >>> [foot for foot, geom in body.feet]
    ['right', 'left']
    """
    known = body_names()
    if name not in known:
        raise Refused(
            f"body {name!r} is not known; set `body` in the config to one of: {', '.join(known)}"
        )
    body: Body = import_module(f"brainiarb.bodies.catalogue.{name}").BODY
    if rates is None:
        return body
    lowest, highest = rates
    return replace(body, rates=(lowest, highest))
