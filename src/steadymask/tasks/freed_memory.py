"""Memory that was freed goes back to the system."""

import ctypes
import sys

_EVERY = 4  # frames: what is given back has to be taken again, which costs a few milliseconds each time


def return_freed_memory(frame: int) -> None:
    """Give back what the C library keeps of freed memory, after every fourth frame.

    What a filter keeps for two dozen frames lies among thousands of arrays that live for a moment, and leaves
    the heap of a long clip full of holes. Only glibc keeps them.

    Args:
        frame: index of the frame that is finished.
    """
    if frame % _EVERY or sys.platform != "linux":
        return
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:  # another C library
        return
    trim(0)
