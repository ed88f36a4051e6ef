"""Logarithmic axes of drawings."""

import math
from collections.abc import Sequence


def ticks(values: Sequence[float]) -> list[float]:
    """1, 2, 5 and their powers of ten that enclose all values, or of these only every power of ten."""
    low, high = min(values), max(values)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [step * 10.0**power for power in powers for step in steps]
        first = max(number for number, tick in enumerate(found) if tick <= low)
        last = min(number for number, tick in enumerate(found) if tick >= high)
        if last - first < 7:
            break
    return found[first : last + 1]


def place(value: float, ticks: Sequence[float], start: float, end: float) -> float:
    """Where a value lies between `start`, that of the first tick, and `end`, that of the last."""
    low, high = math.log(ticks[0]), math.log(ticks[-1])
    return start + (end - start) * (math.log(value) - low) / (high - low)
