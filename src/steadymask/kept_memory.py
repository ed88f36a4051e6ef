"""Memory that was freed stays with the process, for work that soon wants as much again."""

import ctypes
import sys

_TRIM, _MMAP = -1, -3  # glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
_LARGE = 2**31 - 1


def keep_freed_memory() -> None:
    """Let the C library keep large blocks; for the rest of the process.

    Training on a processor takes and frees the same gigabytes in every step, and giving them back each time
    takes time. Only glibc knows this.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library
        return
    for setting in (_TRIM, _MMAP):
        mallopt(setting, _LARGE)
