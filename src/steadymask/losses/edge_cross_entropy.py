"""Cross-entropy of an edge branch, in which the few pixels of edges weigh as much as all others."""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from steadymask.edges import band, label_edge
from steadymask.losses.mean_where import mean_where


def edge_cross_entropy_loss(
    logits: Float[Tensor, "b 2 h w"], labels: Int[Tensor, "b h w"], *, width: int = 3
) -> Float[Tensor, ""]:
    """Half the mean of `−log p` on the edges of labels plus half that elsewhere; from 0, lower is better.

    Args:
        logits: no edge, edge; before softmax.
        labels: classes, whose edges are meant; −1 is void, which counts nowhere and makes no edge.
        width: of the edges, in pixels, odd.

    Source: Li et al., Self-correction for human parsing (2020), as its published code weighs edges: by the
        share of what is none, and the other way round.
    Deviates: each picture is balanced by itself, not the batch as a whole.
    """
    known = labels >= 0
    edges = band(label_edge(labels), width=width) & known
    each = cross_entropy(logits, edges.long(), reduction="none")
    return (mean_where(each, edges) + mean_where(each, known & ~edges)).mean() / 2


class EdgeCrossEntropyLoss(nn.Module):
    """`edge_cross_entropy_loss` as a module."""

    def __init__(self, *, width: int = 3) -> None:
        super().__init__()
        self.width = width

    def forward(self, logits: Float[Tensor, "b 2 h w"], labels: Int[Tensor, "b h w"]) -> Float[Tensor, ""]:
        """See `edge_cross_entropy_loss`."""
        return edge_cross_entropy_loss(logits, labels, width=self.width)
