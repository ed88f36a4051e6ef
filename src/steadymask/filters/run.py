"""One generator drives every filter: any length in constant memory, a fresh start at every cut."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from steadymask.arrays import Flows, Picture, PictureFlow, PictureProbs
from steadymask.errors import require

State = tuple[Tensor, ...]
"""What a recursive filter carries from frame to frame; empty for the others."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One frame of a stream with its masks.

    Args:
        index: position in the clip, from 0.
        picture: the frame.
        probs: probabilities of the classes, class 0 the background.
        starts_scene: whether a new scene begins here; the first frame always begins one.
    """

    index: int
    picture: Picture
    probs: PictureProbs
    starts_scene: bool = False


@dataclass(frozen=True, kw_only=True)
class Window:
    """What a filter sees at one step: the frames of the scene around `t` and the flows between them.

    Args:
        t: index of the frame that is being filtered.
        items: frames by index; only frames of the scene, from `t − memory` to `t + delay` at most.
        flows: gives `flow_ij` for two frames of the window; None for filters that ask for none.
    """

    t: int
    items: dict[int, Item]
    flows: Flows | None

    @property
    def indices(self) -> list[int]:
        """The frames that are there, in order."""
        return sorted(self.items)

    def picture(self, index: int) -> Picture:
        """Frame `index`."""
        return self.items[index].picture

    def probs(self, index: int) -> PictureProbs:
        """The input probabilities of frame `index`."""
        return self.items[index].probs

    def flow(self, i: int, j: int) -> PictureFlow:
        """`flow_ij`: where each pixel of frame i lies in frame j."""
        require(self.flows is not None, "flows: this filter needs flows, got None")
        return self.flows(i, j)  # type: ignore[misc]  # `require` has seen to it


class Filter(Protocol):
    """A filter is its settings: a frozen dataclass with a pure `init` and a pure `step`."""

    @property
    def delay(self) -> int:
        """Frames of look-ahead."""
        ...

    @property
    def memory(self) -> int:
        """Frames of the past that the window keeps."""
        ...

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        """The flows (i, j) that `step` will ask for at frame `t` when `indices` are there."""
        ...

    def init(self) -> State:
        """The state at the start of a scene."""
        ...

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`; return the next state and its probabilities."""
        ...


def run(
    filters: Sequence[Filter], items: Iterable[Item], *, flows: Flows | None = None, state: State | None = None
) -> Iterator[tuple[Item, State]]:
    """Send a stream through filters, one after the other.

    Args:
        filters: applied in order; each starts anew where a scene begins.
        items: the frames with their masks, in order.
        flows: where the filters' flows come from; it is fed and emptied here.
        state: state of the *last* filter to go on from, as yielded after the frame before the first item.

    Yields:
        Each frame with its filtered probabilities, in order, and the state of the last filter after it.
    """
    stream: Iterator[tuple[Item, State]] = ((item, ()) for item in _known(items, flows))
    for number, each in enumerate(filters):
        stream = _run_one(each, (item for item, _ in stream), flows, state if number == len(filters) - 1 else None)
    memory = sum(each.memory for each in filters)
    for item, after in stream:
        yield item, after
        if flows is not None:
            flows.forget(item.index + 1 - memory)


def _known(items: Iterable[Item], flows: Flows | None) -> Iterator[Item]:
    for item in items:
        if flows is not None:
            flows.add(item.index, item.picture)
        yield item


def _run_one(
    each: Filter, items: Iterator[Item], flows: Flows | None, resumed: State | None
) -> Iterator[tuple[Item, State]]:
    window: dict[int, Item] = {}
    waiting: deque[int] = deque()
    state = each.init() if resumed is None else resumed

    def filtered() -> Iterator[tuple[Item, State]]:
        nonlocal state
        t = waiting.popleft()
        seen = {index: item for index, item in window.items() if index <= t + each.delay}
        if flows is not None:
            flows.prepare(each.pairs(t, sorted(seen)))
        state, probs = each.step(state, Window(t=t, items=seen, flows=flows))
        yield _with_probs(window[t], probs), state
        for index in [index for index in window if index < t + 1 - each.memory]:
            del window[index]

    for item in items:
        if item.starts_scene:
            while waiting:
                yield from filtered()
            window.clear()
            if resumed is None:
                state = each.init()
        resumed = None
        window[item.index] = item
        waiting.append(item.index)
        if len(waiting) > each.delay:
            yield from filtered()
    while waiting:
        yield from filtered()


def _with_probs(item: Item, probs: PictureProbs) -> Item:
    return Item(index=item.index, picture=item.picture, probs=probs, starts_scene=item.starts_scene)
