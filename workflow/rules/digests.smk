"""What a job depends on: its settings, and digests of the code that it imports."""

import ast
import hashlib
import os
from pathlib import Path


def import_path(given):
    """Return a PYTHONPATH whose first entry is this checkout's library.

    Snakemake puts a script's folder last on sys.path, so jobs would otherwise import the library of
    another checkout that is installed. `given` is the PYTHONPATH so far; its other entries stay.
    """
    entries = given.split(os.pathsep) if given else []
    kept = [entry for entry in entries if Path(entry).resolve() != SCRIPTS.resolve()]
    return os.pathsep.join([str(SCRIPTS), *kept])


os.environ.update(PYTHONPATH=import_path(os.environ.get("PYTHONPATH")))


def plain(value):
    """Return the same value in builtins, its keys sorted whatever their order in the config."""
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def settings(*keys, **extra):
    """Return ONE dict for params: the named config keys, and what only the job knows (`extra`).

    A key `a.b` is a sub-key, and its name in the dict is `b`. Two keys of one name are refused.
    Snakemake compares params as a set of values without names: it would not notice two swapped
    values unless they stood in one dict.
    """
    named = dict(extra)
    for key in keys:
        *_, name = parts = key.split(".")
        if name in named:
            raise ValueError(
                f"settings: {key} has the name {name}, which another setting has already; give one "
                f"of them a name of its own: settings(another_name=config[...])"
            )
        value = config
        for part in parts:
            value = value[part]
        named[name] = value
    return plain(named)


_sources = {}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_OWN = {path.stem for path in SCRIPTS.iterdir()}


def _syntax(node):
    """Return the syntax of a module as text, without comments, docstrings and layout.

    The text is the same on every version of Python.
    """
    if isinstance(node, list):
        return f"[{','.join(map(_syntax, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    kept = []
    for name in node._fields:
        value = getattr(node, name, None)
        if name == "body" and _is_documented(node):
            value = value[1:]
        if value is not None and value != []:
            kept.append(f"{name}={_syntax(value)}")
    return f"{type(node).__name__}({' '.join(kept)})"


def _is_documented(node):
    """Return whether the first statement in a node is a docstring."""
    return (
        isinstance(node, _DOCUMENTED)
        and ast.get_docstring(node, clean=False) is not None
    )


def _running(statements):
    """Yield statements and those within them, except those under `if TYPE_CHECKING`, which never run."""
    todo = [*statements]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            todo += getattr(node, block, [])


def _imported_names(node, path):
    """Return the dotted names that an import statement of the file at `path` may load."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = path.parents[node.level - 1].relative_to(SCRIPTS).parts
            base = ".".join([*package, *([base] if base else [])])
        return [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return []


def _source(path):
    """Return the digest of a file's syntax, and the library files that the file imports."""
    if path not in _sources:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = set()
        for name in (
            name
            for node in _running(tree.body)
            for name in _imported_names(node, path)
            if name.partition(".")[0] in _OWN
        ):
            stem = SCRIPTS.joinpath(*name.split("."))
            packages = [
                SCRIPTS / parent for parent in stem.relative_to(SCRIPTS).parents
            ]
            candidates = [
                stem.with_suffix(".py"),
                *(p / "__init__.py" for p in [stem, *packages]),
            ]
            imported.update(file for file in candidates if file.is_file())
        digest = hashlib.sha256(_syntax(tree).encode()).hexdigest()[:10]
        _sources[path] = digest, frozenset(imported)
    return _sources[path]


def code(*files):
    """Return {file: digest} of files and of each library module that they import, transitively."""
    todo, digests = [SCRIPTS / file for file in files], {}
    while todo:
        path = todo.pop()
        if path in digests:
            continue
        digests[path], imported = _source(path)
        todo.extend(imported)
        if path == BODIES / "registry.py":
            # The registry loads one body by its name, which no import statement shows.
            todo += body_module(config["body"])
    return {
        (
            path.relative_to(SCRIPTS).as_posix()
            if SCRIPTS in path.parents
            else path.name
        ): (digests[path])
        for path in sorted(digests)
    }


def body_module(body):
    """Return the module of the body, if it has one."""
    if body.startswith("{"):
        return []
    return [Path(body) if body.endswith(".py") else BODIES / "catalogue" / f"{body}.py"]
