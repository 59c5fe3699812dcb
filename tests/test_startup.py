"""Start-up: the imports of a rule's script load no package that its job may not need."""

import os
import subprocess
import sys

import pytest

from benchmarks.workflow import environments, importing
from conftest import ROOT

SCRIPTS = ROOT / "workflow" / "scripts"
HEAVY = (
    "PIL", "gymnasium", "imageio_ffmpeg", "importlib.metadata", "matplotlib", "mujoco",
    "openTSNE", "pandas", "psutil", "scipy", "skimage", "sklearn", "stable_baselines3",
    "threadpoolctl", "torch", "tqdm",
)  # fmt: skip
TORCH = {"torch", "tqdm", "importlib.metadata"}  # torch loads the other two itself
OF_ENVIRONMENT = {
    "analysis": {"pandas"},
    "figures": {"pandas"},
    "pages": {"pandas"},
    "rl": {"pandas", *TORCH},
}
OF_SCRIPT = {
    "export_clone": TORCH,
    "link_activations": set(),
    "place_dataset": {"pandas", "gymnasium", "mujoco", *TORCH},
    "record_clone_activations": set(),
    "record_common_activations": TORCH,
    "write_findings": set(),
    "write_minari": {"pandas", "gymnasium", *TORCH},
}
"""The packages that a script may load where they differ from those of its environment."""


def test_every_script_is_run_by_a_rule():
    assert set(environments(ROOT)) == {path.stem for path in SCRIPTS.glob("*.py")}


def allowed(script, environment):
    return frozenset(OF_SCRIPT.get(script, OF_ENVIRONMENT[environment]))


# Scripts that may load the same packages are imported by one process, one after the other.
ALLOWED = {script: allowed(script, name) for script, name in environments(ROOT).items()}


@pytest.mark.parametrize("packages", sorted({*ALLOWED.values()}, key=sorted), ids=sorted)
def test_a_script_imports_only_packages_that_each_of_its_jobs_needs(packages):
    scripts = sorted(script for script, given in ALLOWED.items() if given == packages)
    imports = [
        f"{importing(SCRIPTS / f'{name}.py')}; print({name!r}, *sys.modules)" for name in scripts
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(["import sys", *imports])],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.split()[0]: {*line.split()} & {*HEAVY} for line in done.stdout.splitlines()}
    assert [*loaded] == scripts
    beyond = {script: sorted(heavy - packages) for script, heavy in loaded.items()}
    assert {script: names for script, names in beyond.items() if names} == {}
