"""How many threads PyTorch takes while others keep the cores busy."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from steadymask.shared_setting import SharedSetting

_THREADS = SharedSetting(torch.get_num_threads, torch.set_num_threads)


@contextmanager
def torch_in_one_thread() -> Iterator[None]:
    """Keep PyTorch to one thread where flows or other clips fill the cores, and give back its number after.

    Its threads wait for each other at every operation, and on busy cores that takes longer than the work.
    """
    with _THREADS.held_at(1):
        yield


@contextmanager
def torch_shared_out(workers: int) -> Iterator[None]:
    """Leave each of several workers their share of PyTorch's threads, and give back the number after."""
    with _THREADS.held_at(max(1, torch.get_num_threads() // workers)):
        yield
