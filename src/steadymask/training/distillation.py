"""What a teacher says as parts of a run: of single frames, of pairs of frames, and of whole sequences."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from steadymask.data.batch import Batch
from steadymask.losses.conv_lstm import ConvLSTM
from steadymask.losses.distillation import pair_wise_frames_loss, single_frame_loss
from steadymask.losses.multi_frame import multi_frame_loss
from steadymask.training.neighbors import sequences
from steadymask.training.outputs import Outputs
from steadymask.training.terms import Loss


@dataclass(frozen=True, kw_only=True)
class SingleFrame:
    """SF: the teacher's probabilities, and how alike it finds the places of one frame.

    Args:
        layer: of the student, whose features are compared; among the run's `layers`.
        teacher_layer: of the teacher; among its `layers`.
        weight: of the whole.
        pair_wise_weight: of the second part.
        part: of the batch.
    """

    layer: str
    teacher_layer: str
    weight: float = 0.1
    pair_wise_weight: float = 1.0
    part: str = "labeled"

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch."""
        teacher = outputs.taught
        return self.weight * single_frame_loss(
            outputs.of(self.part),
            teacher.of(self.part),
            outputs.features_of(self.layer, self.part),
            teacher.features_of(self.teacher_layer, self.part),
            pair_wise_weight=self.pair_wise_weight,
        )


@dataclass(frozen=True, kw_only=True)
class PairWiseFrames:
    """PF: how the teacher relates the places of one frame to those of the next.

    Args:
        weight: λ.
        shrink: how many times smaller the compared maps are.
    """

    weight: float = 0.1
    shrink: int = 8

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch: the mean over pairs that follow each other."""
        teacher = outputs.taught
        found = [
            pair_wise_frames_loss(
                *(outputs.of(part).softmax(1) for part in (i, j)),
                *(teacher.of(part).softmax(1) for part in (i, j)),
                shrink=self.shrink,
            )
            for parts in sequences(batch)
            for i, j in pairwise(parts)
        ]
        return self.weight * torch.stack(found).mean()


class MultiFrame(nn.Module):
    """MF: how the teacher relates the frames of a sequence, read by a ConvLSTM that learns with the student.

    Args:
        layer: of the student, whose features are read; among the run's `layers`.
        teacher_layer: of the teacher; among its `layers`.
        weight: λ.
        shrink: how many times smaller the features are made.
    """

    def __init__(self, *, layer: str, teacher_layer: str, weight: float = 0.1, shrink: int = 16) -> None:
        super().__init__()
        self.layer, self.teacher_layer = layer, teacher_layer
        self.weight, self.shrink = weight, shrink
        self.memory = ConvLSTM()

    def forward(self, outputs: Outputs, batch: Batch) -> Tensor:
        """The loss of one batch."""
        teacher = outputs.taught
        found = [
            multi_frame_loss(
                torch.stack([outputs.features_of(self.layer, part) for part in parts], 1),
                torch.stack([teacher.features_of(self.teacher_layer, part) for part in parts], 1),
                memory=self.memory,
                shrink=self.shrink,
            )
            for parts in sequences(batch)
        ]
        return self.weight * torch.stack(found).mean()

    def after_step(self) -> None:
        """Keep the ConvLSTM in bounds."""
        self.memory.clamp()
