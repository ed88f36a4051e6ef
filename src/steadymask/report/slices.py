"""Space-time slices: one line of pixels through time, as it stands in the frames and aligned to the motion.

In a raw slice everything that moves is slanted, so that a jittering mask edge hides in the motion. In an
aligned slice each point of the line is followed along the flow: what belongs to the scene lies still, and
every jump of the mask's edge is flicker.

Source: Azulay et al., Temporally stable video segmentation without video annotations, figure 5.
Deviates: points are followed forward from the first frame of an excerpt (there: aligned to the clip's middle
frame), so that a stream of any length needs neither its past pictures nor its past flows. A point that is
hidden twice in a row is lost and stays lost; a single miss may be the flow's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int, Int16, Shaped, UInt8
from torch import Tensor

from steadymask.arrays import Picture, PictureFlow, PictureLabels
from steadymask.errors import require
from steadymask.report.slice_columns import Columns, Lines

Kind = Literal["raw", "aligned", "whole"]
Roles = tuple[str, ...]
Points = Float[Tensor, "r n 2"]
"""Points (x, y) in pixels, `n` on each of `r` lines."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A line of pixels through time.

    Args:
        kind: "raw", as it stands in the frames; "aligned", along the motion; "whole", raw, all of the clip.
        row: the picture row it stands on (aligned: stood on in its first frame).
        frames: index of the frame of each column.
        picture: the line's pixels.
        labels: their labels by role; −1 is void.
        occluded: points that are hidden, have left the picture or were lost; only in an aligned slice.
    """

    kind: Kind
    row: int
    frames: Sequence[int]
    picture: UInt8[Tensor, "3 n t"]
    labels: Mapping[str, Int16[Tensor, "n t"]]
    occluded: Bool[Tensor, "n t"]


@dataclass(frozen=True, kw_only=True)
class SlicesSettings:
    """What a collector keeps.

    Args:
        lines: candidate rows, evenly spaced; one is shown.
        points: on a line, at most; wider pictures are sampled.
        excerpt: frames of the aligned slice, at most.
        whole: columns of the slice through the whole clip, at most; longer clips are sampled evenly.
    """

    lines: int = 12
    points: int = 960
    excerpt: int = 61
    whole: int = 320

    def __post_init__(self) -> None:
        """Check the settings."""
        for name, least in (("lines", 1), ("points", 1), ("excerpt", 2), ("whole", 2)):
            require(
                getattr(self, name) >= least, f"{name}: wanted at least {least}, got {getattr(self, name)}"
            )


class SlicesCollector:
    """Collects slices from a stream: about 80 MB at most, however long the clip.

    Args:
        roles: whose labels to keep; the first, the masks being scored, chooses the line and the excerpt.
        settings: how much to keep.
    """

    def __init__(
        self, roles: Roles = ("masks", "compare", "truth"), settings: SlicesSettings | None = None
    ) -> None:
        self._roles = roles
        self._settings = settings or SlicesSettings()
        self._points: Points | None = None
        self._index = -1
        self._whole: Columns | None = None
        self._stride = 1
        self._open: list[_Excerpt] = []
        self._best: _Excerpt | None = None

    def add(
        self,
        picture: Picture,
        labels: Mapping[str, PictureLabels],
        *,
        flow_ij: PictureFlow | None = None,
        visible_ij: Bool[Tensor, "h w"] | None = None,
    ) -> None:
        """Look at the next frame.

        Args:
            picture: the frame, j.
            labels: its label maps by role; a role may be missing.
            flow_ij: where each pixel of the previous frame i lies in this one, in pixels; None: new scene.
            visible_ij: on frame i's grid, the pixels that are also seen here; None: all.
        """
        self._index += 1
        maps = [labels.get(role) for role in self._roles]
        if self._points is None:
            self._points = _candidates(picture, self._settings)
        raw = _sampled(picture, maps, self._points)
        self._keep_whole(raw)
        if flow_ij is None:
            self._close(self._open)
        self._close([each for each in self._open if len(each.raw) == self._settings.excerpt])
        if not self._open or len(self._open[-1].raw) == self._settings.excerpt // 2:
            self._open.append(_Excerpt(self._index, self._points, raw, self._settings.excerpt))
        for each in self._open:
            each.add(raw, picture, maps, flow_ij, visible_ij)

    def slices(self) -> tuple[Slice, ...]:
        """The worst excerpt raw and aligned, then the whole clip if it is longer; none without frames."""
        best = max([*([self._best] if self._best else []), *self._open], key=_flicker, default=None)
        if best is None or self._points is None or self._whole is None:
            return ()
        line = best.line()
        row = int(self._points[line, 0, 1])
        frames = range(best.first, best.first + len(best.raw))
        shown = [
            self._slice(best.raw.line(line), kind="raw", row=row, frames=frames),
            self._slice(best.aligned.line(line), kind="aligned", row=row, frames=frames),
        ]
        if len(frames) <= self._index:
            frames = range(0, len(self._whole) * self._stride, self._stride)
            shown.append(self._slice(self._whole.line(line), kind="whole", row=row, frames=frames))
        return tuple(shown)

    def _keep_whole(self, lines: Lines) -> None:
        if self._whole is None:
            self._whole = Columns(self._settings.whole, lines)
        if self._index % self._stride:
            return
        if len(self._whole) == self._settings.whole:
            self._stride *= 2
            self._whole.thin_out()
        if self._index % self._stride == 0:
            self._whole.append(lines)

    def _close(self, excerpts: Sequence["_Excerpt"]) -> None:
        self._open = [each for each in self._open if each not in excerpts]
        self._best = max([*([self._best] if self._best else []), *excerpts], key=_flicker, default=None)

    def _slice(self, lines: Lines, *, kind: Kind, row: int, frames: Sequence[int]) -> Slice:
        labels = zip(self._roles, lines.labels, strict=True)
        return Slice(
            kind=kind,
            row=row,
            frames=frames,
            picture=lines.picture,
            labels={role: each for role, each in labels if (each >= 0).any()},
            occluded=lines.occluded,
        )


class _Excerpt:
    """The candidate lines of an excerpt, raw and aligned, and how much the masks flicker along each."""

    def __init__(self, first: int, points: Points, like: Lines, most: int) -> None:
        self.first = first
        self.raw, self.aligned = Columns(most, like), Columns(most, like)
        self.flicker = torch.zeros(len(points), dtype=torch.long)
        self.crossed = torch.zeros(len(points), dtype=torch.long)
        self._points = points
        self._seen = torch.ones(points.shape[:2], dtype=torch.bool)
        self._lost = ~self._seen

    def add(
        self,
        raw: Lines,
        picture: Picture,
        maps: Sequence[PictureLabels | None],
        flow_ij: PictureFlow | None,
        visible_ij: Bool[Tensor, "h w"] | None,
    ) -> None:
        if len(self.raw) and flow_ij is not None:
            seen_before = self._seen
            self._points, self._seen = _followed(self._points, flow_ij, visible_ij)
            self._lost = self._lost | ~(seen_before | self._seen)
        lines = _sampled(picture, maps, self._points, self._lost | ~self._seen)
        if len(self.aligned):
            self.flicker += _changes(self.aligned.last(), lines, self._seen)
        self.crossed += (raw.labels[..., 1:] != raw.labels[..., :-1]).any(-1).sum(0)
        self.raw.append(raw)
        self.aligned.append(lines)

    def line(self) -> int:
        """The line whose masks flicker most, weighted by how often anybody's objects lie on it.

        Flicker far from every object says less. Where nothing flickers it is the line that objects cross most
        often; without objects the middle one.
        """
        if not self.crossed.any():
            return len(self.crossed) // 2
        weight = self.flicker if self.flicker.any() else 1
        return int((weight * self.crossed).argmax())


def _flicker(excerpt: _Excerpt) -> int:
    return int((excerpt.flicker * excerpt.crossed).max())


def _changes(before: Lines, after: Lines, seen: Bool[Tensor, "r n"]) -> Int[Tensor, " r"]:
    known = (before.labels[0] >= 0) & (after.labels[0] >= 0) & seen
    return ((before.labels[0] != after.labels[0]) & known).sum(1)


def _candidates(picture: Picture, settings: SlicesSettings) -> Points:
    height, width = picture.shape[1:]
    lines = min(settings.lines, height)
    rows = ((torch.arange(lines) + 0.5) * height / lines).floor()
    columns = torch.arange(0, width, -(-width // settings.points))
    y, x = torch.meshgrid(rows, columns.float(), indexing="ij")
    return torch.stack((x, y), dim=-1)


def _followed(
    points: Points, flow_ij: PictureFlow, visible_ij: Bool[Tensor, "h w"] | None
) -> tuple[Points, Bool[Tensor, "r n"]]:
    """Where frame i's points lie in frame j, and whether they are seen there."""
    height, width = flow_ij.shape[1:]
    moved = points + _bilinear(flow_ij, points).permute(1, 2, 0)
    x, y = moved.unbind(-1)
    seen = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    if visible_ij is not None:
        seen &= _nearest(visible_ij, points)
    return moved, seen


def _sampled(
    picture: Picture,
    maps: Sequence[PictureLabels | None],
    points: Points,
    occluded: Bool[Tensor, "r n"] | None = None,
) -> Lines:
    void = torch.full(points.shape[:2], -1, dtype=torch.int16)
    return Lines(
        picture=_bilinear(picture, points).round().to(torch.uint8),
        labels=torch.stack([void if each is None else _short(_nearest(each, points)) for each in maps]),
        occluded=torch.zeros(points.shape[:2], dtype=torch.bool) if occluded is None else occluded,
    )


def _short(labels: Int[Tensor, "r n"]) -> Int16[Tensor, "r n"]:
    """Ids above 32767 go round: a slice only shows where labels differ."""
    return torch.where(labels > 0, (labels.long() - 1) % 32767 + 1, labels.long()).to(torch.int16)


def _bilinear(x: Shaped[Tensor, "c h w"], points: Points) -> Float[Tensor, "c r n"]:
    """Like `warp`, but only at the points: a few lines cost far less than the picture."""
    height, width = x.shape[1:]
    columns = points[..., 0].clamp(0, width - 1)
    rows = points[..., 1].clamp(0, height - 1)
    left, top = columns.long(), rows.long()
    right, bottom = (left + 1).clamp_max(width - 1), (top + 1).clamp_max(height - 1)
    across, down = columns - left, rows - top
    upper = x[:, top, left] * (1 - across) + x[:, top, right] * across
    lower = x[:, bottom, left] * (1 - across) + x[:, bottom, right] * across
    return upper * (1 - down) + lower * down


def _nearest(x: Shaped[Tensor, "h w"], points: Points) -> Shaped[Tensor, "r n"]:
    height, width = x.shape
    columns = points[..., 0].round().clamp(0, width - 1).long()
    rows = points[..., 1].round().clamp(0, height - 1).long()
    return x[rows, columns]
