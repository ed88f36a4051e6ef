"""What the classes of a network become in its masks: ids, or the probabilities of objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.errors import InputError, WeightsError, require
from steadymask.most_probable import most_probable


@dataclass(frozen=True, kw_only=True)
class ClassMap:
    """An id for each class of a network; `class_map` makes it.

    Args:
        ids: by class; 0 makes background of it.
        names: of the ids above 0.
    """

    ids: tuple[int, ...]
    names: Mapping[int, str]

    @property
    def objects(self) -> tuple[int, ...]:
        """The ids above 0, ascending."""
        return tuple(sorted({each for each in self.ids if each > 0}))

    def labels(self, probs: Float[Tensor, "k h w"]) -> PictureLabels:
        """The id of the most probable of all classes; background where it is not one of those kept."""
        table = torch.tensor(self.ids, dtype=torch.int32, device=probs.device)
        return table[most_probable(probs).long()]

    def probs(self, probs: Float[Tensor, "k h w"]) -> Float[Tensor, "objects h w"]:
        """The probability of background, then of each id in ascending order: the sum over its classes."""
        if self.ids == tuple(range(len(self.ids))):
            return probs
        ids = torch.tensor(self.ids, device=probs.device)
        return torch.stack([probs[ids == each].sum(0) for each in (0, *self.objects)]).clamp(0, 1)


def class_map(count: int, names: Sequence[str], *, wanted: Sequence[str] | None) -> ClassMap:
    """Give ids to the classes of a network.

    Args:
        count: how many it has; class 0 is taken for the background unless it is wanted under another id.
        names: theirs; empty where nobody knows them.
        wanted: each a name or number of a class, or `CLASS=ID`; all others become background. None: every
            class, its number being its id.

    Raises:
        InputError: there is no such class, it is named twice, or an id is none.
        WeightsError: there are more or fewer names than classes.
    """
    if names and len(names) != count:
        raise WeightsError(f"model: wanted {len(names)} classes, as it names them, got {count}")
    known = tuple(names) or tuple(map(str, range(count)))
    if wanted is None:
        return ClassMap(ids=tuple(range(count)), names=dict(enumerate(known[1:], 1)))
    require(len(wanted) > 0, "classes: wanted at least one, got none")
    ids, called = [0] * count, dict[int, str]()
    for text in wanted:
        index, id = _parsed(text, known)
        require(ids[index] == 0, f"classes: wanted each class once, got {known[index]} twice")
        ids[index] = id
        called[id] = f"{called[id]}, {known[index]}" if id in called else known[index]
    return ClassMap(ids=tuple(ids), names=dict(sorted(called.items())))


def _parsed(text: str, known: Sequence[str]) -> tuple[int, int]:
    """The class and the id that one text names."""
    if text in known:  # before anything else: a name may hold "="
        name, given = text, None
    else:
        name, equals, number = text.rpartition("=")
        name, given = (name, number) if equals else (text, None)
    index = _index(name, known)
    if given is None:
        require(
            index > 0, f"classes: wanted an id for class 0, such as {name}=1 (0 is background), got {text!r}"
        )
        return index, index
    if not given.isdecimal() or int(given) < 1:
        raise InputError(f"classes: wanted CLASS=ID with an id from 1 on, got {text!r}")
    return index, int(given)


def _index(name: str, known: Sequence[str]) -> int:
    if name in known:
        return list(known).index(name)
    if name.isdecimal() and int(name) < len(known):
        return int(name)
    raise InputError(f"classes: wanted some of {', '.join(known)}, got {name!r}")
