"""A convolutional LSTM, which reads a sequence of maps into one small state."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import require

State = tuple[Float[Tensor, "b hidden h w"], Float[Tensor, "b hidden h w"]]
"""The hidden state, in (−1, 1), and the cell state."""


class ConvLSTM(nn.Module):
    """All four gates in one convolution, with bias, without peepholes; the state starts at zero.

    Args:
        channels: of the maps it reads.
        hidden: channels of its state.
        kernel: size of the convolution, odd.

    Raises:
        InputError: `kernel` is not odd and positive.

    Source: Shi et al., Convolutional LSTM network (2015), without the products with the cell state.
    """

    def __init__(self, *, channels: int = 1, hidden: int = 4, kernel: int = 3) -> None:
        super().__init__()
        require(kernel > 0 and kernel % 2 == 1, f"kernel: wanted an odd size above 0, got {kernel}")
        self.gates = nn.Conv2d(channels + hidden, 4 * hidden, kernel, padding=kernel // 2)
        self.hidden = hidden

    def forward(self, sequence: Float[Tensor, "b t c h w"]) -> State:
        """Read the maps in order; return the last hidden and cell state."""
        batch, _, _, height, width = sequence.shape
        hidden = cell = sequence.new_zeros(batch, self.hidden, height, width)
        for each in sequence.unbind(1):
            gates = self.gates(torch.cat([each, hidden], dim=1)).chunk(4, dim=1)
            enter, keep, leave = (gate.sigmoid() for gate in gates[:3])
            cell = keep * cell + enter * gates[3].tanh()
            hidden = leave * cell.tanh()
        return hidden, cell

    @torch.no_grad()
    def clamp(self, limit: float = 1.0) -> None:
        """Clip all weights and biases to [−limit, limit]; to be called after each step of the optimizer."""
        for each in self.parameters():
            each.clamp_(-limit, limit)
