"""Memory that was freed goes back to the system."""

import ctypes
import sys


def return_freed_memory() -> None:
    """Give back what the C library keeps of freed memory: a millisecond or two.

    What a filter keeps for two dozen frames lies among thousands of arrays that live for a moment, and leaves
    the heap of a long clip full of holes: with much in doubt, 200 MB of them. Only glibc keeps them.
    """
    if sys.platform != "linux":
        return
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:  # another C library
        return
    trim(0)
