"""What a network says of a batch: all its pictures in as few passes as they have sizes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.data.batch import Batch, GroupBatch
from steadymask.errors import InputError, require
from steadymask.networks.refiner import logits_of

Logits = Float[Tensor, "b k h w"]


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a network says of a batch.

    Args:
        network: what said it, for losses that ask it about other pictures too.
        logits: by part of the batch: "labeled", "i" and "j" of pairs, "before", "center" and "after" of
            triplets; "groups", background and object of every frame of every group, one after the other.
        others: what else it computes for training, by name, then by part; see `Everything`.
        features: by layer, then by part.
        teacher: what a teacher says of the same batch; None where nobody is asked.
    """

    network: nn.Module
    logits: Mapping[str, Logits]
    others: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    features: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    teacher: "Lesson | None" = None

    def of(self, part: str, *, output: str = "logits") -> Logits:
        """The logits of a part.

        Args:
            part: of the batch.
            output: another of the network's outputs instead.

        Raises:
            InputError: the batch has no such part, or the network no such output.
        """
        if part not in self.logits:
            raise InputError(f"batch: wanted a part {part}, got {', '.join(self.logits) or 'none'}")
        there = {"logits": self.logits, **self.others}
        if output not in there:
            raise InputError(f"everything: wanted an output {output} of the network, got {', '.join(there)}")
        return there[output][part]

    def ask(self, pictures: Float[Tensor, "b 3 h w"]) -> Logits:
        """What the network says of other pictures."""
        return _named(self.network(pictures))["logits"]

    def features_of(self, layer: str, part: str) -> Tensor:
        """The features of a layer on a part.

        Raises:
            InputError: the layer was not asked for, or the batch has no such part.
        """
        there = self.features.get(layer)
        if there is None:
            raise InputError(f"layers: wanted {layer} among them, got {', '.join(self.features) or 'none'}")
        self.of(part)
        return there[part]

    @property
    def taught(self) -> "Lesson":
        """What the teacher says.

        Raises:
            InputError: there is none.
        """
        if self.teacher is None:
            raise InputError("teacher: wanted one for distillation, got none")
        return self.teacher


@runtime_checkable
class Term(Protocol):
    """A part of the loss, its weight included."""

    def __call__(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        """The loss of one batch."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Teacher:
    """A network that another learns from; its own weights stay as they are.

    Args:
        network: in evaluation mode.
        layers: whose features are wanted.
    """

    network: nn.Module
    layers: tuple[str, ...] = ()


class Lesson:
    """What a teacher says of a batch: it is asked about a part when somebody wants to know, and then once.

    Args:
        teacher: whom to ask.
        batch: on its device.
    """

    def __init__(self, teacher: Teacher, batch: Batch) -> None:
        self._teacher, self._pictures = teacher, pictures_of(batch)
        self._said: dict[str, tuple[Tensor, dict[str, Tensor]]] = {}

    def of(self, part: str) -> Logits:
        """Its logits of a part, without gradient.

        Raises:
            InputError: the batch has no such part.
        """
        return self._asked(part)[0]

    def features_of(self, layer: str, part: str) -> Tensor:
        """Its features of a layer on a part, without gradient.

        Raises:
            InputError: the layer is none of its `layers`, or the batch has no such part.
        """
        there = self._asked(part)[1]
        if layer not in there:
            raise InputError(f"teacher: wanted {layer} among its layers, got {', '.join(there) or 'none'}")
        return there[layer]

    def _asked(self, part: str) -> tuple[Tensor, dict[str, Tensor]]:
        if part not in self._pictures:
            raise InputError(f"batch: wanted a part {part}, got {', '.join(self._pictures) or 'none'}")
        if part not in self._said:
            teacher = self._teacher
            with torch.no_grad(), Layers(teacher.network, teacher.layers) as seen:
                logits: Tensor = teacher.network(self._pictures[part])
            self._said[part] = logits, seen.outputs
        return self._said[part]


def predicted(
    network: nn.Module,
    batch: Batch,
    *,
    layers: Sequence[str] = (),
    inner: nn.Module | None = None,
    teacher: Teacher | None = None,
) -> Outputs:
    """Ask a network about every picture of a batch, those of one size in one pass.

    Groups are a refiner's: they have a pass of their own, frames and masks in, of which no features are kept.

    Args:
        network: from frames `b 3 h w` to logits `b k h w`, or to all it computes by name (`Everything`); for
            groups from `b t 3 h w` and an object's logits `b t h w` to such logits.
        batch: on the network's device.
        layers: submodules whose outputs are wanted too, by their names.
        inner: the network whose layers they are, where `network` is a wrapper around it.
        teacher: may be asked about the same batch; None: nobody is.

    Raises:
        InputError: there is no such layer.
    """
    sizes: dict[torch.Size, dict[str, Tensor]] = {}
    for part, each in pictures_of(batch).items():
        sizes.setdefault(each.shape[-2:], {})[part] = each
    said: dict[str, dict[str, Tensor]] = {"logits": {}}
    features: dict[str, dict[str, Tensor]] = {name: {} for name in layers}
    for parts in sizes.values():
        counts = [len(each) for each in parts.values()]
        with Layers(inner or network, layers) as seen:
            found = _named(network(torch.cat([*parts.values()])))
        for name, output in found.items():
            said.setdefault(name, {}).update(zip(parts, torch.split(output, counts), strict=True))
        for name, output in seen.outputs.items():
            features[name] |= dict(zip(parts, torch.split(output, counts), strict=True))
    if batch.groups is not None:
        said["logits"]["groups"] = _refined(network, batch.groups)
    taught = None if teacher is None else Lesson(teacher, batch)
    return Outputs(network=network, logits=said.pop("logits"), others=said, features=features, teacher=taught)


def _refined(network: nn.Module, groups: GroupBatch) -> Logits:
    """Background is 0, so that the softmax is the object's sigmoid."""
    refined = network(groups.pictures, logits_of(groups.masks)).flatten(0, 1)
    return torch.stack((torch.zeros_like(refined), refined), 1)


def _named(found: Tensor | Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    return {"logits": found} if isinstance(found, Tensor) else found


def pictures_of(batch: Batch) -> dict[str, Tensor]:
    """The pictures of a batch by part (see `Outputs`), without those of groups."""
    found: dict[str, Tensor] = {}
    if batch.labeled is not None:
        found["labeled"] = batch.labeled.pictures
    if batch.pairs is not None:
        found |= {"i": batch.pairs.pictures_i, "j": batch.pairs.pictures_j}
    if batch.triplets is not None:
        triplets = batch.triplets
        found |= {"before": triplets.before, "center": triplets.pictures, "after": triplets.after}
    return found


class Layers:
    """While it is open, keeps what submodules of a network put out.

    Args:
        network: any.
        names: of submodules, as `named_modules` has them.

    Raises:
        InputError: there is no such submodule.
    """

    def __init__(self, network: nn.Module, names: Sequence[str]) -> None:
        known = dict(network.named_modules())
        for name in names:
            require(name in known, f"layers: wanted a layer of the network, got {name}")
        self.outputs: dict[str, Tensor] = {}
        self._hooks = [known[name].register_forward_hook(self._keeper(name)) for name in names]

    def _keeper(self, name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def keep(module: nn.Module, inputs: Any, output: Tensor) -> None:  # noqa: ANN401  # a hook of PyTorch
            self.outputs[name] = output

        return keep

    def __enter__(self) -> "Layers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()
