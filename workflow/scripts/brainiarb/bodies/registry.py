"""The registry of bodies: each module in `brainiarb.bodies.catalogue` describes one.

A body is looked up by its name, and only the module of that body is loaded. A new body therefore
changes the digest of no study of another body. A body of the user's own is a module anywhere, or
the id of an environment.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import iter_modules

from brainiarb.bodies.body import Body
from brainiarb.errors import Refused


def body_names() -> list[str]:
    """Return the names of all known bodies, sorted."""
    return sorted(
        module.name for module in iter_modules([str(Path(__file__).parent / "catalogue")])
    )


def get_body(reference: str, rates: Sequence[float] | None = None) -> Body:
    """Return a body, whose gait is expected at the given `rates` (Hz) if there are.

    The reference is the name of a body in the catalogue, the path of a Python module with one
    `BODY`, or a description in JSON (see `foreign.described_body`). Raises Refused, with a list of
    the known names, if there is no such body, and if the rates are not two rising numbers above 0.

    Examples
    --------
    >>> body = get_body("walker2d")
    >>> body.env_id
    'Walker2d-v5'
    >>> [foot for foot, geom in body.feet]
    ['right', 'left']
    """
    if reference.endswith(".py"):
        body = _of_module(reference)
    elif reference.startswith("{"):
        body = _of_description(reference)
    else:
        body = _of_catalogue(reference)
    if rates is None:
        return body
    lowest, highest = rates
    return replace(body, rates=(lowest, highest))


def _of_catalogue(name: str) -> Body:
    known = body_names()
    if name not in known:
        raise Refused(
            f"body {name!r} is not known; set `body` in the config to the path of a module with a "
            f"BODY, or to one of: {', '.join(known)}"
        )
    body: Body = import_module(f"brainiarb.bodies.catalogue.{name}").BODY
    return body


@cache
def _of_module(path: str) -> Body:
    """Return the `BODY` of a module of the user's own, under the name of the file."""
    file = Path(path)
    if not file.is_file():
        raise Refused(f"body: there is no file {path} in {Path.cwd()}")
    found = spec_from_file_location(file.stem, file)
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    body = getattr(module, "BODY", None)
    if not isinstance(body, Body):
        raise Refused(f"body: {path} holds no BODY, which must be a brainiarb.bodies.body.Body")
    return replace(body, name=file.stem, reference=path)


@cache
def _of_description(text: str) -> Body:
    """Return the body that a description in JSON names."""
    from brainiarb.bodies.foreign import described_body

    return replace(described_body(json.loads(text)), reference=text)
