"""Streams of the synthetic world with its own exact flow, for the tests of the motion filters."""

from collections.abc import Iterable, Sequence
from functools import cache

import torch

from steadymask.filters.run import Filter, Item, run
from world import Disk, World

WORLD = World(
    size=(48, 72),
    ground=(1, 0),
    disks=(
        Disk(center=(18, 24), radius=11, velocity=(2, 0)),
        Disk(center=(56, 26), radius=9, velocity=(-1, 0)),
    ),
)
"""Two disks on a moving ground; the first slides over towards the second and is hidden by it in the end."""


_flow, _picture = cache(World.flow), cache(World.picture)


class Exact:
    """The true flows of a world, told when they are asked for."""

    def __init__(self, world: World = WORLD, *, mirror: bool = False, last: int | None = None) -> None:
        self._world, self._mirror, self._last = world, mirror, last

    def add(self, index: int, picture: torch.Tensor) -> None: ...

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> None: ...

    def release(self, last: int) -> None: ...

    def forget(self, before: int) -> None: ...

    def __call__(self, i: int, j: int) -> torch.Tensor:
        if self._last is not None:  # time runs backwards
            i, j = self._last - i, self._last - j
        flow = _flow(self._world, i, j)
        return flow.flip(-1) * torch.tensor([-1.0, 1.0])[:, None, None] if self._mirror else flow


class Still:
    """No motion at all."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size

    def add(self, index: int, picture: torch.Tensor) -> None: ...

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> None: ...

    def release(self, last: int) -> None: ...

    def forget(self, before: int) -> None: ...

    def __call__(self, i: int, j: int) -> torch.Tensor:
        return torch.zeros(2, *self._size)


def one_hot(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """Certainties `… k h w` of labels `… h w`."""
    return torch.nn.functional.one_hot(labels.long(), classes).movedim(-1, -3).float()


def world_labels(frames: int, world: World = WORLD) -> torch.Tensor:
    """`t h w`."""
    return torch.stack([world.labels(t) for t in range(frames)])


def world_items(labels: torch.Tensor, world: World = WORLD, cuts: Iterable[int] = ()) -> list[Item]:
    """The world's pictures with the given labels `t h w`."""
    return [
        Item(
            index=t,
            picture=_picture(world, t),
            probs=one_hot(each, world.classes),
            starts_scene=t == 0 or t in set(cuts),
        )
        for t, each in enumerate(labels)
    ]


def result(each: Filter, items: Sequence[Item], flows: object, **settings: object) -> torch.Tensor:
    """The filter's probabilities, `t k h w`."""
    return torch.stack([item.probs for item, _ in run([each], items, flows=flows, **settings)])
