"""The contract of all our networks, and how one gets a classifier for other classes."""

from abc import ABC, abstractmethod
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import require


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(ABC):
    """What every network's settings have.

    Args:
        classes: outputs a pixel; 1 is the logit of a single object, 2 are background and object.
    """

    classes: int

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.classes >= 1, f"classes: wanted at least 1, got {self.classes}")


class SegmentationNetwork(nn.Module, ABC):
    """Gives each pixel of single frames one logit for each class.

    Frames may have any size. Whatever a network subtracts or divides by is inside it. What else it computes
    for training alone (auxiliary heads, edges) comes from `forward_all`, where it has one.

    `name` is what files of weights call it. `features_layer` names the submodule whose output are the last
    features before the classifier, so that
    `network.get_submodule(network.features_layer).register_forward_hook(…)` reads them. `classifiers` names
    the convolutions that have an output for each class.
    """

    name: ClassVar[str]
    features_layer: ClassVar[str]
    classifiers: tuple[str, ...]
    config: NetworkConfig

    @abstractmethod
    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Segment RGB frames in [0, 1].

        Returns:
            Logits, of the frames' own size; softmax over `k` (sigmoid if k is 1) makes them probabilities.
        """


Network = TypeVar("Network", bound=SegmentationNetwork)


def with_classes(network: Network, classes: int) -> Network:
    """A copy of a network that tells other classes apart: new classifiers, all other weights kept.

    Args:
        network: stays as it is.
        classes: outputs a pixel.

    Raises:
        InputError: `classes` is below 1.
    """
    config = replace(network.config, classes=classes)
    changed = deepcopy(network)
    changed.config = config
    for name in network.classifiers:
        old = changed.get_submodule(name)
        require(isinstance(old, nn.Conv2d), f"{name}: wanted a convolution, got {type(old).__name__}")
        changed.set_submodule(name, _resized(old, classes))
    return changed


def _resized(old: nn.Module, classes: int) -> nn.Conv2d:
    if not isinstance(old, nn.Conv2d):
        raise TypeError(type(old).__name__)
    kernel, padding = (
        (old.kernel_size[0], old.kernel_size[1]),
        (old.kernel_size[0] // 2, old.kernel_size[1] // 2),
    )
    new = nn.Conv2d(old.in_channels, classes, kernel, padding=padding, bias=old.bias is not None)
    return new.to(old.weight.device, old.weight.dtype)
