"""Dense Lucas-Kanade from coarse to fine: a flow for whole batches on any device, with gradients."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from steadymask.arrays import Flow, Picture, PictureFlow, Visible
from steadymask.errors import require
from steadymask.warp import inside, warp

_SMALLEST = 12  # the coarsest pictures' shorter side is at least this long, so that a window has content
_LONGEST_STEP = 2.0  # pixels of one level: further away a slope says nothing of a picture
_SAME_PLACE = 0.1  # pixels: a point whose last step was shorter has come to rest

FrameBatch = Float[Tensor, "b c h w"]


@dataclass(frozen=True, kw_only=True)
class LucasKanade:
    """The flow that explains, in a window around each pixel, how colors changed along their slopes.

    It is an estimator for pictures; `lucas_kanade` and `track` take it as settings for batches.

    Args:
        levels: pictures of the pyramid, each half as large as the one before; fewer where the coarsest would
            have less than 12 pixels a side.
        window: standard deviation of the Gaussian window, in pixels of each level.
        iterations: steps at each level.
        regularization: squared slope (colors in [0, 1], a pixel) that pulls as strongly to the flow around a
            pixel as its own slopes pull; larger is smoother.
        contrast: change of color above which a pixel counts less, as hidden things do; colors in [0, 1].

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, "Finding
        Corresponding Pixels"; Lucas, Kanade, An iterative image registration technique (1981).
    """

    levels: int = 6
    window: float = 3.0
    iterations: int = 5
    regularization: float = 3e-4
    contrast: float = 0.05

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("levels", "iterations"):
            value = getattr(self, name)
            require(value >= 1, f"{name}: wanted 1 or more, got {value}")
        for name in ("window", "regularization", "contrast"):
            value = getattr(self, name)
            require(0 < value < float("inf"), f"{name}: wanted a number above 0, got {value}")

    def __call__(self, picture_i: Picture, picture_j: Picture) -> PictureFlow:
        """Return `flow_ij`, (dx, dy) in pixels, on picture i's grid and device."""
        _require_one_size(picture_i, picture_j)
        batches = (picture[None].float() / 255 for picture in (picture_i, picture_j))
        return lucas_kanade(*batches, settings=self)[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackedFlow:
    """A flow, and where it found something.

    Args:
        flow_ij: where each pixel of frame i lies in frame j, in pixels.
        tracked_ij: on frame i's grid, the pixels whose point came to rest inside frame j.
    """

    flow_ij: Flow
    tracked_ij: Visible


def lucas_kanade(frames_i: FrameBatch, frames_j: FrameBatch, *, settings: LucasKanade | None = None) -> Flow:
    """Estimate `flow_ij`: where each pixel of frame i lies in frame j. Differentiable in both frames.

    Args:
        frames_i: any channels, in [0, 1]; RGB, usually.
        frames_j: the same.
        settings: None: the defaults.

    Raises:
        InputError: the frames have two shapes.
    """
    return _estimate(frames_i, frames_j, settings or LucasKanade())[0]


def track(frames_i: FrameBatch, frames_j: FrameBatch, *, settings: LucasKanade | None = None) -> TrackedFlow:
    """The flow with the points that were tracked: inside frame j, finite, and hardly moved by the last step.

    Those that `visibility` finds too, given the flow back, are the ones that pass the check there and back.

    Args:
        frames_i: any channels, in [0, 1].
        frames_j: the same.
        settings: None: the defaults.

    Raises:
        InputError: the frames have two shapes.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation: the sets {O}, {Õ}.
    """
    flow_ij, step = _estimate(frames_i, frames_j, settings or LucasKanade())
    rests = step.square().sum(1) < _SAME_PLACE**2
    tracked = rests & flow_ij.isfinite().all(1) & inside(flow_ij)
    return TrackedFlow(flow_ij=flow_ij, tracked_ij=tracked)


def _estimate(frames_i: FrameBatch, frames_j: FrameBatch, settings: LucasKanade) -> tuple[Flow, Flow]:
    """The flow, and its last step."""
    _require_one_size(frames_i, frames_j)
    levels = list(zip(*(_pyramid(each, settings.levels) for each in (frames_i, frames_j)), strict=True))
    flow = frames_i.new_zeros(len(frames_i), 2, *levels[-1][0].shape[-2:])
    step = flow
    for i, j in reversed(levels):
        flow = _enlarged(flow, i)
        for _ in range(settings.iterations):
            before, flow = flow, _next_flow(i, j, flow, settings)
            step = flow - before
    return flow, step


def _next_flow(i: FrameBatch, j: FrameBatch, flow: Flow, settings: LucasKanade) -> Flow:
    """One Gauss-Newton step: least squares over a window, in which every pixel starts from its own flow."""
    brought = warp(j, flow)
    across, down = _slopes((i + brought) / 2)
    change = brought - i
    weight = inside(flow)[:, None] / (change.square().mean(1, keepdim=True) / settings.contrast**2 + 1).sqrt()
    u, v = flow[:, :1], flow[:, 1:]
    wanted = across * u + down * v - change  # along the slope, the flow that would undo the change
    products = (across * across, across * down, down * down, across * wanted, down * wanted)
    sums = [weight * each.sum(1, keepdim=True) for each in products]
    xx, xy, yy, x, y, u_near, v_near = _windowed(torch.cat([*sums, u, v], 1), settings.window).tensor_split(
        7, 1
    )
    pull = settings.regularization
    xx, yy, x, y = xx + pull, yy + pull, x + pull * u_near, y + pull * v_near
    determinant = xx * yy - xy * xy  # above 0: at least the square of the pull
    found = torch.cat([yy * x - xy * y, xx * y - xy * x], 1) / determinant
    return flow + (found - flow).clamp(-_LONGEST_STEP, _LONGEST_STEP)


def _pyramid(frames: FrameBatch, levels: int) -> list[Float[Tensor, "b c _ _"]]:
    """The frames, finest first."""
    found = [frames]
    while len(found) < levels and min(found[-1].shape[-2:]) >= 2 * _SMALLEST:
        size = [(n + 1) // 2 for n in found[-1].shape[-2:]]
        found.append(interpolate(_windowed(found[-1], 1.0), size=size, mode="bilinear", align_corners=True))
    return found


def _enlarged(flow: Float[Tensor, "b 2 rows columns"], like: FrameBatch) -> Flow:
    """The flow on the grid of `like`, in its pixels."""
    if flow.shape[-2:] == like.shape[-2:]:
        return flow
    (h, w), (rows, columns) = like.shape[-2:], flow.shape[-2:]
    factors = flow.new_tensor([(w - 1) / (columns - 1), (h - 1) / (rows - 1)]).view(1, 2, 1, 1)
    return interpolate(flow, size=(h, w), mode="bilinear", align_corners=True) * factors


def _slopes(frames: FrameBatch) -> tuple[FrameBatch, FrameBatch]:
    """Change of color a pixel, to the right and down, of fourth order."""
    kernel = frames.new_tensor([1, -8, 0, 8, -1]) / 12
    return _filtered(frames, kernel, axis=3), _filtered(frames, kernel, axis=2)


def _windowed(x: FrameBatch, deviation: float) -> FrameBatch:
    """Gaussian means."""
    reach = max(round(2.5 * deviation), 1)
    places = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-(places**2) / (2 * deviation**2))
    kernel = kernel / kernel.sum()
    return _filtered(_filtered(x, kernel, axis=3), kernel, axis=2)


def _filtered(x: FrameBatch, kernel: Float[Tensor, "taps"], *, axis: int) -> FrameBatch:
    """Correlate along rows (axis 3) or columns (axis 2); the border pixel goes on outside."""
    reach = len(kernel) // 2
    sides, shape = ((reach, reach, 0, 0), (1, -1)) if axis == 3 else ((0, 0, reach, reach), (-1, 1))
    # With channels last, a filter of each channel by itself takes a tenth of the time on a processor.
    padded = pad(x, sides, mode="replicate").contiguous(memory_format=torch.channels_last)
    channels = x.shape[1]
    return conv2d(padded, kernel.view(1, 1, *shape).repeat(channels, 1, 1, 1), groups=channels)


def _require_one_size(i: Tensor, j: Tensor) -> None:
    require(i.shape == j.shape, f"frames: wanted one shape, got {tuple(i.shape)} and {tuple(j.shape)}")
