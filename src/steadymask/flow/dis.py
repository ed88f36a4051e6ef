"""Dense inverse search (DIS), the flow of every metric on real video."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from steadymask.arrays import Picture, PictureFlow
from steadymask.errors import require
from steadymask.shared_setting import SharedSetting

_SMALLEST = 16  # DIS needs a few of its 8 x 8 patches; smaller pictures are enlarged for it

Preset = Literal["ultrafast", "fast", "medium"]
_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


@dataclass(frozen=True, kw_only=True)
class DIS:
    """OpenCV's dense inverse search on grey pictures.

    Args:
        preset: "ultrafast", "fast" or "medium" (the most accurate; what metrics use).
        scale: 1 estimates at full resolution, 0.5 at half.
        full_size: bring a flow that was estimated smaller back to the pictures' size; otherwise it stays on
            the coarse grid, which takes less memory. Its vectors are in pixels of the pictures either way.

    Source: Kroeger et al., Fast optical flow using dense inverse search (2016).
    """

    preset: Preset = "medium"
    scale: float = 1.0
    full_size: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.preset in _PRESETS, f"preset: wanted one of {', '.join(_PRESETS)}, got {self.preset!r}")
        require(0 < self.scale <= 1, f"scale: wanted a number in (0, 1], got {self.scale}")

    def __call__(self, picture_i: Picture, picture_j: Picture) -> PictureFlow:
        """Return `flow_ij`, (dx, dy) in pixels of the pictures given, on picture i's grid."""
        grey_i, grey_j = self._grey(picture_i), self._grey(picture_j)
        require(
            grey_i.shape == grey_j.shape,
            f"frames: wanted one size, got {picture_i.shape[1:]} and {picture_j.shape[1:]}",
        )
        # An estimator keeps buffers, so that each call has its own: calls may come from several threads.
        flow = cv2.DISOpticalFlow.create(_PRESETS[self.preset]).calc(grey_i, grey_j, None)  # type: ignore[call-overload]  # the stub forgets None
        return torch.from_numpy(self._in_pixels(flow, picture_i)).permute(2, 0, 1)

    def _grey(self, picture: Picture) -> NDArray[np.uint8]:
        grey = cv2.cvtColor(picture.permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY)
        height, width = (max(round(n * self.scale), _SMALLEST) for n in grey.shape)
        if (height, width) != grey.shape:
            grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(grey, np.uint8)

    def _in_pixels(self, flow: NDArray[np.float32], picture: Picture) -> NDArray[np.float32]:
        height, width = picture.shape[1:]
        rows, columns = flow.shape[:2]
        if (rows, columns) == (height, width):
            return flow
        flow = flow * np.array([width / columns, height / rows], np.float32)
        if not self.full_size:
            return flow
        return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


_THREADS = SharedSetting(cv2.getNumThreads, cv2.setNumThreads)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenCV to one thread each call, and give it back its own number after the last who wanted that.

    DIS cuts the picture into a stripe for each thread, and what it finds depends on the stripes. With one, a
    flow is the same on every machine, and work is spread over cores by estimating several flows at once.
    """
    with _THREADS.held_at(1):
        yield
