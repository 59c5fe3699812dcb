"""The config: numbers are typed, keys are checked against the schema and against each other."""

import ast
import csv
import difflib
import json
import re
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

KINDS = {int: "a number", float: "a number", bool: "true or false", date: "a date"}


def typed(value, schema):
    """Return a value with texts turned into the numbers that the schema asks for.

    Both `--config` and a 3e-4 in YAML give text where a number is meant.
    """
    if isinstance(value, dict):
        known, default = schema.get("properties", {}), schema.get(
            "additionalProperties"
        )
        default = default if isinstance(default, dict) else {}
        return {str(k): typed(v, known.get(str(k), default)) for k, v in value.items()}
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
        except (ValueError, RecursionError):
            return value
    if isinstance(value, float) and "integer" in kinds and value.is_integer():
        return int(value)
    if type(value) is int and "number" in kinds and abs(value) < 2**63:
        return float(value)
    return value


def suggestion(name, known):
    """Return a question that names the known name most like a wrong one, if one is like it."""
    near = difflib.get_close_matches(name, known, 1)
    return f", did you mean {near[0]}?" if near else ""


def complaint(error):
    """Return one clause that names the wrong key, the fault, and the key that was perhaps meant."""
    where = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = [key for key in sorted(error.instance) if key not in known]
        prefix = f"{where}." if where else ""
        return "; ".join(
            f"{prefix}{key} is not a key{suggestion(key, known)}" for key in unknown
        )
    if error.validator == "uniqueItems":
        twice = sorted({repr(v) for v in error.instance if error.instance.count(v) > 1})
        return f"{where}: {', '.join(twice)} is listed twice"
    if error.validator == "contains":
        return f"{where}: {error.schema['contains']['const']} must be among them"
    if error.validator == "pattern" and where == "results":
        return (
            f"results: {error.instance!r} is no folder that can be used; its name may hold no "
            f"braces, colon, star, question mark, backslash, double quote or tab"
        )
    kind = KINDS.get(type(error.instance))
    if error.validator == "type" and "string" in error.schema["type"] and kind:
        key = where.rpartition(".")[2]
        return (
            f"{where}: {error.instance} was read as {kind} and not as a text; write a text that "
            f"starts with a letter, such as run_2024_01, or with quotes in a file for --configfile "
            f'({key}: "2024_01")'
        )
    return f"{where}: {error.message}" if where else error.message


def files_located(config):
    """Return the config with the path of each file that it names, see `located`."""
    experts = {
        name: {
            key: located(value) if value and key != "train" else value
            for key, value in source.items()
        }
        for name, source in config["experts"].items()
    }
    statistics = {
        key: located(value) if key in ("classes", "claims") else value
        for key, value in config["statistics"].items()
    }
    body = config["body"]
    if isinstance(body, dict):
        # One text names a body in settings and in recordings, see `bodies/registry.py`.
        body = json.dumps(body, sort_keys=True)
    elif body.endswith(".py"):
        body = located(body)
    offline = {**config["offline"], "claims": located(config["offline"]["claims"])}
    return {
        **config,
        "body": body,
        "experts": experts,
        "statistics": statistics,
        "offline": offline,
    }


def similarity_measures():
    """Return the names in the registry of similarity measures, without importing the library."""
    return keys_of("similarity/measures.py", "MEASURES")


def keys_of(module, name):
    """Return the keys of a dictionary at the top of a library module, without an import."""
    tree = ast.parse((SCRIPTS / "brainiarb" / module).read_text("utf-8"))
    (entries,) = (
        node.value
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        and ast.unparse(
            node.targets[0] if isinstance(node, ast.Assign) else node.target
        )
        == name
    )
    return [key.value for key in entries.keys]


def measure_names(config):
    """Return the names of measures, with `*` for any part of a name that depends on the study.

    They are those with a class, those with bounds, and those of each disturbance.
    """
    listed = set()
    for path in (
        config["statistics"]["classes"],
        BASE / "workflow/claims/measure_classes.csv",
    ):
        with open(path, encoding="utf-8", newline="") as file:
            listed |= {row.get("measure") or "" for row in csv.DictReader(file)}
    disturbed = {f"robust_{name}" for name in config["robustness"]}
    return sorted(
        {*listed, *disturbed, *keys_of("statistics/declarations.py", "BOUNDS")}
    )


def is_measure(name, names):
    """Return whether a name is among those of `measure_names`.

    One that only fits a pattern, and differs from a full name by a letter or two, is misspelt.
    Names that differ by a number alone are those of two layers.
    """
    if name in names or not any(fnmatchcase(name, pattern) for pattern in names):
        return name in names
    near = difflib.get_close_matches(name, names, 1, cutoff=0.93)
    return not near or re.sub(r"\d", "", near[0]) == re.sub(r"\d", "", name)


def clone_entries(config):
    """Return the entries of study.clone as mappings; a name alone stands for all noise levels."""
    return [
        entry if isinstance(entry, dict) else {"expert": entry}
        for entry in config["study"]["clone"]
    ]


def cloned_levels(config):
    """Return the sorted noise levels of each cloned expert, in the order in which they are listed.

    A data set is as it is, so it has level 0 unless its entry asks for others, which is a fault.
    """
    every, experts = config["noise"]["levels"], config["experts"]
    return {
        entry["expert"]: sorted(
            entry.get("levels", [0] if is_dataset(experts, entry["expert"]) else every)
        )
        for entry in clone_entries(config)
    }


def is_dataset(experts, name):
    """Return whether an expert of the registry is a data set, which has no network."""
    return experts.get(name, {}).get("dataset") is not None


def unlevelled(config):
    """Yield a sentence for each noise level that is asked for where nothing is cloned at it."""
    every, cloned = config["noise"]["levels"], cloned_levels(config)
    for name in [name for name in cloned if is_dataset(config["experts"], name)]:
        if cloned.pop(name) != [0]:
            yield f"study.clone: {name} is a data set, so its clones have level 0 and no other"
    for name, levels in cloned.items():
        for level in levels:
            if level not in every:
                yield f"study.clone: {level} of {name} is not among noise.levels {every}"
    if not cloned:
        return
    drawn, levels = next(iter(cloned.items()))
    for section, key in (
        ("spectra", "levels"),
        ("robustness", "levels"),
        ("statistics", "primary_levels"),
        ("figures", "noisy_level"),
        ("figures", "study_level"),
    ):
        asked = config[section][key]
        for level in asked if isinstance(asked, list) else [asked]:
            if level not in every:
                yield f"{section}.{key}: {level} is not among noise.levels {every}"
            elif level not in levels:
                yield (
                    f"study.clone: {drawn} is drawn, because it comes first, so {level} of "
                    f"{section}.{key} must be among its levels {levels}"
                )
    for level in (0, config["figures"]["noisy_level"]):
        if level not in config["spectra"]["levels"]:
            yield f"spectra.levels: {level} must be among them, because a figure draws it"


def contradictions(config):
    """Yield a sentence for each fault that a schema cannot express.

    Such faults are keys that do not fit each other and files that do not exist.
    """
    yield from unknown_body(config["body"])
    experts, spectra, robustness, statistics = (
        config[k] for k in ("experts", "spectra", "robustness", "statistics")
    )
    compared = config["study"]["compare"]
    listed = [entry["expert"] for entry in clone_entries(config)]
    for name, source in experts.items():
        archive, data = source.get("checkpoint"), source.get("dataset")
        if sum(v is not None for v in (archive, source.get("train"), data)) != 1:
            yield f"experts.{name}: give one of checkpoint, train and dataset"
        elif data is not None and not Path(data).exists():
            yield f"experts.{name}.dataset: no file or folder {data} in {Path.cwd()}"
        elif archive is not None and not Path(archive).is_file():
            yield f"experts.{name}.checkpoint: no file {archive} in {Path.cwd()}"
        normalisation = source.get("normalisation")
        if normalisation is not None and archive is None:
            yield f"experts.{name}.normalisation: give it beside checkpoint only"
        elif normalisation is not None and not Path(normalisation).is_file():
            yield f"experts.{name}.normalisation: no file {normalisation} in {Path.cwd()}"
    for key, names in (("clone", listed), ("compare", compared)):
        for name in names:
            if name not in experts:
                hint = suggestion(name, experts)
                known = ", ".join(sorted(experts))
                yield f"study.{key}: {name} is not among experts ({known}){hint}"
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"study.clone: {name} is listed twice"
    for name in sorted(experts.keys() & {*listed, *compared}):
        environment = trained_in(experts[name].get("checkpoint"))
        if environment and other_body(environment, config["body"]):
            yield (
                f"experts.{name}.checkpoint: trained in {environment}, but body is "
                f"{name_of(config['body'])}; give study an expert of that body"
            )
    for name in sorted({*listed} & experts.keys() - {*compared}):
        yield f"study.compare: {name} is cloned, so it must be compared"
    for name in config["offline"]["experts"] or []:
        if name not in listed or is_dataset(experts, name):
            yield f"offline.experts: {name} is not an expert among study.clone {listed}"
    tuning = config["offline"]["tuning"]
    if tuning["steps"] <= tuning["critics_first"]:
        yield (
            f"offline.tuning.steps: {tuning['steps']} must be more than critics_first, "
            f"which is {tuning['critics_first']}"
        )
    for name in sorted({*compared} - {*listed}):
        if is_dataset(experts, name):
            yield f"study.clone: {name} is a data set, so it must be cloned to be compared"
    for name in sorted({*compared} & {*listed}):
        taken = [
            other for other in experts if re.fullmatch(rf"{name}_clone_\d+", other)
        ]
        if is_dataset(experts, name) and taken:
            yield f"experts.{taken[0]}: this is the name of a clone of {name}; choose another"
    yield from unlevelled(config)
    if not Path(statistics["classes"]).is_file():
        yield f"statistics.classes: no file {statistics['classes']} in {Path.cwd()}"
    elif not is_text(statistics["classes"]):
        yield f"statistics.classes: {statistics['classes']} is no text in UTF-8"
    else:
        names = measure_names(config)
        for kind, margins in statistics["margins"].items():
            for name in margins:
                if not is_measure(name, names):
                    hint = suggestion(name, names)
                    yield f"statistics.margins.{kind}: {name} is not a measure{hint}"
        for section in ("statistics", "offline"):
            faults = list(ledger_faults(config, config[section]["claims"]))
            if faults:
                yield f"{section}.claims: {'; '.join(faults)}"
    if not any(
        doses
        for name, doses in robustness.items()
        if name not in ("levels", "episodes")
    ):
        yield "robustness: give at least one dose of one disturbance, such as push: [100]"
    for name in config["figures"]["dpi_of"]:
        if name not in [*FIGURES, *FILMS]:
            hint = suggestion(name, [*FIGURES, *FILMS])
            yield f"figures.dpi_of: {name} is not a figure{hint}"
    known = similarity_measures()
    for name in config["similarity"]["measures"]:
        if name not in known:
            yield f"similarity.measures: {name} is not one of {', '.join(known)}"
    rates = config["analysis"]["rate_range"]
    if rates and rates[0] >= rates[1]:
        yield f"analysis.rate_range: {rates} must rise, from the lowest rate to the highest one"
    if spectra["lowest"] >= spectra["highest"]:
        yield "spectra.lowest: must lie below spectra.highest"
    for name, source in experts.items():
        training = source.get("train")
        if training and training["learning_starts"] >= training["steps"]:
            yield (
                f"experts.{name}.train.learning_starts: must lie below steps, or the expert learns "
                f"nothing"
            )


def checked(config):
    """Return the config with its numbers typed, or stop with one line that names each wrong key."""
    stop_if(too_large(config))
    if workflow.modifier.is_main_snakefile():
        stop_if(fault for path in workflow.configfiles for fault in repeated_keys(path))
    schema = yaml.load(
        (BASE / "workflow/schemas/config.schema.yaml").read_text("utf-8"), LOADER
    )
    config = typed(config, schema)
    errors = Draft202012Validator(schema).iter_errors(config)
    stop_if(numbers_without_a_value(config))
    stop_if(
        complaint(e)
        for e in sorted(errors, key=lambda e: list(map(str, e.absolute_path)))
    )
    stop_if(misplaced(config["results"]))
    config = files_located(config)
    stop_if(contradictions(config))
    # A folder has one spelling, so that `out/` and `out` are the same files.
    return {**config, "results": str(Path(config["results"]).expanduser())}


config = checked(completed(config))
CLONED = {
    name: levels
    for name, levels in cloned_levels(config).items()
    if not is_dataset(config["experts"], name)
}
# The captions of the report name the cloned experts and their levels.
config["study"] = {**config["study"], "clone": list(CLONED), "levels": CLONED}
