"""Whether workers may be forked: they start in milliseconds, with all that is imported already."""

import os
import sys
import threading
import warnings
from pathlib import Path

from steadymask.tasks.interrupts import deaf_to_interrupts

_THREADS = Path("/proc/self/task")


def can_fork() -> bool:
    """Whether copies of this process can go on computing: on Linux, where it has one thread.

    A copy has the thread that made it and no other, but every lock as it was: what another thread holds just
    then stays held, and a library whose threads are gone waits for them. So there must be no other thread, be
    it Python's or a library's; CUDA, which no copy can use, has threads too once it is used. Ask while OpenCV
    and PyTorch are kept to one thread: OpenCV then ends its own, and PyTorch makes none.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    # OpenBLAS's idle threads end when a process forks: a first copy, which does nothing, shows what stays.
    try:
        _fork_once()
        return len(list(_THREADS.iterdir())) == 1
    except OSError:  # no memory for a copy, or no such folder
        return False


def _fork_once() -> None:
    with deaf_to_interrupts(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: whether there are is the question
        copy = os.fork()
        if copy == 0:
            os._exit(0)
        os.waitpid(copy, 0)
