"""Shared by all stages: the checked config, parameters and digests, names of files."""

import ast
import difflib
import hashlib
import json
import os
import re
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

BASE = Path(workflow.basedir)
SCRIPTS = BASE / "workflow" / "scripts"
BODIES = SCRIPTS / "brainiarb" / "bodies"

# Jobs must import this checkout's library, not one that another checkout installed: Snakemake puts
# a script's folder last on sys.path.
_others = [p for p in [os.environ.get("PYTHONPATH")] if p and str(SCRIPTS) not in p]
os.environ.update(PYTHONPATH=os.pathsep.join([str(SCRIPTS), *_others]))

# ---------------------------------------------------------------------------------------- config


def typed(value, schema):
    """Turn text into the number that the schema asks for: `--config` and YAML's 3e-4 give text."""
    if isinstance(value, dict):
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        other = other if isinstance(other, dict) else {}
        return {str(k): typed(v, known.get(str(k), other)) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [typed(item, schema.get("items", {})) for item in value]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if (
        isinstance(value, str)
        and not {"string", "array", "object"} & set(kinds)
        and kinds
    ):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if isinstance(value, float) and "integer" in kinds and value.is_integer():
        return int(value)
    if type(value) is int and "number" in kinds:
        return float(value)
    return value


def complaint(error):
    """Say in one clause which key is wrong, how, and which key was perhaps meant."""
    where = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = [key for key in sorted(error.instance) if key not in known]
        clauses = []
        for key in unknown:
            near = difflib.get_close_matches(key, known, 1)
            name = f"{where}.{key}" if where else key
            clauses.append(
                f"{name} is not a key" + (f", did you mean {near[0]}?" if near else "")
            )
        return "; ".join(clauses)
    if error.validator == "uniqueItems":
        twice = sorted({repr(v) for v in error.instance if error.instance.count(v) > 1})
        return f"{where}: {', '.join(twice)} is listed twice"
    if error.validator == "contains":
        return f"{where}: {error.schema['contains']['const']} must be among them"
    return f"{where}: {error.message}" if where else error.message


def trained_in(archive):
    """Return the environment that the record beside an archive names, None where none does."""
    try:
        record = json.loads(Path(archive).with_suffix(".json").read_text("utf-8"))
        return str(record["environment"])
    except (OSError, TypeError, ValueError, KeyError):
        return None


def contradictions(config):
    """Yield what no schema can say: keys that must fit each other, files that must exist."""
    bodies = sorted(f.stem for f in (BODIES / "catalogue").glob("[!_]*.py"))
    if config["body"] not in bodies:
        yield f"body: {config['body']!r} is not one of {bodies}"
    experts, study, noise, spectra, robustness = (
        config[k] for k in ("experts", "study", "noise", "spectra", "robustness")
    )
    for name, source in experts.items():
        archive, training = source.get("checkpoint"), source.get("train")
        if (archive is None) == (training is None):
            yield f"experts.{name}: give either checkpoint or train"
        elif archive is not None and not Path(archive).is_file():
            yield f"experts.{name}.checkpoint: no file {archive} in {Path.cwd().name}"
    for key in ("clone", "compare"):
        for name in study[key]:
            if name not in experts:
                yield f"study.{key}: {name} is not among experts ({', '.join(sorted(experts))})"
    for name in sorted(experts.keys() & {*study["clone"], *study["compare"]}):
        environment = trained_in(experts[name].get("checkpoint"))
        if environment and environment.split("-")[0].lower() != config["body"]:
            yield (
                f"experts.{name}.checkpoint: trained in {environment}, but body is "
                f"{config['body']}; give study an expert of that body"
            )
    for name in study["clone"]:
        if name in experts and name not in study["compare"]:
            yield f"study.compare: {name} is cloned, so it must be compared"
    for level in spectra["levels"]:
        if level not in noise["levels"]:
            yield f"spectra.levels: {level} is not among noise.levels {noise['levels']}"
    for level in robustness["levels"]:
        if level not in noise["levels"]:
            yield f"robustness.levels: {level} is not among noise.levels {noise['levels']}"
    if not any(
        doses
        for name, doses in robustness.items()
        if name not in ("levels", "episodes")
    ):
        yield "robustness: give at least one dose of one disturbance, such as push: [100]"
    figures = config["figures"]
    for key in ("noisy_level", "study_level"):
        if figures[key] not in noise["levels"]:
            yield f"figures.{key}: {figures[key]} is not among noise.levels {noise['levels']}"
    for level in (0, figures["noisy_level"]):
        if level not in spectra["levels"]:
            yield f"spectra.levels: {level} must be among them, because a figure draws it"
    if spectra["lowest"] >= spectra["highest"]:
        yield "spectra.lowest: must lie below spectra.highest"


def checked(config):
    """Return the config with its numbers typed, or stop with one line that names each wrong key."""
    schema = yaml.safe_load(
        (BASE / "workflow/schemas/config.schema.yaml").read_text("utf-8")
    )
    config = typed(config, schema)
    errors = Draft202012Validator(schema).iter_errors(config)
    found = [
        complaint(e)
        for e in sorted(errors, key=lambda e: list(map(str, e.absolute_path)))
    ]
    found = found or list(contradictions(config))
    if found:
        raise SystemExit("config: " + "; ".join(found))
    return config


config.update(checked(config))

# ------------------------------------------------------------------------ parameters and digests


def plain(value):
    """Return the same value in builtins with sorted keys, whatever the order in the config."""
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def settings(*keys, **extra):
    """Return ONE dict for params, of the named config keys (a.b is a sub-key) and a job's own.

    Snakemake compares params as a set of values without names, so two swapped values go unseen
    unless they stand in one dict.
    """
    named = {}
    for key in keys:
        value = config
        for part in key.split("."):
            value = value[part]
        named[key.split(".")[-1]] = value
    return plain({**named, **extra})


_sources = {}


def _meaning(node):
    """Return a module's syntax as text without comments, docstrings and layout, on every Python."""
    if isinstance(node, list):
        return "[" + ",".join(map(_meaning, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if (
        isinstance(node, documented)
        and ast.get_docstring(node, clean=False) is not None
    ):
        fields["body"] = fields["body"][1:]
    kept = (
        f"{k}={_meaning(v)}" for k, v in fields.items() if v is not None and v != []
    )
    return f"{type(node).__name__}({' '.join(kept)})"


def _running(node):
    """Yield the nodes of a module but for those under `if TYPE_CHECKING`, which never run."""
    if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _running(child)


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
    """Return the digest of a file's meaning and the library files that it imports."""
    if path not in _sources:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = set()
        for name in (
            name for node in _running(tree) for name in _imported_names(node, path)
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
        digest = hashlib.sha256(_meaning(tree).encode()).hexdigest()[:10]
        _sources[path] = digest, frozenset(imported)
    return _sources[path]


def code(*files):
    """Return {file: digest} of files and of each library module that they import, transitively."""
    todo, found = [SCRIPTS / file for file in files], {}
    while todo:
        path = todo.pop()
        if path not in found:
            found[path], imported = _source(path)
            todo.extend(imported)
        if path == BODIES / "registry.py":
            # The registry loads one body by its name, which no import statement shows.
            todo.append(BODIES / "catalogue" / f"{config['body']}.py")
    return {path.relative_to(SCRIPTS).as_posix(): found[path] for path in sorted(found)}


# ------------------------------------------------------------------------------------ file names

EXPERTS = config["experts"]
TRAINED = sorted(
    name for name, source in EXPERTS.items() if source.get("checkpoint") is None
)
PLACED = sorted(name for name in EXPERTS if name not in TRAINED)
CLONED = list(config["study"]["clone"])
COMPARED = sorted(config["study"]["compare"])
LEVELS = sorted(config["noise"]["levels"])
DRAWN = sorted({config["figures"][f"{which}_level"] for which in ("noisy", "study")})
MAPPED = sorted({0, *DRAWN})  # 0 is always a level: the spectra need it
BODY_FOLDER = f"{config['results']}/{config['body']}"


def any_of(names):
    """Return a wildcard constraint that matches the given names and nothing else."""
    return "|".join(map(str, names)) or "(?!)"


def expert_file(name):
    """Return the path of a file in the folder of the wildcard {expert}."""
    return f"{BODY_FOLDER}/{{expert}}/{name}"


def others(expert):
    """Return the compared experts but for one."""
    return [name for name in COMPARED if name != expert]


def drawn_file(name):
    """Return the path of a file in the folder of the expert that the figures draw."""
    return f"{BODY_FOLDER}/{CLONED[0]}/{name}"


def log_file(name):
    """Return the path of a log; it mirrors the output's place."""
    return f"{BODY_FOLDER}/logs/{name}"


def archive_files(wildcards):
    """Return an expert's archive and, where they lie beside it, the JSON of its provenance, its
    learning curve and the VecNormalize file: under the name that a callback gives it, in the RL
    Zoo's folder, or plain.
    """
    archive = Path(EXPERTS[wildcards.expert]["checkpoint"])
    saved = re.sub(r"(_\d+_steps)?$", r"_vecnormalize\1", archive.stem, count=1)
    beside = {
        "record": [archive.with_suffix(".json")],
        "curve": [archive.with_suffix(".csv")],
        "normalisation": [
            archive.with_name(f"{saved}.pkl"),
            archive.with_suffix("") / "vecnormalize.pkl",
            archive.with_name("vecnormalize.pkl"),
        ],
    }
    found = {
        name: [str(path) for path in paths if path.is_file()]
        for name, paths in beside.items()
    }
    return {
        "checkpoint": str(archive),
        **{name: paths[0] for name, paths in found.items() if paths},
    }


def disturbed_agents(wildcards):
    """Return the archive of the expert, or the clones of a level."""
    expert = wildcards.agents == "expert"
    name = "checkpoint.zip" if expert else f"bc_{wildcards.agents}.pt"
    return expert_file(name).format(expert=wildcards.expert)


def peer_files(name):
    """Return a function of a job that gives one file of each of the other experts that are compared."""
    return lambda wildcards: expand(expert_file(name), expert=others(wildcards.expert))


def map_settings(wildcards):
    """Return the settings of all that fits the gait map."""
    keys = ("seed", "body", "gaitmap", "analysis.transient")
    return settings(*keys, expert=wildcards.expert, levels=MAPPED)


def walking_agents(wildcards):
    """Return the activations and the rollouts of the expert, or of the clones of a level."""
    expert = wildcards.agents == "expert"
    names = {
        "activations": f"activations/{'expert' if expert else f'bc_{wildcards.agents}'}.h5",
        "rollouts": "rollouts.npz" if expert else f"bc_{wildcards.agents}/rollouts.npz",
    }
    return {
        kind: expert_file(name).format(expert=wildcards.expert)
        for kind, name in names.items()
    }


def surrogates_of(wildcards):
    """Return how many surrogates there are: for agents that no figure draws they cost too much."""
    drawn = ("expert", "0", str(config["figures"]["noisy_level"]))
    return config["dynamics"]["surrogates"] if wildcards.agents in drawn else 0


def place_of(wildcards):
    """Return what a folder of the axes stands for."""
    return {
        "expert": wildcards.expert,
        "level": int(wildcards.noise),
        "meaning": wildcards.meaning,
        "episodes": int(wildcards.episodes),
        "held": bool(wildcards.held),
    }


def recorded_episodes(agent, mode):
    """Return how many episodes are recorded of an `expert` or a `clone` in a mode."""
    key = "sampled_episodes" if mode == "sampled" else f"{agent}_episodes"
    return config["recording"][key]


def mode_of(wildcards):
    """Return the action mode that a file name stands for."""
    return "sampled" if wildcards.mode else "mean"


wildcard_constraints:
    expert=any_of(EXPERTS),
    noise=any_of(sorted({*LEVELS, *config["noise_axes"]["levels"]})),
    mode="|_sampled",
