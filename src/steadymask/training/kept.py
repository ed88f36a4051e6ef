"""All that a run of training carries from step to step, and what of it survives an interruption."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from steadymask.errors import WeightsError
from steadymask.training.checkpoint import read_checkpoint, write_checkpoint
from steadymask.training.looks import Looks
from steadymask.training.weight_average import WeightAverage

Check = Callable[[nn.Module], Mapping[str, float]]
"""Looks at a network on clips held out; `accuracy` and `stability` are among what it finds, higher better."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What training came to.

    Args:
        steps: how many were done.
        best_step: how many had been done when the weights were made that the network has now.
        found: by the look at these; empty without one.
    """

    steps: int
    best_step: int
    found: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """All that a run carries.

    Args:
        file: the checkpoint.
        network: in training.
        learning: the terms of the loss that learn too.
        optimizer: of both.
        average: of the network's weights; None: there is none.
        looks: at the network so far.
    """

    file: Path
    network: nn.Module
    learning: nn.ModuleDict
    optimizer: Optimizer
    average: WeightAverage | None
    looks: Looks

    def look(self, check: Check, step: int) -> dict[str, float]:
        """Look at the weights that would be kept now."""
        now = {name: each.clone() for name, each in self.network.state_dict().items()}
        weights = self._weights()
        self.network.load_state_dict(weights)
        self.network.eval()
        with torch.no_grad():
            found = dict(check(self.network))
        self.network.load_state_dict(now)
        self.looks.add(step, found, weights)
        return found

    def write(self, step: int) -> None:
        """Write the checkpoint."""
        write_checkpoint(
            self.file,
            {
                "step": step,
                "network": self.network.state_dict(),
                "terms": self.learning.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "average": self.average.saved() if self.average is not None else None,
                "looks": self.looks.saved(),
            },
        )

    def restored(self) -> int:
        """Read the checkpoint, if there is one; return how many steps are done."""
        if not self.file.exists():
            return 0
        state = read_checkpoint(self.file)
        try:
            self.network.load_state_dict(state["network"])
            self.learning.load_state_dict(state["terms"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise WeightsError(
                f"{self.file}: wanted the checkpoint of this network, got another ({reason})"
            ) from error
        if self.average is not None and state["average"] is not None:
            self.average.restore(state["average"])
        self.looks.restore(state["looks"])
        return int(state["step"])

    def best(self, step: int) -> Fitted:
        """Give the network its best weights."""
        weights = self.looks.weights
        self.network.load_state_dict(self._weights() if weights is None else weights)
        self.network.eval()
        best_step = step if weights is None else self.looks.best_step
        return Fitted(steps=step, best_step=best_step, found=self.looks.found)

    def _weights(self) -> dict[str, Tensor]:
        return self.network.state_dict() if self.average is None else self.average.state()
