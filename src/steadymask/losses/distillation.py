"""Distillation from a teacher network: pixel by pixel, and by how alike places are in one or two frames."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import kl_div

from steadymask.losses.similarity import common_grid, directions, squared_difference_of_similarities


def pixel_wise_loss(
    student_logits: Float[Tensor, "b k h w"], teacher_logits: Float[Tensor, "b k h w"]
) -> Float[Tensor, ""]:
    """The mean over pixels of `KL(teacher ‖ student)`; from 0, lower is better.

    Args:
        student_logits: before softmax.
        teacher_logits: likewise; they get no gradient.

    Source: Liu et al., Structured knowledge distillation for semantic segmentation (2019), eq. 1.
    Deviates: the teacher comes first in the divergence, as in the released code of Liu et al. (2020).
    """
    student, teacher = student_logits.log_softmax(1), teacher_logits.detach().log_softmax(1)
    return kl_div(student, teacher, reduction="none", log_target=True).sum(1).mean()


def pair_wise_loss(
    student_features: Float[Tensor, "b c h w"],
    teacher_features: Float[Tensor, "b d h2 w2"],
    *,
    shrink: int = 2,
) -> Float[Tensor, ""]:
    """How differently student and teacher find the places of one frame alike; in [0, 4], lower is better.

    The mean squared difference of the cosine similarities of all pairs of places. Channels and sizes may
    differ.

    Args:
        student_features: of one frame.
        teacher_features: of the same frame; they get no gradient.
        shrink: both are average-pooled to the larger map's grid, this many times smaller.

    Raises:
        InputError: `shrink` is below 1.

    Source: Liu et al. (2019), eq. 2.
    """
    grid = common_grid(student_features, teacher_features, shrink=shrink)
    student = directions(student_features, grid=grid)
    teacher = directions(teacher_features.detach(), grid=grid)
    return squared_difference_of_similarities(student, student, teacher, teacher).mean()


def single_frame_loss(
    student_logits: Float[Tensor, "b k h w"],
    teacher_logits: Float[Tensor, "b k h w"],
    student_features: Float[Tensor, "b c h2 w2"],
    teacher_features: Float[Tensor, "b d h3 w3"],
    *,
    pair_wise_weight: float = 1.0,
    shrink: int = 2,
) -> Float[Tensor, ""]:
    """SF: `pixel_wise_loss` plus a weight times `pair_wise_loss`; from 0, lower is better.

    Args:
        student_logits: before softmax.
        teacher_logits: likewise; they get no gradient.
        student_features: of the same frame.
        teacher_features: likewise; they get no gradient.
        pair_wise_weight: of the second term.
        shrink: see `pair_wise_loss`.

    Raises:
        InputError: `shrink` is below 1.

    Source: Liu et al. (2019), eq. 5, without its adversarial term; Liu et al., Efficient video segmentation
        models with per-frame inference, table I, rows g to i.
    """
    of_pairs = pair_wise_loss(student_features, teacher_features, shrink=shrink)
    return pixel_wise_loss(student_logits, teacher_logits) + pair_wise_weight * of_pairs


def pair_wise_frames_loss(
    student_i: Float[Tensor, "b k h w"],
    student_j: Float[Tensor, "b k h w"],
    teacher_i: Float[Tensor, "b d h2 w2"],
    teacher_j: Float[Tensor, "b d h2 w2"],
    *,
    shrink: int = 8,
) -> Float[Tensor, ""]:
    """PF: how differently student and teacher relate the places of two frames; in [0, 4], lower is better.

    The mean squared difference of the cosine similarities of every place of frame i with every one of
    frame j. Both student frames get gradient.

    Args:
        student_i: the student's probabilities of frame i.
        student_j: of frame j.
        teacher_i: the teacher's of frame i; they get no gradient.
        teacher_j: of frame j; likewise.
        shrink: all are average-pooled to the larger map's grid, this many times smaller.

    Raises:
        InputError: `shrink` is below 1.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, eq. 2.
    """
    grid = common_grid(student_i, teacher_i, shrink=shrink)
    students = (directions(each, grid=grid) for each in (student_i, student_j))
    teachers = (directions(each.detach(), grid=grid) for each in (teacher_i, teacher_j))
    return squared_difference_of_similarities(*students, *teachers).mean()


class PixelWiseLoss(nn.Module):
    """`pixel_wise_loss` as a module."""

    def forward(
        self, student_logits: Float[Tensor, "b k h w"], teacher_logits: Float[Tensor, "b k h w"]
    ) -> Float[Tensor, ""]:
        """See `pixel_wise_loss`."""
        return pixel_wise_loss(student_logits, teacher_logits)


class PairWiseLoss(nn.Module):
    """`pair_wise_loss` as a module."""

    def __init__(self, *, shrink: int = 2) -> None:
        super().__init__()
        self.shrink = shrink

    def forward(
        self, student_features: Float[Tensor, "b c h w"], teacher_features: Float[Tensor, "b d h2 w2"]
    ) -> Float[Tensor, ""]:
        """See `pair_wise_loss`."""
        return pair_wise_loss(student_features, teacher_features, shrink=self.shrink)


class SingleFrameLoss(nn.Module):
    """`single_frame_loss` as a module."""

    def __init__(self, *, pair_wise_weight: float = 1.0, shrink: int = 2) -> None:
        super().__init__()
        self.pair_wise_weight = pair_wise_weight
        self.shrink = shrink

    def forward(
        self,
        student_logits: Float[Tensor, "b k h w"],
        teacher_logits: Float[Tensor, "b k h w"],
        student_features: Float[Tensor, "b c h2 w2"],
        teacher_features: Float[Tensor, "b d h3 w3"],
    ) -> Float[Tensor, ""]:
        """See `single_frame_loss`."""
        return single_frame_loss(
            student_logits,
            teacher_logits,
            student_features,
            teacher_features,
            pair_wise_weight=self.pair_wise_weight,
            shrink=self.shrink,
        )


class PairWiseFramesLoss(nn.Module):
    """`pair_wise_frames_loss` as a module."""

    def __init__(self, *, shrink: int = 8) -> None:
        super().__init__()
        self.shrink = shrink

    def forward(
        self,
        student_i: Float[Tensor, "b k h w"],
        student_j: Float[Tensor, "b k h w"],
        teacher_i: Float[Tensor, "b d h2 w2"],
        teacher_j: Float[Tensor, "b d h2 w2"],
    ) -> Float[Tensor, ""]:
        """See `pair_wise_frames_loss`."""
        return pair_wise_frames_loss(student_i, student_j, teacher_i, teacher_j, shrink=self.shrink)
