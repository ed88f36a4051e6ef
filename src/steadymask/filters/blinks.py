"""Blinks: parts that come or go for a frame or two, while past and future agree that they should not."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Vote:
    """What one side, past or future, says of a class at the undecided pixels.

    Args:
        share: sum of the trusted votes for the class.
        trust: sum of the trust; share / trust is the vote.
        full: what `trust` would be if every neighbor were trusted fully; 0 where that side has no frames.
    """

    share: Values
    trust: Values
    full: float


def blinking(
    own: Values,
    past: Vote,
    future: Vote,
    pixels: NDArray[np.int32],
    shape: tuple[int, ...],
    *,
    vanished: float,
    appeared: float,
    trust: float,
) -> NDArray[np.bool_]:
    """Which of the undecided pixels belong to a part that blinks, decided for connected parts as a whole.

    A part is a connected region that the frame labels otherwise than past and future both do. It blinks if,
    on average over the part, both are clear enough about it and both can be trusted. Deciding for the part,
    not for the pixel, keeps uncertain flow from tearing it.

    Args:
        own: the class's probability in the frame.
        past: votes of the frames just before.
        future: votes of the frames just after.
        pixels: flat indices of the undecided pixels.
        shape: (h, w) of the picture.
        vanished: a part the frame lacks is restored where both votes are above 1 − `vanished`.
        appeared: a part only the frame has is removed where both votes are below `appeared`.
        trust: least share of the full trust that each side must have.
    """
    blinks = np.zeros(len(pixels), np.bool_)
    if not (past.full and future.full):
        return blinks
    before, after = past.share / (past.trust + 1e-6), future.share / (future.trust + 1e-6)
    lacks = (own <= 0.5) & (before > 0.5) & (after > 0.5)
    alone = (own > 0.5) & (before < 0.5) & (after < 0.5)
    for part, restores in ((lacks, True), (alone, False)):
        if not part.any():
            continue
        numbers = _numbered(part, pixels, shape)
        sizes = np.bincount(numbers)
        shares = [_sums(numbers, vote.share) for vote in (past, future)]
        trusts = [_sums(numbers, vote.trust) for vote in (past, future)]
        votes = [share / (total + 1e-6) for share, total in zip(shares, trusts, strict=True)]
        clear = np.minimum(*votes) > 1 - vanished if restores else np.maximum(*votes) < appeared
        for total, vote in zip(trusts, (past, future), strict=True):
            clear &= total > trust * vote.full * sizes
        blinks |= part & clear[numbers]
    return blinks


def _numbered(
    part: NDArray[np.bool_], pixels: NDArray[np.int32], shape: tuple[int, ...]
) -> NDArray[np.int32]:
    """The number of each pixel's connected region; 0 outside."""
    mask = np.zeros(shape, np.uint8)
    mask.flat[pixels] = part
    _, numbers = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
    return np.asarray(numbers.reshape(-1)[pixels], np.int32)


def _sums(numbers: NDArray[np.int32], values: Values) -> NDArray[np.float64]:
    return np.asarray(np.bincount(numbers, values), np.float64)
