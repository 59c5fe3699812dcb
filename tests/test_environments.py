"""pyproject.toml, the locks and the conda environments say the same about the same packages."""

import ast
import re
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import environment
from benchmarks.workflow import environments
from conftest import ROOT

SCRIPTS = ROOT / "workflow" / "scripts"
# Where a package is not imported by the name it is installed by.
INSTALLED_AS = {
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = sorted((ROOT / "envs").glob("*.yaml"))


def pins(lines):
    """{name: version} of lines `name==version`."""
    versions = {}
    for line in lines:
        name, version = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line).groups()
        versions[canonicalize_name(name)] = version
    return versions


def locked(path=environment.LOCK):
    lines = path.read_text(encoding="utf-8").splitlines()
    return pins(line for line in lines if not line.startswith("#"))


def required(extras=()):
    """The requirements of the project, by name."""
    lines = [*PROJECT["dependencies"]]
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def conda_packages(path):
    """(conda's own packages, what pip installs) of one environment file."""
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    (from_pip,) = (item["pip"] for item in listed if isinstance(item, dict))
    return [item for item in listed if isinstance(item, str)], from_pip


def unsatisfied(requirements, lock):
    """The requirements that the versions of a lock do not meet, by name."""
    return {
        name: str(requirement)
        for name, requirement in requirements.items()
        if not requirement.specifier.contains(lock.get(name, ""), prereleases=True)
    }


def test_lock_satisfies_every_requirement():
    # Who runs the benchmarks, compares with dm_control or reads ONNX installs these peers; `make
    # docs` has a lock of its own.
    extras = PROJECT["optional-dependencies"].keys() - {"bench", "dm_control", "docs"}
    wanted = required(extras)
    wanted.pop("brainiarb")
    assert unsatisfied(wanted, locked()) == {}


def test_lock_of_the_documentation_satisfies_its_extra_and_adds_only():
    lock, docs = locked(), locked(environment.DOCS_LOCK)
    extra = map(Requirement, PROJECT["optional-dependencies"]["docs"])
    assert unsatisfied({canonicalize_name(r.name): r for r in extra}, docs) == {}
    assert docs.keys() & lock.keys() == set()


def test_physics_and_networks_are_pinned():
    assert str(required()["torch"].specifier) == "==2.13.0"
    assert str(required()["mujoco"].specifier) == "==3.17.0"


@pytest.mark.parametrize("path", [environment.LOCK, environment.DOCS_LOCK], ids=lambda p: p.stem)
def test_locks_are_sorted_and_name_no_machine(path):
    lock = locked(path)
    assert list(lock) == sorted(lock)
    assert [name for name in lock if environment.MACHINES_OWN.match(name)] == []


@pytest.mark.parametrize("path", CONDA, ids=lambda path: path.stem)
def test_conda_pins_equal_the_lock(path):
    lock, conda = locked(), pins(conda_packages(path)[1])
    assert conda == {name: lock.get(name) for name in conda}


@pytest.mark.parametrize("path", CONDA, ids=lambda path: path.stem)
def test_conda_environments_hold_only_what_the_project_requires(path):
    assert set(pins(conda_packages(path)[1])) <= set(required())


def module(name):
    """The file of a module of the library, None for a module of another package."""
    stem = SCRIPTS.joinpath(*name.split("."))
    return next((f for f in (stem.with_suffix(".py"), stem / "__init__.py") if f.is_file()), None)


def imports(path):
    """The names that a file imports, anywhere in it but under `if TYPE_CHECKING`."""
    todo, names = [ast.parse(path.read_text(encoding="utf-8"))], set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        todo.extend(ast.iter_child_nodes(node))
    return names


def packages(script):
    """The third-party packages that a script needs, itself or through the library."""
    todo, seen, needed = [script], set(), set()
    while todo:
        path = todo.pop()
        seen.add(path)
        for name in imports(path):
            ours, top = module(name), name.partition(".")[0]
            if ours:
                todo.extend({ours} - seen)
            elif not (SCRIPTS / top).exists() and top not in sys.stdlib_module_names:
                needed.add(canonicalize_name(INSTALLED_AS.get(top, top)))
    return needed


# Only a body that names a task of dm_control's suite needs it, and who studies one installs it.
OF_SOME_BODIES = {"dm-control"}


def test_each_rules_environment_holds_what_its_script_imports():
    missing = {
        (name, script): absent
        for script, name in environments(ROOT).items()
        if (
            absent := packages(SCRIPTS / f"{script}.py")
            - OF_SOME_BODIES
            - set(pins(conda_packages(ROOT / "envs" / f"{name}.yaml")[1]))
        )
    }
    assert missing == {}


def test_conda_environments_use_one_python():
    pythons = {tuple(conda_packages(path)[0]) for path in CONDA}
    oldest = ".".join(map(str, environment.OLDEST))
    assert pythons == {(f"python={oldest}", "pip")}
    assert PROJECT["requires-python"] == f">={oldest}"


def test_lock_is_made_from_what_pip_reports():
    report = {
        "install": [
            {"metadata": {"name": "torch", "version": "2.13.0+cpu"}, "download_info": {}},
            {"metadata": {"name": "nvidia-cublas", "version": "13.1"}, "download_info": {}},
            {"metadata": {"name": "scikit_Learn", "version": "1.9.1"}, "download_info": {}},
            {
                "metadata": {"name": "brainiarb", "version": "0.1.0"},
                "download_info": {"dir_info": {}},
            },
        ]
    }
    assert environment.locked(report) == ["scikit-learn==1.9.1\n", "torch==2.13.0\n"]
