"""Cross-entropy to labels that may be void."""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from steadymask.losses.mean_where import mean_where


def cross_entropy_loss(logits: Float[Tensor, "b k h w"], labels: Int[Tensor, "b h w"]) -> Float[Tensor, ""]:
    """The mean of `−log p` of the label over a picture's pixels, then over pictures; from 0, lower is better.

    Args:
        logits: before softmax.
        labels: below k; −1 is void, which counts nowhere. A picture that is only void counts as 0.
    """
    each = cross_entropy(logits, labels.long(), ignore_index=-1, reduction="none")
    return mean_where(each, labels >= 0).mean()


class CrossEntropyLoss(nn.Module):
    """`cross_entropy_loss` as a module."""

    def forward(self, logits: Float[Tensor, "b k h w"], labels: Int[Tensor, "b h w"]) -> Float[Tensor, ""]:
        """See `cross_entropy_loss`."""
        return cross_entropy_loss(logits, labels)
