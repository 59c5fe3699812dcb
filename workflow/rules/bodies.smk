"""Bodies in the config: their names, the environments that they are trained in, and which exist."""

import json
import re
from pathlib import Path

from brainiarb.bounded import read_object

BODIES = SCRIPTS / "brainiarb" / "bodies"


def trained_in(archive):
    """Return the environment that the record beside an archive names, or None without a record."""
    try:
        return str(read_object(Path(archive).with_suffix(".json"))["environment"])
    except (OSError, TypeError, ValueError, KeyError):
        return None


def name_of(body):
    """Return the name that the folder of a body has: of its module, or after its environment."""
    if body.startswith("{"):
        library, identity = environment_of(body)
        return f"{library}_{body_of(identity)}"
    return Path(body).stem if body.endswith(".py") else body


def environment_of(body):
    """Return the library and the id of the environment in the description of a body."""
    described = json.loads(body)
    library = "dm_control" if "dm_control" in described else "gymnasium"
    return library, described.get(library, "")


def body_of(environment):
    """Return the name that a body has after its environment, whatever the version of that."""
    name = re.sub(r"-v[0-9]+$", "", environment.lower()).replace("dm_control/", "dm_")
    return re.sub(r"[^a-z0-9]+", "_", name).strip("_")


def other_body(environment, body):
    """Return whether an environment is surely not that of a body.

    What the module of a user's own body trains in is not known before it is loaded.
    """
    if body.startswith("{"):
        library, identity = environment_of(body)
        own = identity if library == "gymnasium" else f"{library}/{identity}"
        return body_of(environment) != body_of(own)
    return not body.endswith(".py") and body_of(environment) != body


def unknown_body(body):
    """Yield a sentence if a body is none of the catalogue, no module and no description."""
    bodies = sorted(f.stem for f in (BODIES / "catalogue").glob("[!_]*.py"))
    if body.endswith(".py"):
        if not Path(body).is_file():
            yield f"body: no file {body} in {Path.cwd()}"
        elif (
            not re.fullmatch("[a-z][a-z0-9_]*", Path(body).stem)
            or name_of(body) in bodies
        ):
            yield (
                f"body: {body} names the folder of its results, so its name needs small letters, "
                f"digits and _, and must not be one of {bodies}"
            )
    elif body.startswith("{"):
        if len(json.loads(body).keys() & {"gymnasium", "dm_control"}) != 1:
            yield "body: give one of gymnasium and dm_control"
    elif body not in bodies:
        yield f"body: {body!r} is not one of {bodies}"
