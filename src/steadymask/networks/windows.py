"""Large frames in overlapping windows, so that memory is bounded by the window; blended without seams."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.errors import require


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows on a regular grid that covers a frame; the first and the last of a row touch its border.

    Args:
        size: (h, w) of each; a frame that is smaller, in either direction, is taken as it is.
        overlap: share of a window that the next one covers again, at least, in [0, 1).
    """

    size: tuple[int, int]
    overlap: float = 1 / 3

    def __post_init__(self) -> None:
        """Check the settings."""
        require(min(self.size) >= 1, f"window: wanted at least 1 pixel a side, got {self.size}")
        require(
            0 <= self.overlap < 1,
            f"overlap: wanted a share from 0 to below 1 of a window, got {self.overlap}",
        )

    def starts(self, frame: tuple[int, int]) -> tuple[list[int], list[int]]:
        """The first row and the first column of the windows of a frame of this size.

        >>> Windows(size=(60, 60)).starts((50, 130))
        ([0], [0, 35, 70])
        """
        rows, columns = (
            _starts(length, min(window, length), self.overlap)
            for length, window in zip(frame, self.size, strict=True)
        )
        return rows, columns


def in_windows(
    probs_of: Callable[[Float[Tensor, "n 3 i j"]], Float[Tensor, "n k i j"]],
    frames: Float[Tensor, "b 3 h w"],
    windows: Windows,
    *,
    at_once: int = 1,
) -> Float[Tensor, "b k h w"]:
    """The probabilities of frames, seen in windows: where these overlap, their weighted mean.

    A window's weight falls linearly to its own border, in height times in width: there a network has seen
    only half of a pixel's surroundings, and where a window ends its share has come down to almost nothing, so
    that no step remains. Weights sum to 1 at every pixel. A frame that fits into one window is seen once, as
    a whole.

    Args:
        probs_of: gives the probabilities of parts of frames, in the parts' own size.
        frames: what it wants.
        windows: how frames are cut.
        at_once: windows in one call, which bounds the memory it needs.

    Deviates: PSPNet's published inference takes the plain mean of overlapping windows, moves the last one of
        each row to the border, and fills up small frames. Here weights fall, windows lie evenly, and small
        frames stay as they are, for networks here take any size.
    """
    require(at_once >= 1, f"at_once: wanted at least 1 window, got {at_once}")
    size = (frames.shape[2], frames.shape[3])
    h, w = min(windows.size[0], size[0]), min(windows.size[1], size[1])
    if (h, w) == size:
        return torch.cat([probs_of(frames[each : each + at_once]) for each in range(0, len(frames), at_once)])
    rows, columns = windows.starts(size)
    down = _weights(rows, h, size[0], device=frames.device)
    across = _weights(columns, w, size[1], device=frames.device)
    places = [(b, y, x) for b in range(len(frames)) for y in rows for x in columns]
    found = frames.new_zeros(0)
    for first in range(0, len(places), at_once):
        part = places[first : first + at_once]
        probs = probs_of(torch.stack([frames[b, :, y : y + h, x : x + w] for b, y, x in part]))
        if not len(found):
            found = probs.new_zeros(len(frames), probs.shape[1], *size)
        for (b, y, x), each in zip(part, probs, strict=True):
            found[b, :, y : y + h, x : x + w] += each * (down[y][:, None] * across[x])
    return found


def _starts(length: int, window: int, overlap: float) -> list[int]:
    """Where windows begin along one side: as few as the overlap allows, spread evenly."""
    step = max(1, int(window * (1 - overlap)))
    further = -(-(length - window) // step)
    return [each * (length - window) // further if further else 0 for each in range(further + 1)]


def _weights(starts: list[int], window: int, length: int, *, device: torch.device) -> dict[int, Tensor]:
    """By where a window begins, its weights along one side; those of all windows sum to 1 at every place."""
    place = torch.arange(window, device=device)
    falling = torch.minimum(place + 1, window - place).float()
    total = torch.zeros(length, device=device)
    for start in starts:
        total[start : start + window] += falling
    return {start: falling / total[start : start + window] for start in starts}
