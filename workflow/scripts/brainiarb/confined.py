"""Readers of foreign files in a process of their own, with limits of memory and of time.

It is for formats whose memory or time no check of the file can bound beforehand, because a library
outside this project reads them. The parent gets the result, or one sentence.
"""

import importlib
import os
import pickle
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from brainiarb.errors import Refused

MEMORY = 2**29
"""The bytes that a reader may take beyond those of its libraries."""
SECONDS = 5
"""The CPU seconds that a reader may take beyond those of its imports."""
PATIENCE = 120
"""The seconds after which a reader ends in any case, even on a busy machine."""


def confined(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of a module with plain arguments in a process of its own.

    Raises Refused if the function refuses its input or fails, or if it takes more than `MEMORY` or
    `SECONDS`.

    Examples
    --------
    >>> import math
    >>> confined(math.factorial, 20)
    2432902008176640000
    """
    asked = pickle.dumps((function.__module__, function.__name__, arguments))
    paths = os.pathsep.join(path for path in sys.path if path)
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=asked,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"reading it takes more than {PATIENCE} s") from None
    if -done.returncode == signal.SIGXCPU:
        raise Refused(f"reading it takes more than {SECONDS} s")
    if done.returncode < 0:
        raise Refused(f"its reader was ended by signal {-done.returncode}")
    if done.returncode:
        raise Refused(f"its reader failed ({done.stderr.decode('utf-8', 'replace')[-200:]})")
    reason, value = pickle.loads(done.stdout)
    if reason is not None:
        raise Refused(reason)
    return value


def _limit() -> None:
    """Limit the memory and the time of this process beyond what it has taken until now."""
    taken = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(taken.ru_utime + taken.ru_stime) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    # Where the system does not tell or limit the memory, as on macOS, the time is limited alone.
    with suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
        space = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (space, space))


def main() -> None:
    """Read what is asked from the standard input, and write the answer to the standard output."""
    module, name, arguments = pickle.load(sys.stdin.buffer)
    function = getattr(importlib.import_module(module), name)
    _limit()
    answer: tuple[str | None, Any]
    try:
        answer = None, function(*arguments)
    except MemoryError:
        answer = f"reading it takes more than {MEMORY / 1e6:.0f} MB", None
    except Exception as error:
        answer = str(error) or type(error).__name__, None
    pickle.dump(answer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
