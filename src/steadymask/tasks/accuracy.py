"""The accuracy of one set of masks, gathered while the clip streams by."""

import math
from array import array
from collections.abc import Collection, Sequence

import numpy as np
import torch

from steadymask.arrays import PictureLabels, PictureProbs
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.metrics.boundary_f import boundary_f_sums
from steadymask.metrics.jaccard import jaccard_of_frame
from steadymask.metrics.mean_absolute_error import (
    MeanAbsoluteErrorSums,
    mean_absolute_error,
    mean_absolute_error_sums,
)
from steadymask.metrics.mean_iou import mean_iou
from steadymask.metrics.pixel_accuracy import pixel_accuracy
from steadymask.metrics.recall import recall, recall_of_objects
from steadymask.metrics.series import decay, mean, recall_of_frames

_BY_FRAME = ("jaccard", "boundary_f", "recall", "mean_absolute_error")


class Accuracy:
    """Fed with every frame that has a truth; keeps two numbers a frame and object.

    Args:
        classes: how many classes there are, background included.
        objects: the classes that the truth has; J and F are means over these.
    """

    def __init__(self, *, classes: int, objects: Sequence[int]) -> None:
        self._classes, self._objects = classes, [each - 1 for each in objects]
        nothing = torch.zeros(classes, dtype=torch.int64)
        self._agreement = Agreement(pixels=nothing, lost=nothing, gained=nothing)
        self._error = MeanAbsoluteErrorSums(total=0.0, pixels=0)
        self._jaccard, self._boundary_f = array("d"), array("d")
        self._frames: dict[int, dict[str, float]] = {}

    def frame(
        self,
        index: int,
        labels: PictureLabels,
        truth: PictureLabels,
        *,
        probs: PictureProbs | None = None,
        leave_out: Collection[int] = (),
    ) -> None:
        """Look at one frame.

        Args:
            index: of the frame.
            labels: its classes.
            truth: likewise.
            probs: where masks are soft; the absolute error is that of the probabilities then.
            leave_out: the classes whose J and F this frame does not count for.
        """
        counts = agreement(truth, labels, classes=self._classes)
        error = (
            MeanAbsoluteErrorSums(total=float(counts.differing), pixels=counts.compared)
            if probs is None  # every pixel is wrong or not, and the counts know
            else mean_absolute_error_sums(self._all_classes(probs), truth)
        )
        jaccard = jaccard_of_frame(counts).total[self._objects]
        boundary_f = boundary_f_sums(labels, truth, classes=self._classes).total[self._objects]
        if leave_out:
            left_out = torch.tensor([each + 1 in leave_out for each in self._objects])
            jaccard[left_out] = boundary_f[left_out] = math.nan
        self._agreement += counts
        self._error += error
        self._jaccard.extend(jaccard.tolist())
        self._boundary_f.extend(boundary_f.tolist())
        values = mean(jaccard.tolist()), mean(boundary_f.tolist()), recall(counts), mean_absolute_error(error)
        self._frames[index] = dict(zip(_BY_FRAME, values, strict=True))

    def overall(self) -> dict[str, float]:
        """Metric to number, NaN where undefined; J and F are means over objects of means over frames."""
        each = self.of_objects().values()
        scores = {key: mean([scores[key] for scores in each]) for key in _FROM_OBJECTS}
        return scores | {
            "recall": recall(self._agreement),
            "mean_iou": mean_iou(self._agreement),
            "pixel_accuracy": pixel_accuracy(self._agreement),
            "mean_absolute_error": mean_absolute_error(self._error),
        }

    def of_objects(self) -> dict[int, dict[str, float]]:
        """By class, for the classes that the truth has."""
        shape = len(self._frames), len(self._objects)
        jaccards, boundary_fs = (
            np.array(each, np.float64).reshape(shape).T.tolist() for each in (self._jaccard, self._boundary_f)
        )
        recalls = recall_of_objects(self._agreement).tolist()
        return {
            each + 1: of_object(jaccard, boundary_f) | {"recall": recalls[each]}
            for each, jaccard, boundary_f in zip(self._objects, jaccards, boundary_fs, strict=True)
        }

    def of_frames(self, frames: int) -> dict[str, list[float]]:
        """Metric to a value for each frame of the clip, NaN without truth."""
        return {
            key: [self._frames[index][key] if index in self._frames else math.nan for index in range(frames)]
            for key in _BY_FRAME
        }

    def _all_classes(self, probs: PictureProbs) -> PictureProbs:
        """A class that the masks do not know has no probability."""
        missing = self._classes - len(probs)
        return torch.cat([probs, probs.new_zeros(missing, *probs.shape[1:])]) if missing > 0 else probs


def of_object(jaccard: Sequence[float], boundary_f: Sequence[float]) -> dict[str, float]:
    """What the J and F of an object's frames say, by the names of the contract."""
    j, f = mean(jaccard), mean(boundary_f)
    return {
        "jaccard": j,
        "boundary_f": f,
        "jaccard_and_boundary_f": (j + f) / 2,
        "jaccard_recall": recall_of_frames(jaccard),
        "jaccard_decay": decay(jaccard),
        "boundary_f_recall": recall_of_frames(boundary_f),
        "boundary_f_decay": decay(boundary_f),
    }


_FROM_OBJECTS = tuple(of_object((), ()))
