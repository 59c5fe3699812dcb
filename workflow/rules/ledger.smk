"""The ledger of claims: it is checked when the config is read, and its verdicts end a run."""

import subprocess
import sys


def ledger_faults(config, path):
    """Yield a clause for each fault of a list of claims that the config names."""
    if not Path(path).is_file():
        yield f"no file {path} in {Path.cwd().name}"
        return
    if fault := fault_of(path):
        yield fault
        return
    try:
        ledger = yaml.load(Path(path).read_text("utf-8"), LOADER)
    except yaml.YAMLError as error:
        yield f"{path} is no YAML: {' '.join(str(error).split())}"
        return
    schema = yaml.load(
        (BASE / "workflow/schemas/claims.schema.yaml").read_text("utf-8"), LOADER
    )
    errors = [*Draft202012Validator(schema).iter_errors(ledger)]
    if errors:
        errors.sort(key=lambda error: list(map(str, error.absolute_path)))
        yield from map(complaint, errors)
        return
    names = measure_names(config)
    for name, claim in ledger["claims"].items():
        if claim["figure"] not in FIGURES:
            hint = suggestion(claim["figure"], FIGURES)
            yield f"claims.{name}.figure: {claim['figure']} is not a figure{hint}"
        measured = claim["published"].get("measured")
        if measured and not any(fnmatchcase(measured["measure"], x) for x in names):
            hint = suggestion(measured["measure"], names)
            yield f"claims.{name}.published.measured: {measured['measure']} is not a measure{hint}"
        for number, part in enumerate(claim["parts"]):
            where = f"claims.{name}.parts.{number}"
            control = part.get("control", part)["measure"]
            for measure in sorted({part["measure"], control}):
                if not is_measure(measure, names):
                    yield f"{where}: {measure} is not a measure{suggestion(measure, names)}"
            yield from part_faults(where, part)


def part_faults(where, part):
    """Yield a clause for each number of a hypothesis that contradicts another one."""
    none, smallest = (
        part.get("no_effect", int(part["comparison"] == "ratio")),
        part["smallest"],
    )
    if (
        part.get("logarithms", part["comparison"] == "ratio")
        and min(none, smallest) <= 0
    ):
        yield f"{where}: smallest and no_effect must be above 0, because logarithms are averaged"
    if none == smallest:
        yield f"{where}: smallest must differ from no_effect, which is {none}"
    side = {"higher": 1, "lower": -1}.get(part["expects"])
    if side and side * (smallest - none) < 0:
        yield (
            f"{where}: an effect that is {part['expects']} must have its smallest {smallest} "
            f"{'above' if side > 0 else 'below'} no_effect, which is {none}"
        )


def print_verdicts():
    """Print the verdicts of each table of claims that is there and not older than its measures."""
    tables = Path(BODY_FOLDER, "tables")
    pairs = [
        (tables / f"{part}claims.csv", tables / f"{part}measures.csv")
        for part in ("", "offline_")
    ]
    claims = [
        table
        for table, measures in pairs
        if table.is_file()
        and measures.is_file()
        and table.stat().st_mtime >= measures.stat().st_mtime
    ]
    if claims:
        subprocess.run(
            [sys.executable, "-m", "brainiarb.statistics.answers", *claims], check=False
        )
