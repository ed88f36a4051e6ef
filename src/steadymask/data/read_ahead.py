"""Batches read while the one before is learned from."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from steadymask.data.batch import Batch
from steadymask.errors import require


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
    return map(batches, steps) if threads == 0 else _ahead(batches, steps, threads)


def _ahead(batches: Callable[[int], Batch], steps: Iterable[int], threads: int) -> Iterator[Batch]:
    pool = ThreadPoolExecutor(threads, thread_name_prefix="batch")
    try:
        waiting: deque[Future[Batch]] = deque()
        for step in steps:
            waiting.append(pool.submit(batches, step))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
