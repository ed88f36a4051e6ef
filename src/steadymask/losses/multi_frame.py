"""Multi-frame distillation: student and teacher should relate the frames of a sequence alike."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.losses.conv_lstm import ConvLSTM, State
from steadymask.losses.similarity import common_grid, directions


def multi_frame_loss(
    student_features: Float[Tensor, "b t c h w"],
    teacher_features: Float[Tensor, "b t d h2 w2"],
    *,
    memory: ConvLSTM,
    shrink: int = 16,
    collapse_weight: float = 0.1,
) -> Float[Tensor, ""]:
    """MF: how far apart two embeddings of a sequence are, plus a guard against collapse; lower is better.

    One shared ConvLSTM reads the self-similarities of the student's features, frame by frame, and those of
    the teacher's. The loss is the mean squared difference of the last hidden states plus that of the last
    cell states, to which comes `collapse_weight · mean(1 − |E|)` over the teacher's states E, both of them.

    The ConvLSTM trains with the student. Were all its weights 0, every difference would vanish; against that
    stands the added term, which has gradient to the ConvLSTM only, and `memory.clamp()` after each step.

    Args:
        student_features: the last features before the classifier.
        teacher_features: likewise; they get no gradient. Channels and sizes may differ.
        memory: the shared ConvLSTM, which reads maps of one channel.
        shrink: features are average-pooled to the larger map's grid, this many times smaller; with N places
            there, a self-similarity is a map of N × N.
        collapse_weight: of the guard; 0 leaves it out.

    Raises:
        InputError: `shrink` is below 1.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, section III-B; kernel,
        channels, pooling, and means from its released code. Deviates: the paper only says that weights are
        clipped to "a range" and the embedding is "enlarged"; the range and the term are ours.
    """
    grid = common_grid(student_features, teacher_features, shrink=shrink)
    student: State = memory(_self_similarities(student_features, grid=grid))
    teacher: State = memory(_self_similarities(teacher_features.detach(), grid=grid))
    (hidden_s, cell_s), (hidden_t, cell_t) = student, teacher
    difference = (hidden_s - hidden_t).square().mean() + (cell_s - cell_t).square().mean()
    return difference + collapse_weight * (1 - torch.stack(teacher).abs().mean())


class MultiFrameLoss(nn.Module):
    """`multi_frame_loss` as a module, whose parameters are those of the shared ConvLSTM."""

    def __init__(self, *, memory: ConvLSTM, shrink: int = 16, collapse_weight: float = 0.1) -> None:
        super().__init__()
        self.memory = memory
        self.shrink = shrink
        self.collapse_weight = collapse_weight

    def forward(
        self, student_features: Float[Tensor, "b t c h w"], teacher_features: Float[Tensor, "b t d h2 w2"]
    ) -> Float[Tensor, ""]:
        """See `multi_frame_loss`."""
        return multi_frame_loss(
            student_features,
            teacher_features,
            memory=self.memory,
            shrink=self.shrink,
            collapse_weight=self.collapse_weight,
        )


def _self_similarities(
    features: Float[Tensor, "b t c h w"], *, grid: tuple[int, int]
) -> Float[Tensor, "b t 1 n n"]:
    """The cosine similarity of every place of a frame with every other, as a map of one channel."""
    places = directions(features.flatten(0, 1), grid=grid)
    alike = places @ places.mT
    return alike.view(*features.shape[:2], 1, *alike.shape[1:])
