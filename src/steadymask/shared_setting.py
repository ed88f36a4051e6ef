"""A setting of the whole process that several may want changed at once, as a library's number of threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class SharedSetting:
    """Held at a value while anyone wants it; the first sets it, the last gives back what was there before.

    Args:
        read: what it is now.
        write: set it.
    """

    def __init__(self, read: Callable[[], int], write: Callable[[int], object]) -> None:
        self._read, self._write = read, write
        self._wanted = self._before = 0
        self._lock = Lock()

    @contextmanager
    def held_at(self, value: int) -> Iterator[None]:
        """Hold the setting; all who do so at the same time want the same value."""
        with self._lock:
            if not self._wanted:
                self._before = self._read()
                self._write(value)
            self._wanted += 1
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if not self._wanted:
                    self._write(self._before)
