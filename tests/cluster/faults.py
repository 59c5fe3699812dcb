"""What goes wrong on a cluster: each fault is injected into a training, which must end as if it
had not been. All trainings are of one expert, and an undisturbed one is the truth.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.study import ROOT, end, end_all, on_slurm, processes, run, start
from tests.cluster.throwaway import Cluster

CONFIG = "tests/config/tiny.yaml"
EXPERT = Path("results/tiny/walker2d/tiny")
CHECKPOINT = str(EXPERT / "checkpoint.zip")
PATIENCE = 600
"""Seconds until a fault must have been survived, also on a busy machine."""


@dataclass(frozen=True)
class Trial:
    """One training on a cluster, in a folder of its own."""

    cluster: Cluster
    folder: Path
    steps: int
    started: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def call(self, *options: str) -> list[str]:
        """Return the command of the training."""
        overlay = self.folder / "steps.yaml"
        overlay.write_text(f"experts: {{tiny: {{train: {{steps: {self.steps}}}}}}}\n")
        files = ["--configfile", str(ROOT / CONFIG), str(overlay)]
        return [*on_slurm(*options, config=CONFIG), *files, "--", CHECKPOINT]

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """Start the training and return its Snakemake, which says all into `said.txt`."""
        with (self.folder / "said.txt").open("a") as said:
            snakemake = start(
                self.call(*options), self.folder, self.cluster.environment, said.fileno()
            )
        self.started.append(snakemake)
        return snakemake

    def said(self) -> str:
        """Return what the Snakemakes of `start` said."""
        return (self.folder / "said.txt").read_text("utf-8")

    def training(self) -> int:
        """Wait until a Slurm job trains, and return its number."""
        log = self.folder / "results/tiny/walker2d/logs/train_expert/tiny.log"
        return until(lambda: self.cluster.queue("RUNNING") if log.exists() else [])[0]

    def scripts(self) -> list[int]:
        """Return the processes that run the script of the training."""
        return processes(self.folder, "/.snakemake/scripts/")


def until(found: "Callable[[], list[int]]") -> list[int]:
    """Wait until a function finds something, and return that."""
    end = time.monotonic() + PATIENCE
    while not (something := found()):
        if time.monotonic() > end:
            raise TimeoutError("nothing happened on the cluster")
        time.sleep(0.5)
    return something


def scancel(trial: Trial) -> str:
    """A person cancels the running job."""
    snakemake = trial.start()
    trial.cluster.call("scancel", str(trial.training()))
    snakemake.wait(PATIENCE)
    assert "somebody cancelled it" in trial.said(), trial.said()
    return "a second job trains on"


def killed(trial: Trial) -> str:
    """The process of the job is killed, as by a node out of memory."""
    snakemake = trial.start()
    trial.training()
    for pid in until(trial.scripts):
        os.kill(pid, signal.SIGKILL)
    snakemake.wait(PATIENCE)
    return "a second job trains on"


def node_down(trial: Trial) -> str:
    """The node fails under the job, and comes back."""
    snakemake = trial.start()
    trial.training()
    trial.cluster.call("scontrol", "update", "NodeName=c1", "State=DOWN", "Reason=fault")
    time.sleep(3)
    trial.cluster.call("scontrol", "update", "NodeName=c1", "State=RESUME")
    snakemake.wait(PATIENCE)
    assert "node" in trial.said(), trial.said()
    return "a second job trains on"


def too_little_memory(trial: Trial) -> str:
    """The job asks for less memory than it needs, and gets more at the next try."""
    snakemake = trial.start("--set-resources", "train_expert:mem_mb=400 * 2 ** (2 * attempt - 2)")
    snakemake.wait(PATIENCE)
    assert "it needed more memory than it had asked for (400M)" in trial.said(), trial.said()
    return "said, and a second job has more"


def too_little_time(trial: Trial) -> str:
    """The job asks for less time than it needs, and gets more at the next try."""
    snakemake = trial.start("--set-resources", "train_expert:runtime=2 ** (2 * attempt - 2)")
    trial.training()
    # The job stands still, so that its minute is surely too short; Slurm wakes what it ends.
    for pid in until(trial.scripts):
        os.kill(pid, signal.SIGSTOP)
    snakemake.wait(PATIENCE)
    assert "it needed more time than it had asked for (1:00)" in trial.said(), trial.said()
    return "said, and a second job has more"


def restarted(trial: Trial) -> str:
    """Snakemake is killed; the same command must not train twice at once."""
    first = trial.start()
    job = trial.training()
    end(first)
    # The job stands still, so that it surely runs as long as others are started beside it.
    still = until(trial.scripts)
    for pid in still:
        os.kill(pid, signal.SIGSTOP)
    locked = run(trial.call(), trial.folder, trial.cluster.environment)
    assert locked[0], locked[1]
    assert "lock" in locked[1].lower(), locked[1]
    run([*trial.call()[:-2], "--unlock"], trial.folder, trial.cluster.environment)
    refused = run(trial.call(), trial.folder, trial.cluster.environment)
    assert refused[0], refused[1]
    assert f"scancel {job}" in refused[1], refused[1]
    for pid in still:
        os.kill(pid, signal.SIGCONT)
    until(lambda: [] if trial.cluster.queue() else [1])
    trial.start().wait(PATIENCE)
    return "refused while the job ran, then done"


def two_at_once(trial: Trial) -> str:
    """A second Snakemake is started in the same folder."""
    first = trial.start()
    trial.training()
    second = run(trial.call(), trial.folder, trial.cluster.environment)
    assert second[0], second[1]
    assert "lock" in second[1].lower(), second[1]
    first.wait(PATIENCE)
    return "the second is refused"


def without_cuda(trial: Trial) -> str:
    """The job gets a GPU that torch cannot use."""
    resources = ["train_expert:gpu=1", "train_expert:slurm_partition=gpu"]
    call = trial.call("--retries", "0", "--set-resources", *resources)
    code, said = run(call, trial.folder, trial.cluster.environment)
    assert code, said
    assert "was granted a GPU, but torch" in said, said
    trial.start().wait(PATIENCE)
    return "refused; without the GPU it trains"


FAULTS = {
    fault.__name__: fault
    for fault in (
        scancel, killed, node_down, too_little_memory, too_little_time, restarted,
        two_at_once, without_cuda,
    )
}  # fmt: skip


def trained(folder: Path) -> bytes:
    """Return the expert that a training ended with, or nothing if it did not end."""
    path = folder / CHECKPOINT
    return path.read_bytes() if path.exists() else b""


def injected(
    cluster: Cluster, folder: Path, steps: int, names: Sequence[str]
) -> list[tuple[str, str, bool]]:
    """Return for each named fault what it is, what was seen and whether the expert is the same."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "truth").mkdir(parents=True)
    truth = Trial(cluster, folder / "truth", steps)
    truth.start().wait(PATIENCE)
    expected = trained(truth.folder)
    assert expected, truth.said()
    rows = []
    for name in names:
        fault = FAULTS[name]
        trial = Trial(cluster, folder / name, steps)
        trial.folder.mkdir()
        said = (fault.__doc__ or "").strip()
        try:
            seen = fault(trial)
            same = trained(trial.folder) == expected
        except (AssertionError, TimeoutError, subprocess.TimeoutExpired) as error:
            seen, same = f"{type(error).__name__}: {str(error)[-300:]}", False
        finally:
            for snakemake in trial.started:
                end(snakemake)
            end_all(trial.folder)
        rows.append((said, seen, same))
    return rows
