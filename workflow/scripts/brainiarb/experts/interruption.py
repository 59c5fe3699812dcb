"""Signals that ask a training to end: it ends where its state is whole."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""Slurm sends the first before the limit of time, and a terminal the second on Ctrl-C."""


class Interruption:
    """Whether a signal asked the training to end."""

    def __init__(self) -> None:
        self.number: int | None = None
        """The number of the signal; None while there was none."""

    def notice(self, number: int, _frame: FrameType | None = None) -> None:
        """Remember a signal; further ones, such as those of Slurm and Snakemake, change nothing."""
        self.number = self.number or number

    def end(self, steps: int) -> NoReturn:
        """End the process as the signal would have."""
        assert self.number is not None
        name = signal.Signals(self.number).name
        logging.info("%s ended training at step %d; start it again to continue", name, steps)
        if self.number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self.number)


@contextmanager
def noticed() -> Iterator[Interruption]:
    """Notice the signals while the block runs; only a main thread receives them."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = [signal.signal(number, interruption.notice) for number in SIGNALS]
    try:
        yield interruption
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
