"""An average of a network's weights over the steps of training, which is steadier than the last of them."""

import torch
from torch import Tensor, nn


class WeightAverage:
    """The exponential average of all weights; buffers, such as those of batch norms, are the last ones.

    Args:
        network: its weights now are where the average begins.
        decay: share of the average that stays at each step; less at first, so that the start is soon gone.
    """

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        self._decay, self._updates = decay, 0
        self._network = network
        self._weights = {name: each.detach().clone() for name, each in network.named_parameters()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        self._updates += 1
        decay = min(self._decay, self._updates / (self._updates + 9))
        for name, weight in self._network.named_parameters():
            self._weights[name].lerp_(weight, 1 - decay)

    def state(self) -> dict[str, Tensor]:
        """The network's state with averaged weights."""
        return self._network.state_dict() | self._weights

    def saved(self) -> dict[str, object]:
        """What a checkpoint keeps."""
        return {"updates": self._updates, "weights": self._weights}

    def restore(self, saved: dict[str, object]) -> None:
        """Go on from what a checkpoint kept."""
        self._updates = int(saved["updates"])  # type: ignore[call-overload]
        weights: dict[str, Tensor] = saved["weights"]  # type: ignore[assignment]
        for name, each in self._weights.items():
            each.copy_(weights[name])
