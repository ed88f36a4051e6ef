"""Region similarity J: the IoU of objects with the truth, frame by frame."""

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.metrics.series import FrameSums


def jaccard_sums(labels: PictureLabels, truth: PictureLabels, *, classes: int) -> FrameSums:
    """J of the objects 1 … classes − 1 in one frame; void pixels of either map are left out.

    Args:
        labels: below `classes`; −1 is void.
        truth: likewise.
        classes: how many classes there are, background included.

    Source: Perazzi et al., A benchmark dataset and evaluation methodology for video object segmentation
        (2016).
    """
    return jaccard_of_frame(agreement(truth, labels, classes=classes))


def jaccard_of_frame(counts: Agreement) -> FrameSums:
    """J of the objects in one frame, from the agreement of truth and labels; 1 for an object in neither."""
    iou = counts.intersection.double() / counts.union
    return FrameSums(total=torch.where(counts.union == 0, 1.0, iou)[1:], frames=1)


def jaccard(sums: FrameSums) -> Float[Tensor, "objects"]:
    """The mean over frames of each object's J; in [0, 1], higher is better; NaN without frames."""
    return sums.mean
