"""What `train` did."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What `train` did.

    Args:
        recipe: its name.
        weights: where they lie.
        steps: of all phases.
        found: by the last look at data held out: accuracy and stability; empty without one.
        parameters: how many numbers the network has learned.
        seconds: that this run took; None where nothing was left to do.
    """

    recipe: str
    weights: Path
    steps: int
    found: Mapping[str, float]
    parameters: int
    seconds: float | None = None
