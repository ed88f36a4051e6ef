"""All that a network computes for training, by name: logits, auxiliary heads, edges."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import InputError


@runtime_checkable
class SaysAll(Protocol):
    """A network with outputs for training alone."""

    def forward_all(self, frames: Float[Tensor, "b 3 h w"]) -> Any:  # noqa: ANN401  # a dataclass of its own
        """The logits, and what else there is, as a dataclass of tensors."""
        ...


class Everything(nn.Module):
    """Asks a network for all it computes, in one pass.

    Outputs have the names of the fields in which `forward_all` gives them; of several in one field the first
    is `boosters.0`. Where there is None, there is no output.

    Args:
        network: with a method `forward_all`; its weights are this module's.

    Raises:
        InputError: it has none.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        if not isinstance(network, SaysAll):
            name = type(network).__name__
            raise InputError(f"everything: wanted a network with auxiliary outputs, got {name}")
        self.network = network

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> dict[str, Tensor]:
        """The outputs by name; `logits` is among them."""
        return dict(_outputs(self.network.forward_all(frames)))


def _outputs(found: Any) -> Iterator[tuple[str, Tensor]]:  # noqa: ANN401  # the same
    for field in fields(found):
        value = getattr(found, field.name)
        if isinstance(value, Tensor):
            yield field.name, value
        elif value is not None:
            for number, each in enumerate(value):
                yield f"{field.name}.{number}", each
