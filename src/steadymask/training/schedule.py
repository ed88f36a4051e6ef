"""How the learning rate falls: functions of the step alone, so that resumed work goes on exactly."""

from dataclasses import dataclass

from steadymask.errors import require


@dataclass(frozen=True, kw_only=True)
class Constant:
    """The rate stays."""

    def factor(self, step: int, steps: int) -> float:
        """1 at every step."""
        return 1.0


@dataclass(frozen=True, kw_only=True)
class Poly:
    """The rate falls to zero as `(1 − step / steps) ^ power`.

    Args:
        power: 1 falls evenly; less stays high for longer.
    """

    power: float = 0.9

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.power > 0, f"power: wanted a positive number, got {self.power}")

    def factor(self, step: int, steps: int) -> float:
        """What the rate is multiplied by at a step.

        >>> [round(Poly(power=1.0).factor(step, 4), 2) for step in range(5)]
        [1.0, 0.75, 0.5, 0.25, 0.0]
        """
        return float((1 - step / steps) ** self.power)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The rate falls at some steps.

    Args:
        at: where, as shares of all steps.
        by: what it is multiplied by at each.
    """

    at: tuple[float, ...] = (0.6, 0.85)
    by: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        require(
            all(0 < share < 1 for share in self.at), f"at: wanted shares of all steps, 0 to 1, got {self.at}"
        )
        require(0 < self.by <= 1, f"by: wanted a number in (0, 1], got {self.by}")

    def factor(self, step: int, steps: int) -> float:
        """What the rate is multiplied by at a step.

        >>> [Steps(at=(0.5,), by=0.1).factor(step, 4) for step in range(4)]
        [1.0, 1.0, 0.1, 0.1]
        """
        return float(self.by ** sum(step >= share * steps for share in self.at))


Schedule = Constant | Poly | Steps
