"""Clear the lock that a killed Snakemake left behind; `make` calls this before each run.

    python envs/unlock.py [FOLDER]

Snakemake locks the files that it works on. If SIGKILL ends it, the lock stays. The lock names
neither process nor machine. It is cleared only if this user wrote it, no other machine can reach
the folder and no Snakemake of this machine works in the folder. Otherwise the lock stays and one
line says why; Snakemake itself then decides whether the lock stops it.
"""

import os
import subprocess
import sys
from pathlib import Path

import psutil

# File systems that only one machine can reach. A Snakemake of another machine cannot be seen here.
LOCAL = {"apfs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "hfs", "overlay", "tmpfs", "xfs", "zfs"}


def locks(folder: Path) -> list[Path]:
    """Return the lock files of a working directory."""
    return sorted(folder.glob(".snakemake/locks/*.lock"))


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds a folder, or "" if it is unknown."""
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    folder = folder.resolve()
    return next((mounts[place] for place in (folder, *folder.parents) if place in mounts), "")


def inhabitants(folder: Path) -> list[psutil.Process]:
    """Return the processes that work in a folder, without this process and its callers."""
    this = psutil.Process()
    callers = {this.pid, *(parent.pid for parent in this.parents())}
    processes = []
    for process in psutil.process_iter():
        try:
            if process.pid not in callers and os.path.samefile(process.cwd(), folder):
                processes.append(process)
        except (OSError, psutil.Error):
            # The process has ended, or it belongs to a user who did not write this user's lock.
            continue
    return processes


def snakemakes(folder: Path) -> list[int]:
    """Return the ids of the Snakemake processes that work in a folder.

    The command shows a Snakemake. If another program started it, its open log shows it.
    """
    logs = folder.resolve() / ".snakemake" / "log"
    pids = []
    for process in inhabitants(folder):
        try:
            if any(Path(word).name == "snakemake" for word in process.cmdline()) or any(
                Path(file.path).parent == logs for file in process.open_files()
            ):
                pids.append(process.pid)
        except (OSError, psutil.Error):
            continue
    return pids


def orphans(folder: Path) -> list[psutil.Process]:
    """Return the processes of scripts that work in a folder.

    If no Snakemake works there, a killed one has left them.
    """
    processes = []
    for process in inhabitants(folder):
        try:
            if any("/.snakemake/scripts/" in word for word in process.cmdline()):
                processes.append(process)
        except psutil.Error:
            continue
    return processes


def clear(folder: Path) -> str:
    """Clear the lock of a folder if it is stale; return one line that says what was done and why.

    Jobs that outlived their Snakemake may still write, so the function waits for them to end.
    """
    lock_files = locks(folder)
    if not lock_files:
        return ""
    alive = snakemakes(folder)
    if alive:
        return f"Snakemake is at work in this folder (process {_listed(alive)}), its lock stays"
    by_hand = "if no Snakemake works here, clear it: python -m snakemake --unlock"
    if any(file.stat().st_uid != os.getuid() for file in lock_files):
        return f"a lock stands in this folder and another user wrote it; {by_hand}"
    kind = file_system(folder)
    if kind not in LOCAL:
        return f"a lock stands in this folder, which other machines may reach ({kind}); {by_hand}"
    outliving = orphans(folder)
    if outliving:
        pids = _listed(sorted(process.pid for process in outliving))
        print(f"make: waiting for jobs of a killed Snakemake (process {pids})", flush=True)
        psutil.wait_procs(outliving)
    unlock = [sys.executable, "-m", "snakemake", "--unlock", "--quiet", "all"]
    if subprocess.run(unlock, cwd=folder, check=False).returncode:
        return f"the lock of a killed Snakemake could not be cleared; {by_hand}"
    return "cleared the lock of a killed Snakemake"


def _listed(pids: list[int]) -> str:
    return ", ".join(map(str, pids))


if __name__ == "__main__":
    message = clear(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    if message:
        print(f"make: {message}", flush=True)
