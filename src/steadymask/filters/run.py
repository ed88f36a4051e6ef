"""One generator drives every filter: any length in constant memory, a fresh start at every cut."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol, TypeVar, runtime_checkable

from torch import Tensor

from steadymask.arrays import Flows, Picture, PictureFlow, PictureProbs
from steadymask.errors import InputError, require
from steadymask.filters.held import Exact, Held, held

Computed = TypeVar("Computed")

_LONG = 8  # frames of look-ahead; masks that wait for less are not packed

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
        masks: of frames by index; only frames of the scene, from `t − memory` to `t + delay` at most.
        pictures: their pictures by index, and those before them that the filter asks flows of.
        flows: gives `flow_ij` for two frames of the window; None for filters that ask for none.
        kept: what `once` has computed for the frames that are still there.
    """

    t: int
    masks: dict[int, Held]
    pictures: dict[int, Picture]
    flows: Flows | None
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)

    @property
    def indices(self) -> list[int]:
        """The frames that are there, in order."""
        return sorted(self.masks)

    def picture(self, index: int) -> Picture:
        """Frame `index`."""
        return self.pictures[index]

    def probs(self, index: int) -> PictureProbs:
        """The input probabilities of frame `index`, unpacked once while the frame stays in the window."""
        return self.once("probs", index, lambda: self.masks[index].probs)

    def flow(self, i: int, j: int) -> PictureFlow:
        """`flow_ij`: where each pixel of frame i lies in frame j."""
        if self.flows is None:
            raise InputError("flows: this filter needs flows, got None")
        return self.flows(i, j)

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Announce flows that will be asked for, so that they can be computed side by side."""
        if self.flows is not None:
            self.flows.prepare(pairs)

    def release(self, last: int) -> None:
        """Tell that flows between frames up to `last` will not be asked for again."""
        if self.flows is not None:
            self.flows.release(last)

    def once(self, name: str, index: int, compute: Callable[[], Computed]) -> Computed:
        """What `compute` gives for frame `index`, computed once while that frame stays in the window.

        It must be the same at every step that asks for it: made of frames that are all there the first time.
        """
        if (name, index) not in self.kept:
            self.kept[name, index] = compute()
        found: Computed = self.kept[name, index]
        return found

    def drop(self, name: str, before: int) -> None:
        """Let go of what `once` computed under `name` for the frames before `before`."""
        for key in [key for key in self.kept if key[0] == name and key[1] < before]:
            del self.kept[key]


@runtime_checkable
class Filter(Protocol):
    """A filter is its settings: a frozen dataclass with a pure `init` and a pure `step`."""

    @property
    def delay(self) -> int:
        """Frames of look-ahead."""
        ...

    @property
    def memory(self) -> int:
        """Frames of the past that the window keeps, with their masks."""
        ...

    @property
    def reach(self) -> int:
        """Frames of the past that a result depends on: those it takes to begin in the middle of a scene."""
        ...

    @property
    def flow_memory(self) -> int:
        """Frames of the past whose flows it still asks for, and whose pictures the window keeps therefore.

        Negative if it asks ahead of time.
        """
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
    filters: Sequence[Filter],
    items: Iterable[Item],
    *,
    flows: Flows | None = None,
    state: State | None = None,
    start: int | None = None,
) -> Iterator[tuple[Item, State]]:
    """Send a stream through filters, one after the other.

    A run that was stopped goes on at frame `start` with the same results: hand in the items from
    `start − look_back(filters)` on, and the state that came with frame `start − 1`. Only the last filter may
    then be recursive, because only its state is known.

    Args:
        filters: applied in order; each starts anew where a scene begins.
        items: the frames with their masks, in order, none left out.
        flows: where the filters' flows come from; it is fed and emptied here.
        state: state of the last filter after frame `start − 1`; unused if `start` begins a scene.
        start: the first frame to yield, the items before it are only looked back on; None: the first item.

    Yields:
        Each frame with its filtered probabilities, in order, and the state of the last filter after it.

    Raises:
        InputError: the items' indices do not count up by one.
    """
    cuts: deque[int] = deque()
    stream: Iterator[tuple[Item, State]] = ((item, ()) for item in _known(items, flows, cuts))
    for number, each in enumerate(filters):
        later = filters[number + 1 :]
        stream = _run_one(
            each,
            (item for item, _ in stream),
            flows=flows,
            state=None if later else state,
            start=None if start is None else start - look_back(later),
        )
    # No filter is behind the last one, so none asks for flows from before the longest memory of flows.
    memory = max((each.flow_memory for each in filters), default=0)
    for item, after in stream:
        if start is None or item.index >= start:
            yield item, after
        while cuts and cuts[0] <= item.index:
            cuts.popleft()
        if flows is not None:  # a filter that asks ahead of time has not begun with the next scene yet
            flows.forget(min([item.index + 1 - memory, *cuts]))


def look_back(filters: Sequence[Filter]) -> int:
    """How many frames before `start` the items must begin to go on as if the run had not been stopped."""
    return sum(each.reach for each in filters)


def _known(items: Iterable[Item], flows: Flows | None, cuts: deque[int]) -> Iterator[Item]:
    due = None
    for item in items:
        require(due is None or item.index == due, f"items: wanted frame {due} next, got frame {item.index}")
        due = item.index + 1
        if item.starts_scene:
            cuts.append(item.index)
        if flows is not None:
            flows.add(item.index, item.picture)
        yield item


def _run_one(
    each: Filter, items: Iterator[Item], *, flows: Flows | None, state: State | None, start: int | None
) -> Iterator[tuple[Item, State]]:
    for _, numbered in groupby(_by_scene(items), key=itemgetter(0)):
        scene: _Scene | None = None
        for _, item in numbered:
            start = item.index if start is None else start
            if scene is None:
                goes_on = item.index < start or (item.index == start and not item.starts_scene)
                scene = _Scene(each, flows, state if goes_on and state is not None else each.init())
            yield from scene.feed(item, wanted=item.index >= start)
        if scene is not None:
            yield from scene.rest()


def _by_scene(items: Iterator[Item]) -> Iterator[tuple[int, Item]]:
    scene = 0
    for item in items:
        scene += item.starts_scene
        yield scene, item


class _Scene:
    """A filter on its way through one scene: the frames it needs, those still to be filtered, its state."""

    def __init__(self, each: Filter, flows: Flows | None, state: State) -> None:
        self._filter = each
        self._flows = flows
        self._state = state
        self._masks: dict[int, Held] = {}
        self._pictures: dict[int, Picture] = {}
        self._kept: dict[tuple[str, int], Any] = {}
        self._waiting: deque[tuple[int, bool]] = deque()

    def feed(self, item: Item, *, wanted: bool) -> Iterator[tuple[Item, State]]:
        """Take the next frame; give the one that is due, if any."""
        self._masks[item.index] = held(item.probs) if self._filter.delay > _LONG else Exact(item.probs)
        self._pictures[item.index] = item.picture
        if wanted:
            self._waiting.append((item.index, item.starts_scene))
        else:
            self._forget(item.index + 1, memory=self._filter.reach)
        if len(self._waiting) > self._filter.delay:
            yield self._step()

    def rest(self) -> Iterator[tuple[Item, State]]:
        """Give the frames that still wait when the scene has ended."""
        while self._waiting:
            yield self._step()

    def _step(self) -> tuple[Item, State]:
        t, starts_scene = self._waiting.popleft()
        if self._flows is not None:
            self._flows.prepare(self._filter.pairs(t, list(self._masks)))
        window = Window(
            t=t,
            masks=dict(self._masks),
            pictures=dict(self._pictures),
            flows=self._flows,
            kept=self._kept,
        )
        self._state, probs = self._filter.step(self._state, window)
        filtered = Item(index=t, picture=self._pictures[t], probs=probs, starts_scene=starts_scene)
        self._forget(t + 1, memory=self._filter.memory)
        return filtered, self._state

    def _forget(self, now: int, *, memory: int) -> None:
        """Let go of what frame `now` and those after it will not look back on."""
        for index in [index for index in self._masks if index < now - memory]:
            del self._masks[index]
        for key in [key for key in self._kept if key[1] < now - memory]:
            del self._kept[key]
        oldest = now - max(memory, self._filter.flow_memory)
        for index in [index for index in self._pictures if index < oldest]:
            del self._pictures[index]
