"""What one step of training looks at, and what the network says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from steadymask.arrays import Flow, Visible
from steadymask.errors import InputError, require

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pairs of frames of unlabelled video.

    Args:
        frames_i: RGB in [0, 1].
        frames_j: likewise.
        flow_ij: where each pixel of frames i lies in frames j, in pixels.
        flow_ji: the way back.
        visible_ij: on the grid of frames i, the pixels that are also seen in frames j.
        visible_ji: the other way round.
    """

    frames_i: Float[Tensor, "p 3 h w"]
    frames_j: Float[Tensor, "p 3 h w"]
    flow_ij: Flow
    flow_ji: Flow
    visible_ij: Visible
    visible_ji: Visible


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one step looks at.

    Args:
        frames: labelled pictures, RGB in [0, 1].
        labels: of these; −1 is void.
        pairs: None where only labelled pictures are looked at.
    """

    frames: Float[Tensor, "n 3 h w"]
    labels: Int[Tensor, "n h w"]
    pairs: Pairs | None = None


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a network says of a batch.

    Args:
        network: what said it, for losses that ask it about other pictures too.
        logits: of the labelled pictures.
        logits_i: of the pairs' first frames; None without pairs.
        logits_j: of their second frames.
        features: by layer, of the pairs' first and second frames.
    """

    network: nn.Module
    logits: Float[Tensor, "n k h w"]
    logits_i: Float[Tensor, "p k h w"] | None = None
    logits_j: Float[Tensor, "p k h w"] | None = None
    features: Mapping[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    @property
    def of_pairs(self) -> tuple[Float[Tensor, "p k h w"], Float[Tensor, "p k h w"]]:
        """The logits of the pairs.

        Raises:
            InputError: the batch has none.
        """
        if self.logits_i is None or self.logits_j is None:
            raise InputError("pairs: wanted pairs of frames for a loss along the motion, got none")
        return self.logits_i, self.logits_j


@runtime_checkable
class Term(Protocol):
    """A part of the loss, its weight included."""

    def __call__(self, outputs: Outputs, batch: Batch) -> Float[Tensor, ""]:
        """The loss of one batch."""
        ...


def predicted(network: nn.Module, batch: Batch, *, layers: Sequence[str] = ()) -> Outputs:
    """Ask a network about all pictures of a batch, in one pass where they have one size.

    Args:
        network: from frames `b 3 h w` to logits `b k h w`.
        batch: on the network's device.
        layers: whose outputs for the pairs are wanted, by the names of submodules.

    Raises:
        InputError: there is no such layer.
    """
    if batch.pairs is None:
        return Outputs(network=network, logits=network(batch.frames))
    both = torch.cat((batch.pairs.frames_i, batch.pairs.frames_j))
    labelled, pairs = len(batch.frames), len(batch.pairs.frames_i)
    with Layers(network, layers) as seen:
        if both.shape[1:] == batch.frames.shape[1:]:
            logits, of_pairs = network(torch.cat((batch.frames, both))).split((labelled, 2 * pairs))
        else:
            logits, of_pairs = network(batch.frames), network(both)
    logits_i, logits_j = of_pairs.split(pairs)
    features = {name: (each[-2 * pairs : -pairs], each[-pairs:]) for name, each in seen.outputs.items()}
    return Outputs(network=network, logits=logits, logits_i=logits_i, logits_j=logits_j, features=features)


class Layers:
    """While it is open, keeps what submodules of a network put out last.

    Args:
        network: any.
        names: of submodules, as `named_modules` has them.

    Raises:
        InputError: there is no such submodule.
    """

    def __init__(self, network: nn.Module, names: Sequence[str]) -> None:
        known = dict(network.named_modules())
        for name in names:
            require(name in known, f"features: wanted a layer of the network, got {name}")
        self.outputs: dict[str, Tensor] = {}
        self._hooks = [known[name].register_forward_hook(self._keeps(name)) for name in names]

    def _keeps(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # a hook of PyTorch
        def keep(module: nn.Module, inputs: object, output: Tensor) -> None:
            self.outputs[name] = output

        return keep

    def __enter__(self) -> "Layers":
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()


def on_device(value: T, device: torch.device) -> T:
    """A batch, with all its tensors on a device."""
    if isinstance(value, Tensor):
        return value.to(device, non_blocking=True)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        moved = {each.name: on_device(getattr(value, each.name), device) for each in fields(value)}
        return replace(value, **moved)
    return value
