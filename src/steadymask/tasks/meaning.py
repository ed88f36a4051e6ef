"""What the ids of each set of masks of a clip stand for, as the protocol of its data set has it."""

from dataclasses import dataclass

from steadymask.data.dataset import ClassIds
from steadymask.data.lineup import TRUTH, Lineup
from steadymask.data.objects import Objects, ids_in, objects_of
from steadymask.errors import require
from steadymask.io.mask_frame import labels_of
from steadymask.io.masks import Masks
from steadymask.tasks.protocols import Protocol

_MOST_PROPOSALS = 20
_NO_OBJECT = 255


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What the ids of one set of masks stand for.

    Args:
        classes: how many there are: with the background, or with one for predicted void.
        objects: what they are; None where every pixel has a class.
    """

    classes: int
    objects: Objects | None


def meanings_of(lineup: Lineup, *, protocol: Protocol, classes: ClassIds | None) -> dict[str, Meaning]:
    """What ids mean, by role.

    Args:
        lineup: the masks; the truth is read, so that its objects are known.
        protocol: how they are counted.
        classes: of the data set, where every pixel has one.

    Raises:
        InputError: masks cannot be used as they are, or hold too many proposals.
        VideoError: something cannot be read.
    """
    if classes is not None:
        return dict.fromkeys(lineup.masks, Meaning(classes=classes.classes + 1, objects=None))
    if protocol.ids == "merged":
        return dict.fromkeys(lineup.masks, _of(Objects(ids=(1,))))
    if protocol.ids == "proposals":
        return {
            role: _of(_true_objects(masks, protocol) if role == TRUTH else _proposals(masks))
            for role, masks in lineup.masks.items()
        }
    truth = lineup.masks.get(TRUTH)
    every = objects_of(list(lineup.masks.values())) if truth is None else _true_objects(truth, protocol)
    return dict.fromkeys(lineup.masks, _of(every))


def objects_meant(meaning: Meaning | None) -> Objects:
    """The objects; none where there is no truth, or where every pixel has a class."""
    return Objects(ids=()) if meaning is None or meaning.objects is None else meaning.objects


def _of(objects: Objects) -> Meaning:
    return Meaning(classes=objects.classes, objects=objects)


def _true_objects(truth: Masks, protocol: Protocol) -> Objects:
    """The objects that the protocol counts; other ids are background."""
    found = objects_of([truth])
    if not protocol.first_frame:
        return found
    first = ids_in(labels_of(next(truth.frames())))
    last = max(id for id in (0, *first) if id != _NO_OBJECT)
    return Objects(ids=tuple(id for id in found.ids if id <= last))


def _proposals(masks: Masks) -> Objects:
    found = objects_of([masks])
    require(
        len(found.ids) <= _MOST_PROPOSALS,
        f"{masks.path}: wanted at most {_MOST_PROPOSALS} proposals, got {len(found.ids)}",
    )
    return found
