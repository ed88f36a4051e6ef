"""Recall: how much of the true objects was found."""

import math

from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.metrics.agreement import Agreement, agreement


def recall_sums(labels: PictureLabels, truth: PictureLabels, *, classes: int) -> Agreement:
    """The agreement of one frame's truth and labels; void pixels of either are left out.

    Args:
        labels: below `classes`; −1 is void.
        truth: likewise.
        classes: how many classes there are, background included.
    """
    return agreement(truth, labels, classes=classes)


def recall(sums: Agreement) -> float:
    """TP / (TP + FN) over the pixels of all objects; in [0, 1], higher is better; NaN if the truth is empty.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, section 5.3.
    """
    present = int(sums.pixels[1:].sum())
    return int(sums.intersection[1:].sum()) / present if present else math.nan


def recall_of_objects(sums: Agreement) -> Float[Tensor, "objects"]:
    """The same of each object 1 … classes − 1; NaN for an object that the truth does not show."""
    return sums.intersection[1:].double() / sums.pixels[1:]
