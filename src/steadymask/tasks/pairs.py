"""The pairs of near frames of a stream, each with its flows, estimated while the pair before is looked at."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import Flows, Picture, PictureFlow, PictureLabels, PictureProbs
from steadymask.metrics.stability_rate import near_edge
from steadymask.warp import visibility

REACH = 3
"""K: pairs lie at most this many frames apart."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One frame with the masks it has.

    Args:
        index: position in the clip.
        seconds: when it is shown.
        picture: the frame.
        starts_scene: whether no pair may reach back from here.
        labels: classes by role: "masks", "compare", "truth".
        probs: by role, where masks are soft.
    """

    index: int
    seconds: float
    picture: Picture
    starts_scene: bool
    labels: Mapping[str, PictureLabels]
    probs: Mapping[str, PictureProbs] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two frames of one scene, i before j, and how one moves into the other."""

    i: Seen
    j: Seen
    flow_ij: PictureFlow
    flow_ji: PictureFlow
    visible_ij: Bool[Tensor, "h w"]
    visible_ji: Bool[Tensor, "h w"]


def with_pairs(
    frames: Iterable[Seen], flows: Flows, *, reach: int = REACH
) -> Iterator[tuple[Seen, tuple[Pair, ...]]]:
    """Yield each frame with the pairs it makes with those before it in its scene, the nearest first.

    The flows of the next frame are already announced then, so that they are estimated meanwhile.
    """
    scene: list[Seen] = []
    waiting: tuple[Seen, list[Seen]] | None = None
    for frame in frames:
        scene = [] if frame.starts_scene else scene[-reach:]
        flows.add(frame.index, frame.picture)
        flows.prepare(pair for each in scene for pair in _both(each.index, frame.index))
        if waiting is not None:
            yield waiting[0], _pairs(*waiting, flows)
            flows.forget(frame.index - reach)
        waiting = frame, list(reversed(scene))
        scene = [*scene, frame]
    if waiting is not None:
        yield waiting[0], _pairs(*waiting, flows)


def edges_of(pair: Pair) -> Bool[Tensor, "h w"] | None:
    """The band around the truth's edge in frame j, of consecutive frames; None without a truth."""
    truth = pair.j.labels.get("truth")
    return None if truth is None or pair.j.index - pair.i.index != 1 else near_edge(truth)


def _both(i: int, j: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (i, j), (j, i)


def _pairs(j: Seen, before: list[Seen], flows: Flows) -> tuple[Pair, ...]:
    pairs = tuple(_pair(i, j, flows(i.index, j.index), flows(j.index, i.index)) for i in before)
    flows.release(j.index)  # no later pair needs them, and each is as large as three frames
    return pairs


def _pair(i: Seen, j: Seen, flow_ij: PictureFlow, flow_ji: PictureFlow) -> Pair:
    return Pair(
        i=i,
        j=j,
        flow_ij=flow_ij,
        flow_ji=flow_ji,
        visible_ij=visibility(flow_ij[None], flow_ji[None])[0],
        visible_ji=visibility(flow_ji[None], flow_ij[None])[0],
    )
