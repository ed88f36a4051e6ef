"""Ids, which may be any numbers, and classes, which count from 0 without gaps."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from steadymask.arrays import PictureLabels, PictureProbs
from steadymask.errors import require
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.masks import Masks

_FEW = 65535


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The objects of a clip: class `c` is `ids[c − 1]`, class 0 the background.

    Args:
        ids: ascending, above 0.
    """

    ids: tuple[int, ...]

    @property
    def classes(self) -> int:
        """How many classes there are, background included."""
        return len(self.ids) + 1

    def to_classes(self, labels: PictureLabels) -> PictureLabels:
        """Ids to classes; −1 stays void, and an id that is not known becomes background.

        >>> Objects(ids=(3, 700)).to_classes(torch.tensor([[0, 700, 3, -1, 5]])).tolist()
        [[0, 2, 1, -1, 0]]
        """
        if self.ids == tuple(range(1, self.classes)):
            above = int(labels.max()) >= self.classes
            return torch.where(labels < self.classes, labels, 0) if above else labels
        known = self._known(labels.dtype)
        place = torch.searchsorted(known, labels).clamp(max=max(len(self.ids) - 1, 0))
        classes = torch.where(known[place] == labels, place + 1, 0) if self.ids else torch.zeros_like(labels)
        return torch.where(labels < 0, -1, classes).to(labels.dtype)

    def to_ids(self, classes: PictureLabels) -> PictureLabels:
        """Classes to ids; −1 stays void.

        >>> Objects(ids=(3, 700)).to_ids(torch.tensor([[0, 2, 1, -1]])).tolist()
        [[0, 700, 3, -1]]
        """
        table = torch.tensor([*(0, *self.ids), -1], dtype=torch.int32)
        return table[classes.long()]

    def probs(self, frame: MaskFrame) -> PictureProbs:
        """The probabilities of a frame's classes; ids become certainties, void belongs to none."""
        if frame.probs is not None:
            return frame.probs
        return self.certainties(frame.labels)  # type: ignore[arg-type]  # one of the two is there

    def certainties(self, labels: PictureLabels) -> PictureProbs:
        """Ids as probabilities of 0 and 1; void belongs to no class."""
        classes = self.to_classes(labels)
        return torch.stack([classes == each for each in range(self.classes)]).float()

    def _known(self, dtype: torch.dtype) -> Tensor:
        return torch.tensor(self.ids, dtype=dtype)


def objects_of(masks: Sequence[Masks]) -> Objects:
    """The objects that appear anywhere in these masks.

    It reads them all, so that a bad frame is found before work begins.

    Raises:
        InputError: a frame does not fit what was decided, or holds values that cannot be used.
        VideoError: a frame cannot be read.
    """
    ids: set[int] = set()
    for each in masks:
        for frame in each.frames():
            if frame.probs is not None:
                ids.update(range(1, len(frame.probs)))
            else:
                ids.update(ids_in(frame.labels))  # type: ignore[arg-type]  # one of the two is there
    return Objects(ids=tuple(sorted(id for id in ids if id > 0)))


def ids_in(labels: PictureLabels) -> list[int]:
    """What a label map holds, ascending: ids, 0 and −1 (void).

    >>> ids_in(torch.tensor([[7, -1], [0, 7]]))
    [-1, 0, 7]
    """
    if int(labels.max()) > _FEW:  # counting beats sorting where ids are small
        found = torch.unique(labels)
    else:
        found = torch.bincount(labels.flatten() + 1).nonzero().flatten() - 1
    return [int(label) for label in found]


def require_chosen(objects: Objects, masks: Masks) -> None:
    """Check that, where objects were chosen, there is one.

    Raises:
        InputError: none of the chosen ids is there.
    """
    require(
        masks.objects is None or bool(objects.ids),
        f"objects: wanted ids that {masks.path} has, got {', '.join(map(str, masks.objects or ()))}",
    )
