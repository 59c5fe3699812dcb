"""Clear the lock of a killed Snakemake, where none is alive: `make` calls this before each run.

    python envs/unlock.py [FOLDER]

Snakemake locks the files it works on and leaves that lock behind if it is killed with SIGKILL.
The lock names neither process nor machine. It is cleared only where this user wrote it, no other
machine can reach the folder and no Snakemake of this machine works in it. In any other case it
stays, with one line that says why; Snakemake itself then judges whether it is in the way.
"""

import os
import subprocess
import sys
from pathlib import Path

import psutil

# File systems of one machine. Any other may be open to a Snakemake that is not seen from here.
LOCAL = {"apfs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "hfs", "overlay", "tmpfs", "xfs", "zfs"}


def locks(folder: Path) -> list[Path]:
    """The lock files of a working directory, none if no lock is held."""
    return sorted(folder.glob(".snakemake/locks/*.lock"))


def file_system(folder: Path) -> str:
    """The type of the file system that holds a folder, as the system calls it; "" if unknown."""
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    folder = folder.resolve()
    return next((mounts[place] for place in (folder, *folder.parents) if place in mounts), "")


def inhabitants(folder: Path) -> list[psutil.Process]:
    """The processes whose working directory is the folder, but not this one and its callers."""
    this = psutil.Process()
    own = {this.pid, *(parent.pid for parent in this.parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in own and os.path.samefile(process.cwd(), folder):
                found.append(process)
        except (OSError, psutil.Error):
            # Ended meanwhile, or another user's, who has not written this user's lock.
            continue
    return found


def snakemakes(folder: Path) -> list[int]:
    """The process ids of the Snakemakes that work in a folder, however they were started.

    One shows by its command, or, started from within another program, by the log it has open.
    """
    logs = folder.resolve() / ".snakemake" / "log"
    found = []
    for process in inhabitants(folder):
        try:
            if any(Path(word).name == "snakemake" for word in process.cmdline()) or any(
                Path(file.path).parent == logs for file in process.open_files()
            ):
                found.append(process.pid)
        except (OSError, psutil.Error):
            continue
    return found


def orphans(folder: Path) -> list[psutil.Process]:
    """The scripts' processes that work in a folder; without a Snakemake, those of a killed one."""
    found = []
    for process in inhabitants(folder):
        try:
            if any("/.snakemake/scripts/" in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def clear(folder: Path) -> str:
    """Clear a folder's lock if it is stale, and return one line that says what was done and why.

    Jobs that outlived their Snakemake are waited for: it can't be told what they still write.
    """
    found = locks(folder)
    if not found:
        return ""
    alive = snakemakes(folder)
    if alive:
        return f"Snakemake is at work in this folder (process {_listed(alive)}), its lock stays"
    by_hand = "if no Snakemake works here, clear it: python -m snakemake --unlock"
    if any(file.stat().st_uid != os.getuid() for file in found):
        return f"a lock stands in this folder and another user wrote it; {by_hand}"
    kind = file_system(folder)
    if kind not in LOCAL:
        return f"a lock stands in this folder, which other machines may reach ({kind}); {by_hand}"
    left = orphans(folder)
    if left:
        pids = _listed(sorted(process.pid for process in left))
        print(f"make: waiting for jobs of a killed Snakemake (process {pids})", flush=True)
        psutil.wait_procs(left)
    unlock = [sys.executable, "-m", "snakemake", "--unlock", "--quiet", "all"]
    if subprocess.run(unlock, cwd=folder, check=False).returncode:
        return f"the lock of a killed Snakemake could not be cleared; {by_hand}"
    return "cleared the lock of a killed Snakemake"


def _listed(pids: list[int]) -> str:
    return ", ".join(map(str, pids))


if __name__ == "__main__":
    said = clear(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    if said:
        print(f"make: {said}", flush=True)
