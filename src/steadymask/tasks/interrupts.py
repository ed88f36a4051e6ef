"""Ctrl-C while processes start: one of them answers, and the others do not print where they were."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Processes that start within leave Ctrl-C to this one, instead of each printing where it was."""
    if threading.current_thread() is not threading.main_thread():  # only there signals can be set
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
