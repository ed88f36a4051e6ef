"""Mean IoU: the overlap of each class with the truth, over a whole clip."""

from steadymask.metrics.agreement import Agreement


def mean_iou(sums: Agreement) -> float:
    """The mean over the classes that the truth shows, background included; in [0, 1], higher is better.

    Args:
        sums: of truth and labels, in this order, over all frames that have a truth.

    Returns:
        The value; NaN without pixels. A class that only the labels show costs the classes it lies on.
    """
    iou = sums.intersection.double() / sums.union
    return float(iou[sums.pixels > 0].mean())
