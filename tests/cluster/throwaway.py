"""A throw-away Slurm on this one machine: munge, slurmctld and two nodes, all below one folder.

The daemons are children of this process and listen on 127.0.0.1 only. One node has a make-believe
GPU. There is no accounting, as on many small clusters: `squeue` remembers finished jobs instead.
"""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

PROGRAMS = {
    "munged": "munge",
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "sbatch": "slurm-client",
}
"""Which package of Debian has a program that is needed."""
SYSTEM = "/usr/sbin:/sbin"
"""Where daemons lie that a user's PATH may lack."""
NODES = {"c1": "", "g1": " Gres=gpu:fake:1"}
PATIENCE = 60
"""Seconds until the cluster must be up."""

CONFIGURATION = """\
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/ended.txt
TaskEpilog={folder}/bin/used
AccountingStorageType=accounting_storage/none
MinJobAge=7200
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
EnforcePartLimits=ALL
SchedulerParameters=bf_interval=5,sched_min_interval=0
KillWait=10
ReturnToService=2
JobRequeue=0
MailProg=/bin/true
PropagateResourceLimits=NONE
PartitionName=cpu Nodes=c1 Default=YES MaxTime=02:00:00
PartitionName=gpu Nodes=g1 MaxTime=02:00:00
"""

USED = """\
#!/bin/sh
# The parent is the daemon of a step: the CPU time of its ended processes, in user and in system.
cut -d ' ' -f 16,17 /proc/$PPID/stat >> {folder}/used.txt
"""


class MissingError(Exception):
    """Why there can be no throw-away Slurm on this machine."""


@dataclass(frozen=True)
class Ended:
    """A job that has ended, as Slurm recorded it."""

    number: int
    state: str
    seconds: float


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    folder: Path
    environment: dict[str, str]
    """What a program needs that speaks to the cluster."""

    def call(self, *words: str) -> str:
        """Return what a command of Slurm says."""
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout

    def queue(self, *states: str) -> list[int]:
        """Return the numbers of the jobs in some states, of those that wait or run by default."""
        chosen = states or ("PENDING", "RUNNING", "COMPLETING")
        said = self.call("squeue", "--noheader", f"--states={','.join(chosen)}", "--format=%A")
        return sorted(map(int, said.split()))

    def ended(self) -> list[Ended]:
        """Return the jobs that have ended, in the order of their ends."""
        path = self.folder / "ended.txt"
        jobs = []
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
            began, end = (datetime.fromisoformat(fields[k]) for k in ("StartTime", "EndTime"))
            seconds = max((end - began).total_seconds(), 0)
            jobs.append(Ended(int(fields["JobId"]), fields["JobState"], seconds))
        return jobs

    def cpu_seconds(self) -> float:
        """Return the CPU time (s) of all processes of the jobs that have ended."""
        ticks = map(int, (self.folder / "used.txt").read_text("utf-8").split())
        return sum(ticks) / os.sysconf("SC_CLK_TCK")


def install() -> None:
    """Install Debian's packages where a program is missing; their own services stay stopped.

    Raises
    ------
    MissingError
        If they cannot be installed here.
    """
    path = f"{os.environ.get('PATH', '')}:{SYSTEM}"
    wanted = sorted({p for name, p in PROGRAMS.items() if shutil.which(name, path=path) is None})
    if not wanted:
        return
    if os.getuid() or shutil.which("apt-get") is None:
        raise MissingError(f"install Debian's packages {' '.join(wanted)} as root")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *wanted]):
        done = subprocess.run(
            ["apt-get", "--quiet", *words],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            last = (done.stderr.splitlines() or ["no reason"])[-1]
            raise MissingError(f"apt-get cannot {words[0]} {' '.join(wanted)}: {last}")


def free_ports(count: int) -> int:
    """Return the first of some successive TCP ports of 127.0.0.1 that are free."""
    for first in range(20000, 30000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise MissingError("no TCP ports from 20000 to 30000 are free")


def configure(folder: Path, cpus: int, megabytes: int) -> dict[str, str]:
    """Write the configuration of a cluster; return the environment of its programs."""
    host = socket.gethostname().split(".")[0]
    try:
        address = socket.gethostbyname(socket.gethostname())
    except OSError:
        address = "nothing"
    if address != "127.0.0.1":
        raise MissingError(
            f"the name {host} means {address}; put `127.0.0.1 {host}` into /etc/hosts"
        )
    port = free_ports(1 + len(NODES))
    for name in ("munge", "state", "bin", *(f"spool/{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    # slurmd wants a device for a GPU; a link to one that everybody has is enough.
    gpu = folder / "nvidia0"
    gpu.symlink_to("/dev/null")
    lines = CONFIGURATION.format(host=host, port=port, user=getpass.getuser(), folder=folder)
    for number, (node, resources) in enumerate(NODES.items(), 1):
        lines += (
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port + number} "
            f"CPUs={cpus} RealMemory={megabytes}{resources}\n"
        )
    conf = folder / "slurm.conf"
    conf.write_text(lines)
    (folder / "gres.conf").write_text(f"NodeName=g1 Name=gpu Type=fake File={gpu}\n")
    # The plugin of the job steps drops SLURM_CONF before it calls srun; this srun sets it again.
    path = f"{os.environ['PATH']}:{SYSTEM}"
    programs = {
        "srun": f'#!/bin/sh\nSLURM_CONF={conf} exec {shutil.which("srun", path=path)} "$@"\n',
        "used": USED.format(folder=folder),
    }
    for name, program in programs.items():
        (folder / "bin" / name).write_text(program)
        (folder / "bin" / name).chmod(0o755)
    return {**os.environ, "SLURM_CONF": str(conf), "PATH": f"{folder}/bin:{path}"}


@contextmanager
def cluster(cpus: int = 2, megabytes: int = 6000) -> Iterator[Cluster]:
    """Give a cluster of two nodes, `c1` and `g1` with a GPU; afterwards it is gone in any case.

    Raises
    ------
    MissingError
        If there can be none on this machine.
    """
    install()
    with TemporaryDirectory(prefix="slurm") as name:
        folder = Path(name).resolve()
        made = Cluster(folder, configure(folder, cpus, megabytes))
        key = folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        (folder / "munge").chmod(0o711)
        conf = str(folder / "slurm.conf")
        calls = [
            [
                "munged", "--foreground", "--force",
                *(f"--{what}-file={folder}/munge/{what}" for what in ("key", "seed", "log", "pid")),
                f"--socket={folder}/munge/socket",
            ],
            ["slurmctld", "-D", "-f", conf],
            *(["slurmd", "-D", "-f", conf, "-N", node] for node in NODES),
        ]  # fmt: skip
        daemons: list[subprocess.Popen[bytes]] = []
        try:
            with (folder / "daemons.log").open("wb") as log:
                for call in calls:
                    daemons.append(
                        subprocess.Popen(
                            call, env=made.environment, stdout=log, stderr=log, cwd=folder
                        )
                    )
                    time.sleep(0.5)
            wait_until_idle(made)
            yield made
        finally:
            stop(made, daemons)


def wait_until_idle(made: Cluster) -> None:
    """Wait until all nodes of a cluster are idle."""
    end = time.monotonic() + PATIENCE
    while made.call("sinfo", "--noheader", "--Node", "--states=idle", "--format=%N").split() != [
        *NODES
    ]:
        if time.monotonic() > end:
            raise MissingError(
                f"Slurm does not come up: {(made.folder / 'daemons.log').read_text()}"
            )
        time.sleep(0.5)


def stop(made: Cluster, daemons: list[subprocess.Popen[bytes]]) -> None:
    """End all jobs of a cluster and then its daemons, the last one first."""
    jobs = [*map(str, made.queue())]
    if jobs:
        made.call("scancel", *jobs)
        made.call("scancel", "--signal=KILL", "--full", *jobs)
        end = time.monotonic() + 30
        while made.queue() and time.monotonic() < end:
            time.sleep(0.5)
    for daemon in reversed(daemons):
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(15)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
