"""Pairs of frames made of stills by random homographies, whose flow and visibility are known exactly."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from steadymask.arrays import Flow, Visible
from steadymask.errors import require
from steadymask.warp import inside, warp, warp_labels

_HORIZON = 1e-3  # of the depth at the picture's middle; what lies closer to the horizon is far outside
_MOST_JITTER = 0.24  # from a quarter of a side on, four corners may be no convex quadrilateral

Homographies = Float[Tensor, "b 3 3"]
"""Carry homogeneous points (x, y, 1) in pixels of frame i to frame j's; double precision."""


@dataclass(frozen=True, kw_only=True)
class HomographyDraw:
    """How far stills are moved, at most; each is drawn evenly from both directions.

    Args:
        translation: of the whole, along each axis, as a share of the shorter side.
        rotation: about the middle, in degrees.
        scaling: how much larger (or, by the same factor, smaller) the picture becomes, 0.1 for a tenth.
        corners: of each corner by itself, as a share of the sides: shear and perspective.
    """

    translation: float = 0.05
    rotation: float = 5.0
    scaling: float = 0.1
    corners: float = 0.03

    def __post_init__(self) -> None:
        """Check the settings."""
        for name, most in (("translation", 1.0), ("rotation", 180.0), ("corners", _MOST_JITTER)):
            value = getattr(self, name)
            require(0 <= value <= most, f"{name}: wanted a number in [0, {most:g}], got {value}")
        good = math.isfinite(self.scaling) and self.scaling >= 0
        require(good, f"scaling: wanted a number of at least 0, got {self.scaling}")


@dataclass(frozen=True, kw_only=True, eq=False)
class HomographyPair:
    """Frame i, the still, is the caller's; frame j is made of it. Everything lies on one plane.

    Args:
        frames_j: frame j; beyond the still it is the still's border, which nothing is seen in.
        labels_j: its labels by the nearest pixel; −1 (void) beyond the still.
        flow_ij: where each pixel of frame i lies in frame j, in pixels.
        flow_ji: the way back, on frame j's grid.
        visible_ij: on frame i's grid, the pixels also seen in frame j.
        visible_ji: on frame j's grid, the pixels also seen in frame i.
    """

    frames_j: Float[Tensor, "b c h w"]
    labels_j: Int[Tensor, "b h w"]
    flow_ij: Flow
    flow_ji: Flow
    visible_ij: Visible
    visible_ji: Visible


def moved_stills(
    frames_i: Float[Tensor, "b c h w"],
    labels_i: Int[Tensor, "b h w"],
    *,
    generator: torch.Generator,
    settings: HomographyDraw | None = None,
) -> HomographyPair:
    """Move each still of a batch by a homography of its own; so stills train what else takes video.

    Args:
        frames_i: the stills, in [0, 1].
        labels_i: their labels; −1 is void.
        generator: where numbers come from, on the processor; the same state gives the same pairs.
        settings: how far they are moved; None: the defaults.
    """
    height, width = labels_i.shape[-2:]
    drawn = draw_homographies(
        len(labels_i), size=(height, width), generator=generator, settings=settings or HomographyDraw()
    )
    return moved_by(frames_i, labels_i, drawn)


def moved_by(
    frames_i: Float[Tensor, "b c h w"], labels_i: Int[Tensor, "b h w"], homographies: Homographies
) -> HomographyPair:
    """Move each still by a given homography.

    Args:
        frames_i: the stills, in [0, 1].
        labels_i: their labels; −1 is void.
        homographies: where points of frame i lie in frame j; the picture's middle lies before the camera.
    """
    height, width = labels_i.shape[-2:]
    there = homographies.to(frames_i.device)
    flow_ij, flow_ji = (_flow(each, (height, width)) for each in (there, torch.linalg.inv(there)))
    visible_ij, visible_ji = inside(flow_ij), inside(flow_ji)
    labels_j = warp_labels(labels_i, flow_ji)
    return HomographyPair(
        frames_j=warp(frames_i, flow_ji),
        labels_j=torch.where(visible_ji, labels_j, -1),
        flow_ij=flow_ij.to(frames_i.dtype),
        flow_ji=flow_ji.to(frames_i.dtype),
        visible_ij=visible_ij,
        visible_ji=visible_ji,
    )


def draw_homographies(
    count: int, *, size: tuple[int, int], generator: torch.Generator, settings: HomographyDraw
) -> Homographies:
    """Draw homographies: each corner is jittered, then all are turned and scaled, and pushed.

    Args:
        count: how many.
        size: (h, w) of the pictures; both at least 2.
        generator: where numbers come from, on the processor.
        settings: how far.

    Raises:
        InputError: the pictures are too small to have four corners.
    """
    height, width = size
    require(min(size) >= 2, f"size: wanted at least 2 by 2 pixels, got {height} by {width}")

    def drawn(*shape: int) -> Tensor:
        return 2 * torch.rand(count, *shape, generator=generator, dtype=torch.float64) - 1

    far = torch.tensor([width - 1, height - 1], dtype=torch.float64)
    corners = far * torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
    angle = math.radians(settings.rotation) * drawn()
    scale = (1 + settings.scaling) ** drawn()
    cos, sin = scale * angle.cos(), scale * angle.sin()
    turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    push = settings.translation * min(size) * drawn(1, 2)
    # Jittered before the rest, so that the quadrilateral is convex however small it becomes.
    jittered = corners + settings.corners * far * drawn(4, 2)
    moved = (jittered - far / 2) @ turn.mT + far / 2 + push
    return homographies_of(corners.expand(count, 4, 2), moved)


def homographies_of(points_i: Float[Tensor, "b 4 2"], points_j: Float[Tensor, "b 4 2"]) -> Homographies:
    """The homographies that carry four points (x, y) to four others; no three may lie on a line.

    Each pair gives two equations, linear in the eight numbers besides the last, which is 1.
    """
    x, y = points_i.double().unbind(-1)
    u, v = points_j.double().unbind(-1)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    left = torch.cat(
        [
            torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1),
            torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1),
        ],
        1,
    )
    numbers = torch.linalg.solve(left, torch.cat([u, v], 1))
    return torch.cat([numbers, numbers.new_ones(len(x), 1)], 1).view(-1, 3, 3)


def _flow(homographies: Homographies, size: tuple[int, int]) -> Float[Tensor, "b 2 h w"]:
    """The flow of the homographies, in double precision."""
    height, width = size
    rows = torch.arange(height, dtype=torch.float64, device=homographies.device)[:, None].expand(size)
    columns = torch.arange(width, dtype=torch.float64, device=homographies.device).expand(size)
    places = torch.stack([columns, rows, torch.ones_like(rows)]).flatten(1)
    x, y, depth = (homographies @ places).unbind(1)
    middle = places.new_tensor([(width - 1) / 2, (height - 1) / 2, 1.0])
    at_middle = (homographies[:, 2] @ middle)[:, None]
    share = depth / at_middle
    there = torch.stack([x, y], 1) / (share.clamp(min=_HORIZON) * at_middle)[:, None]
    # Points on or behind the horizon have no place in the other frame; these go far beyond its border.
    there = torch.where((share < _HORIZON)[:, None], -1e3 * max(size), there)
    return (there - places[:2]).view(-1, 2, height, width)
