"""The accuracy of one set of masks in one clip, as the protocols of data sets count it."""

from collections.abc import Collection
from typing import Any, Protocol, runtime_checkable

import torch

from steadymask.arrays import PictureLabels
from steadymask.data.objects import Objects, ids_in
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.metrics.matching import AllPairs, all_pairs, matched
from steadymask.metrics.mean_accuracy import mean_accuracy
from steadymask.metrics.mean_iou import mean_iou
from steadymask.metrics.pixel_accuracy import pixel_accuracy
from steadymask.metrics.series import mean
from steadymask.tasks.accuracy import Accuracy, of_object


@runtime_checkable
class ClipAccuracy(Protocol):
    """Fed with every frame that has a truth."""

    def frame(self, index: int, labels: PictureLabels, truth: PictureLabels) -> None:
        """Look at one frame."""
        ...

    def overall(self) -> dict[str, float]:
        """Metric to number, NaN where undefined."""
        ...

    def of_objects(self) -> dict[str, dict[str, float]]:
        """The same by the name of the object or class."""
        ...

    def sums(self) -> dict[str, Any]:
        """What a whole data set adds up."""
        ...


class ObjectAccuracy:
    """Ids are objects, the same in masks and truth.

    Args:
        objects: what classes stand for.
        leave_out: frames that count nothing.
        from_first: an object counts from the frame after the one that shows it first.
    """

    def __init__(self, *, objects: Objects, leave_out: Collection[int], from_first: bool) -> None:
        self._objects, self._leave_out, self._from_first = objects, leave_out, from_first
        self._accuracy = Accuracy(classes=objects.classes, objects=range(1, objects.classes))
        self._unseen = set(range(1, objects.classes)) if from_first else set()

    def frame(self, index: int, labels: PictureLabels, truth: PictureLabels) -> None:
        """Look at one frame."""
        if index in self._leave_out:
            return
        self._accuracy.frame(index, labels, truth, leave_out=self._unseen)
        if self._unseen:
            self._unseen = self._unseen - set(ids_in(truth.int()))

    def overall(self) -> dict[str, float]:
        """Metric to number, NaN where undefined."""
        return self._accuracy.overall()

    def of_objects(self) -> dict[str, dict[str, float]]:
        """By id."""
        return {
            str(self._objects.ids[each - 1]): values for each, values in self._accuracy.of_objects().items()
        }

    def sums(self) -> dict[str, Any]:
        """Nothing: means are taken over clips or objects."""
        return {}


class ProposalAccuracy:
    """Proposals, of which each object gets the one that fits it best over the whole clip.

    Args:
        proposals: how many there are.
        objects: of the truth.
    """

    def __init__(self, *, proposals: int, objects: Objects) -> None:
        self._proposals, self._objects = proposals, objects
        self._pairs: list[AllPairs] = []

    def frame(self, index: int, labels: PictureLabels, truth: PictureLabels) -> None:  # all count
        """Look at one frame."""
        objects = len(self._objects.ids)
        if objects:
            self._pairs.append(
                all_pairs(labels.int(), truth.int(), proposals=self._proposals, objects=objects)
            )

    def overall(self) -> dict[str, float]:
        """Means over objects."""
        each = list(self.of_objects().values())
        return {key: mean([values[key] for values in each]) for key in of_object((), ())}

    def of_objects(self) -> dict[str, dict[str, float]]:
        """By id of the truth."""
        if not self._pairs:
            return {}
        pairs = AllPairs(
            jaccard=torch.cat([each.jaccard for each in self._pairs]),
            boundary_f=torch.cat([each.boundary_f for each in self._pairs]),
        )
        found = matched(pairs)
        return {
            str(id): of_object(found.jaccard[:, each].tolist(), found.boundary_f[:, each].tolist())
            for each, id in enumerate(self._objects.ids)
        }

    def sums(self) -> dict[str, Any]:
        """Nothing: means are taken over objects."""
        return {}


class ClassAccuracy:
    """Every pixel has a class; what is void in the truth counts nowhere.

    Args:
        classes: how many there are; a prediction has one more, for void.
    """

    def __init__(self, *, classes: int) -> None:
        self._classes = classes
        nothing = torch.zeros(classes + 1, dtype=torch.int64)
        self._counts = Agreement(pixels=nothing, lost=nothing, gained=nothing)

    def frame(self, index: int, labels: PictureLabels, truth: PictureLabels) -> None:  # all count
        """Look at one frame."""
        self._counts += agreement(truth, labels, classes=self._classes + 1)

    def overall(self) -> dict[str, float]:
        """Over all pixels of the clip."""
        return class_accuracy(self._counts)

    def of_objects(self) -> dict[str, dict[str, float]]:
        """Nothing: the classes of one clip say little."""
        return {}

    def sums(self) -> dict[str, Any]:
        """The counts of each class."""
        return {"accuracy": as_lists(self._counts)}


def class_accuracy(counts: Agreement) -> dict[str, float]:
    """What the counts of truth and labels say."""
    return {
        "mean_iou": mean_iou(counts),
        "mean_accuracy": mean_accuracy(counts),
        "pixel_accuracy": pixel_accuracy(counts),
    }


def as_lists(counts: Agreement) -> dict[str, list[int]]:
    """Counts as JSON has them."""
    return {"pixels": counts.pixels.tolist(), "lost": counts.lost.tolist(), "gained": counts.gained.tolist()}


def from_lists(lists: dict[str, list[int]]) -> Agreement:
    """The counts again."""
    return Agreement(**{name: torch.tensor(values) for name, values in lists.items()})
