"""What a run of training is made with, apart from network, data and losses."""

from dataclasses import dataclass
from typing import Literal

from steadymask.errors import require
from steadymask.training.schedule import Poly, Schedule

Precision = Literal["32", "16", "bf16"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """One phase of training.

    Args:
        steps: of the optimizer.
        learning_rate: at its highest.
        optimizer: stochastic gradient descent with momentum, or Adam with decoupled weight decay.
        momentum: of SGD.
        weight_decay: of every weight that has more than one axis; norms and biases are left alone.
        schedule: how the rate falls.
        warm_up: steps over which the rate rises from zero.
        accumulate: batches a step.
        precision: of forward and backward; 16 scales the loss.
        clip: the largest norm of the gradient; None leaves it.
        average: decay of an average of the weights over steps, which is what is kept; 0 keeps the last.
        check_every: steps between looks at the clips held out; 0: only at the end.
        patience: looks without progress after which training stops; 0: never.
        keep_every: steps between checkpoints.
        seed: of batches, augmentation and dropout.
    """

    steps: int
    learning_rate: float
    optimizer: Literal["sgd", "adamw"] = "sgd"
    momentum: float = 0.9
    weight_decay: float = 5e-4
    schedule: Schedule = Poly()  # noqa: RUF009  # frozen
    warm_up: int = 0
    accumulate: int = 1
    precision: Precision = "32"
    clip: float | None = None
    average: float = 0.0
    check_every: int = 0
    patience: int = 0
    keep_every: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("steps", "accumulate", "keep_every"):
            require(getattr(self, name) >= 1, f"{name}: wanted at least 1, got {getattr(self, name)}")
        for name in ("warm_up", "check_every", "patience", "weight_decay"):
            require(getattr(self, name) >= 0, f"{name}: wanted at least 0, got {getattr(self, name)}")
        for name in ("momentum", "average"):
            require(
                0 <= getattr(self, name) < 1, f"{name}: wanted a number in [0, 1), got {getattr(self, name)}"
            )
        require(self.learning_rate > 0, f"learning_rate: wanted a positive number, got {self.learning_rate}")
        require(self.clip is None or self.clip > 0, f"clip: wanted a positive number, got {self.clip}")

    def rate(self, step: int) -> float:
        """The learning rate at a step.

        >>> config = TrainingConfig(steps=10, learning_rate=1.0, schedule=Poly(power=1.0), warm_up=2)
        >>> [round(config.rate(step), 2) for step in (0, 1, 2, 5)]
        [0.5, 0.9, 0.8, 0.5]
        """
        rising = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        return self.learning_rate * rising * self.schedule.factor(step, self.steps)
