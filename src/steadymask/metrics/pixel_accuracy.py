"""Pixel accuracy: the share of pixels that have the true label."""

import math

from steadymask.metrics.agreement import Agreement


def pixel_accuracy(sums: Agreement) -> float:
    """The share of compared pixels with the true label; in [0, 1], higher is better; NaN without pixels.

    Args:
        sums: of truth and labels, over all frames that have a truth.
    """
    return 1 - sums.differing / sums.compared if sums.compared else math.nan
