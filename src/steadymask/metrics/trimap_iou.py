"""IoU of a trimap's three regions: background, unknown, foreground."""

from dataclasses import dataclass

from steadymask.arrays import PictureLabels
from steadymask.errors import require
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.metrics.mean_iou import mean_iou

BACKGROUND, UNKNOWN, FOREGROUND = range(3)
"""The labels of a trimap."""


@dataclass(frozen=True, kw_only=True)
class TrimapIou:
    """The IoU of each region; in [0, 1], higher is better; NaN for a region in neither trimap.

    Args:
        background: of what is surely not the object.
        unknown: of the band between, "Tri" in the paper.
        foreground: of what surely is.
        mean: of the regions that the truth shows.
    """

    background: float
    unknown: float
    foreground: float
    mean: float


def trimap_iou_sums(trimap: PictureLabels, truth: PictureLabels) -> Agreement:
    """The areas of one frame's regions and of what they share; pixels that are void in either are left out.

    Args:
        trimap: 0 background, 1 unknown, 2 foreground, −1 void.
        truth: likewise.

    Raises:
        InputError: another label, as in a picture of 0, 128 and 255.
    """
    for name, each in (("trimap", trimap), ("truth", truth)):
        wanted = f"{name}: wanted 0 background, 1 unknown, 2 foreground or −1 void"
        require(int(each.max()) <= FOREGROUND, f"{wanted}, got {int(each.max())}")
    return agreement(truth, trimap, classes=FOREGROUND + 1)


def trimap_iou(sums: Agreement) -> TrimapIou:
    """The IoU of the regions over all frames.

    Args:
        sums: of all frames of a clip.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, table X, which has the
        mean of this over narrow, middle and wide true trimaps.
    """
    background, unknown, foreground = (sums.intersection.double() / sums.union).tolist()
    return TrimapIou(background=background, unknown=unknown, foreground=foreground, mean=mean_iou(sums))
