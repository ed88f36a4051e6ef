"""The logarithm of probabilities that may be zero."""

from jaxtyping import Float
from torch import Tensor

FLOOR = 1e-12


def log_of_probs(probs: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """`log p`, and `log 1e-12` without gradient below that, so that no loss or gradient is infinite."""
    return probs.clamp(min=FLOOR).log()
