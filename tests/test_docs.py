"""What the documentation says is true: examples run, packages import as told, named files exist."""

import ast
import doctest
import importlib
import re

import pytest

from conftest import ROOT

SCRIPTS = ROOT / "workflow" / "scripts"
LIBRARY = SCRIPTS / "brainiarb"
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


# ---- examples in docstrings


def modules_with_examples():
    """The names of the library's modules whose docstrings hold an example."""
    files = (path for path in LIBRARY.rglob("*.py") if ">>>" in path.read_text(encoding="utf-8"))
    return sorted(".".join(path.relative_to(SCRIPTS).with_suffix("").parts) for path in files)


def examples(name):
    """The examples of a module, one entry for each docstring that has any."""
    module = importlib.import_module(name)
    return [docstring for docstring in doctest.DocTestFinder().find(module) if docstring.examples]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_print_what_they_say(name, tmp_path, monkeypatch):
    # An example may read what ships with the project, by its path in a checkout.
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for docstring in examples(name):
        runner.run(docstring)
    assert runner.summarize(verbose=False).failed == 0
    assert runner.tries > 0


def test_ten_functions_that_a_notebook_would_call_have_an_example():
    functions = {docstring.name for name in modules_with_examples() for docstring in examples(name)}
    assert len(functions) >= 10


# ---- which package imports which


def packages():
    """The packages of the library, and the modules of its ground."""
    return {path.stem for path in LIBRARY.iterdir() if not path.stem.startswith("_")}


def floors():
    """The packages in the picture of CONTRIBUTING.md, floor by floor from the ground up."""
    picture = re.search(r"^```text\n(.*?)^```", text("CONTRIBUTING.md"), re.MULTILINE | re.DOTALL)
    return [line.split() for line in reversed(picture[1].splitlines())]


def table():
    """{package: packages that it may import besides the ground} of the table in CONTRIBUTING.md."""
    row = re.compile(r"^\| ((?:`\w+/?`(?:, )?)+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
    return {
        package: set(re.findall(r"`(\w+)`", allowed))
        for named, allowed in row.findall(text("CONTRIBUTING.md"))
        for package in re.findall(r"`(\w+)/?`", named)
    }


def imported(path):
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def edges():
    """(importing file, its package, package that it imports) of all imports within the library."""
    for path in sorted(LIBRARY.rglob("*.py")):
        package = path.relative_to(LIBRARY).with_suffix("").parts[0]
        for name in imported(path):
            if name.startswith("brainiarb.") and name.split(".")[1] != package:
                yield str(path.relative_to(LIBRARY)), package, name.split(".")[1]


def test_picture_and_table_name_every_package_once():
    drawn = [package for floor in floors() for package in floor]
    assert sorted(drawn) == sorted(packages())
    assert table().keys() == packages()


def test_packages_import_only_what_the_table_allows():
    allowed, ground = table(), set(floors()[0])
    forbidden = [
        (file, target)
        for file, package, target in edges()
        if target not in allowed[package] | ground
    ]
    assert forbidden == []


def test_table_allows_only_floors_below():
    below = {
        package: {lower for floor in floors()[:number] for lower in floor}
        for number, floor in enumerate(floors())
        for package in floor
    }
    above = {package: allowed - below[package] for package, allowed in table().items()}
    assert {package: wrong for package, wrong in above.items() if wrong} == {}


def test_ground_imports_nothing_but_errors_and_what_keeps_files_true_and_bounded():
    ground = floors()[0]
    assert {target for _, package, target in edges() if package in ground} <= {
        "bounded", "errors", "records", "temporaries",
    }  # fmt: skip


def test_library_names_its_modules_in_full_and_knows_no_snakemake():
    names = {name for path in LIBRARY.rglob("*.py") for name in imported(path)}
    assert [name for name in names if name.startswith(".") or name == "brainiarb"] == []
    assert [name for name in names if name.split(".")[0] == "snakemake"] == []


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("__init__.py")), ids=lambda p: p.parent.name)
def test_packages_hold_a_docstring_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


# ---- names of files


def paths(page):
    """The files and folders that a page names in backticks or in links, from the checkout on."""
    named = re.findall(r"`([\w./-]+)`", text(page))
    linked = re.findall(r"\]\(([^)#]+)[^)]*\)", text(page))
    folders = tuple(f"{item.name}/" for item in ROOT.iterdir() if item.is_dir())
    names = [name.replace("library/", "workflow/scripts/brainiarb/", 1) for name in named]
    kept = [name for name in names if name.startswith(folders) and "NAME" not in name]
    kept += [name for name in linked if "://" not in name]
    return sorted({name for name in kept if not name.startswith("results/")})


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_files_that_exist(page):
    assert [name for name in paths(page) if not (ROOT / name).exists()] == []


def test_recipes_name_tests_and_functions_that_exist():
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/*.py"))
    code += "".join(path.read_text(encoding="utf-8") for path in LIBRARY.rglob("*.py"))
    recipes = text("CONTRIBUTING.md").partition("## Recipes")[2].partition("\n## ")[0]
    names = set(re.findall(r"`(\w+_\w+|[A-Z]{4,}|[A-Z]\w+[a-z])`", recipes)) - {"NAME"}
    assert len(names) > 20
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)] == []


def test_readme_names_every_table_and_figure_that_a_study_writes(study):
    written = [
        *study.glob("results/tiny/walker2d/tables/*"),
        *study.glob("results/tiny/walker2d/figures/*"),
    ]
    kinds = {".csv", ".png", ".mp4", ".gif"}
    files = {
        f.name
        for f in written
        if f.suffix in kinds and (f.suffix != ".csv" or f.parent.name == "tables")
    }
    assert files
    assert {name for name in files if f"{name}`" not in text("README.md")} == set()


def test_readme_names_every_file_of_rules_and_every_package():
    rules = {path.name for path in (ROOT / "workflow" / "rules").glob("*.smk")}
    assert {name for name in rules | packages() if f"`{name}`" not in text("README.md")} == set()


def test_each_fault_of_the_table_names_a_test_that_exists():
    rows = re.findall(r"^\| .*`(tests/[\w/]+\.py)::(test_\w+)` \|$", text("docs/faults.md"), re.M)
    assert len(rows) >= 40
    assert len(rows) == len(re.findall(r"^\| [^f|-].*\|$", text("docs/faults.md"), re.M))
    lost = [name for path, name in rows if f"def {name}(" not in (ROOT / path).read_text("utf-8")]
    assert lost == []
