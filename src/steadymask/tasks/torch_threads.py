"""How many threads PyTorch takes while others keep the cores busy."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def torch_in_one_thread() -> Iterator[None]:
    """Keep PyTorch to one thread where flows or other clips fill the cores, and give back its number after.

    Its threads wait for each other at every operation: with two on two busy cores, `score` takes three times
    as long.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
