"""Mean accuracy: the share of right pixels of each class of the truth, and their mean."""

import math

from steadymask.metrics.agreement import Agreement


def mean_accuracy(counts: Agreement) -> float:
    """The mean over the classes that the truth has; in [0, 1], higher is better; NaN without one.

    Args:
        counts: of truth (first) and labels, in all frames.

    Source: Long et al., Fully convolutional networks for semantic segmentation (2015).
    """
    known = counts.pixels > 0
    if not bool(known.any()):
        return math.nan
    return float((counts.intersection[known].double() / counts.pixels[known]).mean())
