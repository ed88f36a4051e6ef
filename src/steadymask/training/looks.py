"""Looks at clips held out: which weights were the best, and whether it still gets better."""

from collections.abc import Mapping
from math import isnan
from typing import Any

from torch import Tensor

_WATCHED = ("accuracy", "stability")


class Looks:
    """The best weights so far by accuracy and stability together; neither alone is a success.

    Args:
        patience: looks in which neither has risen above its highest, after which it is over; 0: never.
    """

    def __init__(self, *, patience: int) -> None:
        self._patience = patience
        self._waited = 0
        self._highest = dict.fromkeys(_WATCHED, -1.0)
        self.best_step = 0
        self.found: dict[str, float] = {}
        self.weights: dict[str, Tensor] | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has not got better for too long."""
        return 0 < self._patience <= self._waited

    def add(self, step: int, found: Mapping[str, float], weights: Mapping[str, Tensor]) -> None:
        """Take in a look.

        Args:
            step: how many steps had been done.
            found: `accuracy` and `stability` among it, higher better.
            weights: that were looked at.
        """
        risen = [key for key in _WATCHED if found[key] > self._highest[key]]
        self._highest |= {key: found[key] for key in risen}
        self._waited = 0 if risen else self._waited + 1
        if self.weights is None or _score(found) > _score(self.found):
            self.best_step, self.found = step, dict(found)
            self.weights = {name: each.detach().cpu().clone() for name, each in weights.items()}

    def saved(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "waited": self._waited,
            "highest": self._highest,
            "best_step": self.best_step,
            "found": self.found,
            "weights": self.weights,
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self._waited, self._highest = saved["waited"], dict(saved["highest"])
        self.best_step, self.found, self.weights = saved["best_step"], dict(saved["found"]), saved["weights"]


def _score(found: Mapping[str, float]) -> float:
    return sum(0.0 if isnan(found[key]) else found[key] for key in _WATCHED)  # undefined: no merit
