"""Video consistency (VC): how much of what stands still in the truth does so, and right, in the labels."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.errors import require

Recipe = Literal["strict", "vspw"]


@dataclass(frozen=True, kw_only=True)
class VideoConsistencySums:
    """The values of windows, summed; those of several clips add.

    Args:
        total: sum over the windows of the share of pixels.
        windows: how many windows had a pixel that stands still.
    """

    total: float
    windows: int

    def __add__(self, other: "VideoConsistencySums") -> "VideoConsistencySums":
        return VideoConsistencySums(total=self.total + other.total, windows=self.windows + other.windows)


def video_consistency(sums: VideoConsistencySums) -> float:
    """The mean over windows; in [0, 1], higher is better; NaN without a window.

    Args:
        sums: of all windows.

    Source: Miao et al., VSPW: a large-scale dataset for video scene parsing in the wild (2021), eq. 1.
    """
    return sums.total / sums.windows if sums.windows else math.nan


class VideoConsistencyStream:
    """The windows of one clip, fed frame by frame: one ends at every frame from the `frames`-th on.

    `strict`: of the pixels whose truth stays the same, the share whose label stays the same *and equals it*.
    Pixels that are void in either are not among them.

    `vspw`: only that the label stays the same, so that a constant map scores 1; void is a class like any
    other, and the clip's last window is left out.

    Memory and time per frame do not grow with the window: all it takes is for how many frames each pixel has
    been as it is.

    Args:
        frames: n, the length of a window; 8 and 16 are usual.
        recipe: see above.

    Raises:
        InputError: `frames` is below 1.

    Source: Miao et al. (2021); the recipe `vspw` does what VSPW_baseline's VC_perclip does.
    """

    def __init__(self, *, frames: int, recipe: Recipe = "strict") -> None:
        require(frames >= 1, f"frames: wanted at least 1, got {frames}")
        self._frames, self._strict = frames, recipe == "strict"
        self._last: _Last | None = None
        self._pushed = 0
        self._waiting = _NONE

    def push(self, labels: PictureLabels, truth: PictureLabels) -> VideoConsistencySums:
        """Take the next frame; return the window that it completes.

        With `vspw` it is the window before, because the last one never counts.

        Args:
            labels: of the frame; −1 is void.
            truth: likewise.
        """
        self._last = self._counted(labels, truth)
        self._pushed += 1
        window = self._window(self._last)
        if self._strict:
            return window
        before, self._waiting = self._waiting, window
        return before

    def _counted(self, labels: PictureLabels, truth: PictureLabels) -> "_Last":
        """For how many frames the truth has been as it is, and the labels as they should be."""
        same_truth, same_labels, still, kept = self._compared(labels, truth)
        still = torch.where(same_truth, still + 1, 1)
        if self._strict:
            kept = torch.where(labels == truth, torch.where(same_truth, kept + 1, 1), 0)
            still = torch.where((truth | labels) >= 0, still, 0)
        else:
            kept = torch.where(same_labels, kept + 1, 1)
        return _Last(labels=labels, truth=truth, still=still, kept=kept)

    def _compared(
        self, labels: PictureLabels, truth: PictureLabels
    ) -> tuple[Bool[Tensor, "h w"], Bool[Tensor, "h w"], Int[Tensor, "h w"], Int[Tensor, "h w"]]:
        """Whether truth and labels are as in the frame before, and the counts until then."""
        if self._last is None:
            none, never = (
                torch.zeros_like(truth, dtype=torch.int32),
                torch.zeros_like(truth, dtype=torch.bool),
            )
            return never, never, none, none
        return truth == self._last.truth, labels == self._last.labels, self._last.still, self._last.kept

    def _window(self, last: "_Last") -> VideoConsistencySums:
        if self._pushed < self._frames:
            return _NONE
        still = last.still >= self._frames
        pixels = int(still.count_nonzero())
        if not pixels:
            return _NONE
        kept = int((still & (last.kept >= self._frames)).count_nonzero())
        return VideoConsistencySums(total=kept / pixels, windows=1)


@dataclass(frozen=True, kw_only=True)
class _Last:
    """The last frame, and for how many frames in a row each pixel has been as it should."""

    labels: PictureLabels
    truth: PictureLabels
    still: Int[Tensor, "h w"]
    kept: Int[Tensor, "h w"]


_NONE = VideoConsistencySums(total=0.0, windows=0)
