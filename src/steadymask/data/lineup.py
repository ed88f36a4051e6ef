"""The frames of a data set's clip, and the masks of several people and networks, lined up frame by frame."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steadymask.arrays import Picture
from steadymask.data.clip import require_order
from steadymask.data.dataset import DatasetClip, Source
from steadymask.data.reading import Reading
from steadymask.errors import InputError, require
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.masks import Masks
from steadymask.io.video import Video, open_pictures, open_video

TRUTH = "truth"
"""The role of the truth: its own flicker is the floor of everybody's."""


@dataclass(frozen=True, kw_only=True)
class Lineup:
    """A clip whose masks are known to fit; `lined_up` makes it.

    Args:
        names: of the frames.
        video: the frames; None where there are only masks.
        masks: by role; "truth" may leave frames out.
        annotated: the frames that have a truth.
        fps: frames a second.
        gaps: frames are left out, so that nothing can be said of what happens from one to the next.
    """

    names: tuple[str, ...]
    video: Video | None
    masks: Mapping[str, Masks]
    annotated: tuple[int, ...]
    fps: float
    gaps: bool = False

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.names)

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) in pixels."""
        return next(iter(self.masks.values())).size

    @property
    def is_dense(self) -> bool:
        """Whether every frame of the clip is there and has a truth."""
        return len(self.annotated) == self.count and not self.gaps

    def frames(self, *, pictures: bool) -> Iterator[tuple[Picture | None, dict[str, MaskFrame]]]:
        """Read the clip, one frame at a time: the picture, if wanted, and the masks by role.

        Raises:
            InputError: a mask cannot be used.
            VideoError: something cannot be read.
        """
        annotated = frozenset(self.annotated)
        every = {role: _in_order(masks, self.names) for role, masks in self.masks.items() if role != TRUTH}
        truth = self._truth()
        shown = self._pictures() if pictures and self.video is not None else None
        for index in range(self.count):
            masks = {role: next(frames) for role, frames in every.items()}
            if index in annotated:
                masks[TRUTH] = next(truth)
            yield None if shown is None else next(shown), masks

    def _truth(self) -> Iterator[MaskFrame]:
        if TRUTH not in self.masks:
            return iter(())
        return _in_order(self.masks[TRUTH], [self.names[index] for index in self.annotated])

    def _pictures(self) -> Iterator[Picture]:
        if self.video is not None:
            yield from (frame.picture for frame in self.video.frames())


def lined_up(clip: DatasetClip, masks: Mapping[str, Source], reading: Reading, *, fps: float) -> Lineup:
    """Open a clip with all its masks.

    Masks are needed for every frame, or for those that have a truth: then these are the clip, and its video
    is left out.

    Args:
        clip: of a data set.
        masks: by role; none is called "truth".
        reading: how masks are read.
        fps: frames a second.

    Raises:
        InputError: masks cannot be used as they are, or do not fit.
        VideoError: something cannot be read.
    """
    video = None if clip.video is None else _video(clip.video, fps)
    opened = {role: masks_at(source, reading, clip=clip.name) for role, source in masks.items()}
    truth = None if clip.truth is None else masks_at(clip.truth, reading, clip=clip.name)
    leading = truth if video is None else video
    if leading is None:
        raise InputError(f"{clip.name}: wanted frames or a truth, got neither")
    names, size = leading.names, leading.size
    drawn = _annotated(clip, names, truth)
    gaps = any(each.count == len(drawn) and not _fits(each, names) for each in opened.values())
    if gaps:
        names, drawn = tuple(names[index] for index in drawn), tuple(range(len(drawn)))
    everything = opened if truth is None else {**opened, TRUTH: truth}
    for each in everything.values():
        wanted, got = (f"{h} x {w}" for h, w in (size, each.size))
        require(each.size == size, f"{each.path}: wanted height x width {wanted} as {clip.name}, got {got}")
    for each in opened.values():
        _require_all(clip, each, names)
    fps = video.fps if video is not None else fps
    shown = None if gaps else video
    return Lineup(names=names, video=shown, masks=everything, annotated=drawn, fps=fps, gaps=gaps)


def _video(source: Source, fps: float) -> Video:
    if isinstance(source, tuple):
        return open_pictures(source, fps=fps)
    return open_video(source, fps=fps if source.is_dir() else None)


def masks_at(source: Source, reading: Reading, *, clip: str) -> Masks:
    """Open masks, wherever they lie; with a palette, they hold labels whatever `read_as` says of others.

    Args:
        source: the place.
        reading: how they are read.
        clip: name of the clip that they are of.

    Raises:
        InputError: they cannot be used as they are.
        VideoError: they cannot be read.
    """
    if not isinstance(source, Path):
        return reading.files(source)
    return reading.masks(source, clip=clip) if reading.read_as is None else reading.beside(source, clip=clip)


def _annotated(clip: DatasetClip, names: Sequence[str], truth: Masks | None) -> tuple[int, ...]:
    """The frames that the truth is of."""
    if truth is None:
        return ()
    if clip.annotated is not None:
        return clip.annotated
    index_of = {name: index for index, name in enumerate(names)}
    if all(name in index_of for name in truth.names):
        return tuple(index_of[name] for name in truth.names)
    require(
        truth.count == len(names),
        f"{truth.path}: wanted masks named like frames, or one for each of {len(names)}, got {truth.count}",
    )
    require_order(names, truth)
    return tuple(range(len(names)))


def _require_all(clip: DatasetClip, masks: Masks, names: Sequence[str]) -> None:
    if set(names) <= set(masks.names):
        return
    if masks.count == len(names):
        require_order(names, masks)
        return
    missing = next(name for name in names if name not in masks.names)
    raise InputError(
        f"{masks.path}: wanted a mask for each of {len(names)} frames of {clip.name}, got {masks.count}; "
        f"the first frame without a mask is {missing}"
    )


def _fits(masks: Masks, names: Sequence[str]) -> bool:
    return set(names) <= set(masks.names) or masks.count == len(names)


def _in_order(masks: Masks, names: Sequence[str]) -> Iterator[MaskFrame]:
    """The masks of the frames of these names; by order where names differ."""
    if masks.count == len(names):
        return masks.frames()
    wanted = frozenset(names)
    own = masks.names
    return (frame for index, frame in enumerate(masks.frames()) if own[index] in wanted)
