"""How far a soft mask's own probability can be trusted."""

import torch
from jaxtyping import Float
from torch import Tensor


def probability_to_confidence(
    probs: Float[Tensor, "*n"], *, low: float = 0.3, high: float = 0.5, floor: float = 0.01
) -> Float[Tensor, "*n"]:
    """Weight of each pixel of a mask: 1 where the probability is 0 or 1, `floor` from `low` to `high`.

    Between, it rises fast: half the way gives 0.8. Hard masks have weight 1 everywhere.

    Args:
        probs: in [0, 1].
        low: below, the pixel is rather outside.
        high: above, the pixel is rather inside.
        floor: the least weight.

    Source: Liba et al., Sky optimization (2020), section 3.2.

    >>> probability_to_confidence(torch.tensor([0.0, 0.4, 0.75, 1.0]))
    tensor([1.0000, 0.0100, 0.8000, 1.0000])
    """
    sureness = torch.maximum((low - probs) / low, (probs - high) / (1 - high))
    return _bias(sureness.clamp_min(0)).clamp_min(floor)


def _bias(x: Float[Tensor, "*n"], b: float = 0.8) -> Float[Tensor, "*n"]:
    """Schlick's bias: 0, ½ and 1 become 0, `b` and 1."""
    return x / ((1 / b - 2) * (1 - x) + 1)
