"""The driver against the plain definition of a filter on whole scenes."""

import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.errors import InputError
from steadymask.filters.flows_ahead import flows_ahead
from steadymask.filters.held import held
from steadymask.filters.motion_live import MotionAverage
from steadymask.filters.run import Filter, Item, State, Window, look_back, run

quick = settings(deadline=None, derandomize=True, max_examples=80)


@dataclass(frozen=True, kw_only=True)
class Around:
    """Sum of the frames around t, the nearer the heavier; asks for every flow from t."""

    memory: int
    delay: int

    @property
    def reach(self) -> int:
        return self.memory

    @property
    def flow_memory(self) -> int:
        return self.memory

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        return [(t, j) for j in indices]

    def init(self) -> State:
        return ()

    def step(self, state: State, window: Window) -> tuple[State, torch.Tensor]:
        assert all(window.t - self.memory <= j <= window.t + self.delay for j in window.indices)
        if window.flows is not None:
            assert [float(window.flow(window.t, j)[0, 0, 0]) for j in window.indices] == [
                100 * window.t + j for j in window.indices
            ]
        return state, weighted_sum(window.t, {j: window.probs(j) for j in window.indices})


@dataclass(frozen=True, kw_only=True)
class Running:
    """Half of the previous result and the frames from t to t + delay; the flow to the previous frame."""

    delay: int = 0
    memory: int = 1

    @property
    def reach(self) -> int:
        return self.memory

    @property
    def flow_memory(self) -> int:
        return self.memory

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        return [(t, t - 1)] if t - 1 in indices else []

    def init(self) -> State:
        return ()

    def step(self, state: State, window: Window) -> tuple[State, torch.Tensor]:
        assert bool(state) == (window.t - 1 in window.masks)
        probs = weighted_sum(window.t, {j: window.probs(j) for j in window.indices if j >= window.t})
        if state:
            probs = probs + 0.5 * state[0]
        return (probs,), probs


@dataclass(frozen=True, kw_only=True)
class Ahead(Around):
    """Asks for every flow as soon as its frames are there, and remembers it."""

    @property
    def flow_memory(self) -> int:
        return 1 - self.delay

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        return [(t + self.delay - 1, t + self.delay)] if t + self.delay in indices else []

    def step(self, state: State, window: Window) -> tuple[State, torch.Tensor]:
        if window.flows is not None:
            for j in [j for j in window.indices if j - 1 >= window.t and j in window.masks]:
                window.once("flow", j, lambda j=j: window.flow(j - 1, j))
        return state, weighted_sum(window.t, {j: window.probs(j) for j in window.indices})


@dataclass(frozen=True, kw_only=True)
class FarBack(Around):
    """Looks back on frames, and farther back on pictures only."""

    far: int
    start: int = 0

    @property
    def reach(self) -> int:
        return self.far

    @property
    def flow_memory(self) -> int:
        return self.far

    def pairs(self, t: int, indices: Sequence[int]) -> list[tuple[int, int]]:
        return []

    def step(self, state: State, window: Window) -> tuple[State, torch.Tensor]:
        t = window.t
        begun = (
            t >= self.start + self.far
        )  # a run that goes on in the middle keeps all it looks back on at first
        assert not begun or min(window.masks) == max(0, t - self.memory)
        assert sorted(window.pictures) == [*range(max(0, t - self.far), max(window.masks) + 1)]
        return state, window.probs(t)


class Known:
    """Flows that tell their pair, and refuse a frame that is not known or was forgotten."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.most = 0

    def add(self, index: int, picture: torch.Tensor) -> None:
        self.known.add(index)
        self.most = max(self.most, len(self.known))

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> None:
        for i, j in pairs:
            self(i, j)

    def __call__(self, i: int, j: int) -> torch.Tensor:
        if not {i, j} <= self.known:
            raise KeyError((i, j))
        return torch.full((2, 1, 1), 100.0 * i + j)

    def release(self, last: int) -> None: ...

    def forget(self, before: int) -> None:
        self.known = {index for index in self.known if index >= before}


def weighted_sum(t: int, probs: dict[int, torch.Tensor]) -> torch.Tensor:
    return sum((value / (1 + 2 * abs(t - j) + (j > t)) for j, value in probs.items()), torch.zeros(2, 1, 1))


def clip(length: int, cuts: Iterable[int] = ()) -> list[Item]:
    values = torch.rand(length, generator=torch.Generator().manual_seed(length))
    return [
        Item(
            index=index,
            picture=torch.zeros(3, 1, 1, dtype=torch.uint8),
            probs=torch.stack((value, 1 - value)).reshape(2, 1, 1),
            starts_scene=index == 0 or index in cuts,
        )
        for index, value in enumerate(values)
    ]


def whole_scenes(each: Filter, items: list[Item]) -> list[Item]:
    """The filter by its definition, with the whole scene at hand."""
    starts = [item.index for item in items if item.starts_scene]
    done = []
    for first, end in zip(starts, [*starts[1:], len(items)], strict=True):
        state = each.init()
        for t in range(first, end):
            there = range(max(first, t - each.memory), min(end, t + each.delay + 1))
            state, probs = each.step(
                state,
                Window(
                    t=t,
                    masks={j: held(items[j].probs) for j in there},
                    pictures={j: items[j].picture for j in there},
                    flows=None,
                ),
            )
            done.append(
                Item(index=t, picture=items[t].picture, probs=probs, starts_scene=items[t].starts_scene)
            )
    return done


def values(items: Iterable[Item]) -> list[tuple[int, bool, list[float]]]:
    return [(item.index, item.starts_scene, item.probs.flatten().tolist()) for item in items]


finite = st.builds(Around, memory=st.integers(0, 3), delay=st.integers(0, 3))
recursive = st.builds(Running, delay=st.integers(0, 2))
ahead = st.builds(Ahead, memory=st.just(0), delay=st.integers(1, 3))
chains = st.tuples(st.lists(finite | ahead, max_size=3), st.none() | recursive).map(
    lambda parts: [*parts[0], *([parts[1]] if parts[1] else [])]
)
clips = st.integers(1, 14).flatmap(lambda n: st.builds(clip, st.just(n), st.sets(st.integers(0, n))))


@quick
@given(filters=chains, items=clips)
def test_streaming_equals_filtering_whole_scenes(filters: list[Filter], items: list[Item]) -> None:
    expected = items
    for each in filters:
        expected = whole_scenes(each, expected)
    assert values(item for item, _ in run(filters, items, flows=Known())) == values(expected)


@quick
@given(filters=chains, items=clips, data=st.data())
def test_a_resumed_run_goes_on_as_if_it_had_not_been_stopped(
    filters: list[Filter], items: list[Item], data: st.DataObject
) -> None:
    start = data.draw(st.integers(1, len(items)), label="start")
    whole = list(run(filters, items))
    begin = max(0, start - look_back(filters) - data.draw(st.integers(0, 2), label="more than needed"))
    resumed = run(filters, items[begin:], flows=Known(), state=whole[start - 1][1], start=start)
    assert values(item for item, _ in resumed) == values(item for item, _ in whole[start:])


@quick
@given(filters=st.lists(finite, max_size=3), items=clips, data=st.data())
def test_finite_filters_need_no_state_to_go_on(
    filters: list[Filter], items: list[Item], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(items) - 1))
    later = items[max(0, start - look_back(filters)) :]
    whole = values(item for item, _ in run(filters, items))
    assert [each for each in values(item for item, _ in run(filters, later)) if each[0] >= start] == whole[
        start:
    ]


@pytest.mark.parametrize("before", [[], [Ahead(memory=0, delay=2)]])
def test_flows_asked_for_ahead_of_time_are_there_after_a_cut(before: list[Filter]) -> None:
    items = clip(12, cuts=[4, 5, 9])
    assert len(list(run([*before, Ahead(memory=0, delay=3)], items, flows=Known()))) == 12


def test_a_state_counts_for_nothing_where_a_scene_begins() -> None:
    items = clip(6, cuts=[3])
    whole = list(run([Running()], items))
    resumed = run([Running()], items[3:], state=(torch.full((2, 1, 1), 99.0),))
    assert values(item for item, _ in resumed) == values(item for item, _ in whole[3:])


def test_the_state_yielded_is_the_one_after_that_frame() -> None:
    for item, (previous,) in run([Running(delay=2)], clip(5)):
        assert torch.equal(item.probs, previous)


def test_no_frames_give_no_frames() -> None:
    assert list(run([Around(memory=2, delay=2)], [])) == []


def test_without_filters_the_frames_come_back_as_they_are() -> None:
    items = clip(3)
    assert [item for item, _ in run([], items)] == items


def test_a_missing_frame_is_named() -> None:
    items = clip(4)
    with pytest.raises(InputError, match="wanted frame 2 next, got frame 3"):
        list(run([Around(memory=1, delay=1)], [*items[:2], items[3]]))


def test_a_filter_that_needs_flows_says_so_when_there_are_none() -> None:
    window = Window(t=0, masks={}, pictures={}, flows=None)
    with pytest.raises(InputError, match="flows"):
        window.flow(0, 1)


@pytest.mark.parametrize("cuts", [[], range(50, 1000, 50)])
def test_memory_does_not_grow_with_the_clip(cuts: Iterable[int]) -> None:
    filters = [Around(memory=2, delay=3), Around(memory=1, delay=1), Running(delay=1)]
    alive: set[int] = set()
    most = 0
    flows = Known()

    def source() -> Iterator[Item]:
        for item in clip(400, cuts):
            mine = Item(
                index=item.index,
                picture=item.picture.clone(),
                probs=item.probs,
                starts_scene=item.starts_scene,
            )
            alive.add(mine.index)
            weakref.finalize(mine.picture, alive.discard, mine.index)
            yield mine
            del mine

    for _ in run(filters, source(), flows=flows):
        most = max(most, max(alive) - min(alive) + 1)  # counts the first frame, were it kept to the end
    bound = sum(each.memory + each.delay for each in filters) + 3
    assert most <= bound
    assert flows.most <= bound


def test_frames_come_as_soon_as_the_look_ahead_allows() -> None:
    read: list[int] = []

    def source() -> Iterator[Item]:
        for item in clip(9):
            read.append(item.index)
            yield item

    for item, _ in run([Around(memory=0, delay=2), Running(delay=1)], source()):
        assert read[-1] == min(item.index + 3, 8)


def test_closing_the_run_closes_its_source() -> None:
    closed = []

    def source() -> Iterator[Item]:
        try:
            yield from clip(9)
        finally:
            closed.append(True)

    stream = run([Around(memory=1, delay=1), Around(memory=1, delay=1)], source())
    next(stream)
    assert not closed
    stream.close()
    assert closed


def test_once_computes_once_while_the_frame_is_in_the_window() -> None:
    computed: list[int] = []

    @dataclass(frozen=True, kw_only=True)
    class Remembering(Around):
        def step(self, state: State, window: Window) -> tuple[State, torch.Tensor]:
            def note(index: int) -> torch.Tensor:
                computed.append(index)
                return window.probs(index) * 2

            twice = [window.once("twice", index, lambda index=index: note(index)) for index in window.indices]
            assert {key for key in window.kept if key[0] == "twice"} == {
                ("twice", index) for index in window.indices
            }
            return state, torch.stack(twice).sum(0)

    list(run([Remembering(memory=2, delay=1)], clip(8, cuts=[5])))
    assert computed == list(range(8))


def test_what_was_computed_can_be_let_go_of_early() -> None:
    window = Window(t=0, masks={}, pictures={}, flows=None)
    for name, index in (("a", 0), ("a", 1), ("b", 0)):
        window.once(name, index, lambda: torch.zeros(1))
    window.drop("a", before=1)
    assert set(window.kept) == {("a", 1), ("b", 0)}


def four_items(*cuts: int) -> list[Item]:
    plane = torch.zeros(3, 2, 2, dtype=torch.uint8)
    return [
        Item(index=t, picture=plane, probs=torch.ones(1, 2, 2), starts_scene=t in (0, *cuts))
        for t in range(4)
    ]


class Told:
    """Flows that only note what they are told."""

    def __init__(self) -> None:
        self.log: list[object] = []

    def add(self, index: int, picture: torch.Tensor) -> None:
        self.log.append(index)

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> None:
        self.log += pairs

    def release(self, last: int) -> None: ...

    def forget(self, before: int) -> None: ...

    def __call__(self, i: int, j: int) -> torch.Tensor:
        raise KeyError((i, j))


def test_flows_of_the_next_frame_are_asked_for_ahead_but_none_across_a_cut() -> None:
    flows = Told()
    for item in flows_ahead(four_items(2), MotionAverage(), flows):
        flows.log.append(f"filter {item.index}")
    assert flows.log == [
        0, 1, (1, 0), (0, 1), "filter 0", "filter 1", 2, 3, (3, 2), (2, 3), "filter 2", "filter 3",
    ]  # fmt: skip


def test_items_pass_unchanged_when_flows_are_asked_for_ahead() -> None:
    for items in ([], four_items()[:1], four_items(1)):
        assert list(flows_ahead(items, MotionAverage(), Told())) == items


@pytest.mark.parametrize("start", [0, 5, 9])
def test_pictures_are_kept_as_far_back_as_flows_are_asked_for_and_masks_are_not(start: int) -> None:
    each = FarBack(memory=1, delay=2, far=4, start=start)
    items = clip(12)[max(0, start - look_back([each])) :]
    for index, (item, _) in enumerate(run([each], items, state=(), start=start), start=start):
        assert item.index == index
