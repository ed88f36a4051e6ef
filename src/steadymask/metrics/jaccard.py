"""Region similarity J: the IoU of objects with the truth, frame by frame."""

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.errors import require
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


def jaccard_of_all_pairs(
    labels: PictureLabels, truth: PictureLabels, *, proposals: int, objects: int
) -> Float[Tensor, "p n"]:
    """J of every proposal with every object of the truth, in one frame; 1 where neither is there.

    Row p is proposal p, row 0 an empty mask; column n − 1 is object n. Void of either map is left out.

    Args:
        labels: up to `proposals`; −1 is void.
        truth: up to `objects`; likewise.
        proposals: how many proposals there are.
        objects: how many objects the truth has.

    Raises:
        InputError: a label is above `proposals`, or one of the truth above `objects`.
    """
    for name, each, most in (("labels", labels, proposals), ("truth", truth, objects)):
        require(int(each.max()) <= most, f"{name}: wanted at most {most}, got {int(each.max())}")
    known = (labels | truth) >= 0
    joint = labels[known].long() * (objects + 1) + truth[known]
    counts = joint.bincount(minlength=(proposals + 1) * (objects + 1)).view(proposals + 1, objects + 1)
    proposed = counts.sum(1, keepdim=True)
    both = counts[:, 1:].clone()
    proposed[0] = both[0] = 0  # where there is no proposal, there is no mask
    either = proposed + counts.sum(0)[1:] - both
    return torch.where(either == 0, 1.0, both.double() / either)
