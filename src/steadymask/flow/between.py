"""The flows of a stream: asked for by frame index, computed once, side by side, and forgotten when passed."""

from collections.abc import Iterable
from concurrent.futures import Executor, Future

from steadymask.arrays import FlowEstimator, Picture, PictureFlow


class FlowBetween:
    """`flow(i, j)` for the frames of a stream; the flow between the same two frames is estimated once.

    Args:
        estimator: what estimates one flow.
        executor: runs estimates side by side (a thread pool: estimators release the interpreter lock);
            None estimates when asked.
    """

    def __init__(self, estimator: FlowEstimator, executor: Executor | None = None) -> None:
        self._estimator = estimator
        self._executor = executor
        self._pictures: dict[int, Picture] = {}
        self._flows: dict[tuple[int, int], Future[PictureFlow]] = {}
        self.estimated = 0

    def add(self, index: int, picture: Picture) -> None:
        """Make frame `index` known."""
        self._pictures[index] = picture

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Start the estimates that are not there yet."""
        for i, j in pairs:
            if (i, j) not in self._flows:
                self._flows[i, j] = self._estimate(i, j)
                self.estimated += 1

    def __call__(self, i: int, j: int) -> PictureFlow:
        """Return `flow_ij`: where each pixel of frame i lies in frame j."""
        self.prepare([(i, j)])
        return self._flows[i, j].result()

    def forget(self, before: int) -> None:
        """Let go of every frame with an index below `before`, and of its flows; the newest frame stays."""
        before = min(before, max(self._pictures, default=before))
        for index in [index for index in self._pictures if index < before]:
            del self._pictures[index]
        for pair in [pair for pair in self._flows if min(pair) < before]:
            del self._flows[pair]

    def release(self, last: int) -> None:
        """Let go of the flows between frames that all have an index of at most `last`; the frames stay."""
        for pair in [pair for pair in self._flows if max(pair) <= last]:
            del self._flows[pair]

    def _estimate(self, i: int, j: int) -> Future[PictureFlow]:
        pictures = self._pictures[i], self._pictures[j]
        if self._executor is not None:
            return self._executor.submit(self._estimator, *pictures)
        done: Future[PictureFlow] = Future()
        done.set_result(self._estimator(*pictures))
        return done
