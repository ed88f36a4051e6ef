"""Batches read while the one before is learned from."""

from collections.abc import Callable, Iterable, Iterator

from steadymask.data.batch import Batch
from steadymask.errors import require
from steadymask.work_ahead import work_ahead


def read_ahead(batches: Callable[[int], Batch], steps: Iterable[int], *, threads: int = 2) -> Iterator[Batch]:
    """The batches of some steps in order, `threads` of them being read meanwhile.

    An error of a batch is raised where that batch would come. Closing the iterator ends the reading.

    Args:
        batches: reads the batch of a step, such as `Batches`.
        steps: which, such as `range(first, last)`.
        threads: how many; 0 reads each batch when it is asked for.

    Raises:
        InputError: `threads` is negative.
    """
    require(threads >= 0, f"threads: wanted 0 or more, got {threads}")
    if threads == 0:
        return map(batches, steps)
    return work_ahead(batches, steps, threads=threads, name="batch")
