"""Work done ahead on threads, its results in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def work_ahead(
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int, name: str
) -> Generator[Result, None, None]:
    """What `work` makes of each item, in their order, while others are worked on, one on each thread.

    An item is taken when a thread will soon be free, by the caller's thread. An error of `work`
    is raised where its result would come, one of `items` at once. Closing the iterator ends the work.

    Args:
        work: done on another thread.
        items: as many as one likes.
        threads: at least 1.
        name: what the threads are called.

    >>> list(work_ahead(str.upper, "abc", threads=2, name="letter"))
    ['A', 'B', 'C']
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
    try:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
