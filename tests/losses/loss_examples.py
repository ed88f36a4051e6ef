"""One small input for every loss, in double precision, for the tests that hold for all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from steadymask.losses.balanced_cross_entropy import balanced_cross_entropy_loss
from steadymask.losses.boundary_coherency import boundary_coherency_loss
from steadymask.losses.coherent import coherent_loss
from steadymask.losses.conv_lstm import ConvLSTM
from steadymask.losses.cross_entropy import cross_entropy_loss
from steadymask.losses.distillation import (
    pair_wise_frames_loss,
    pair_wise_loss,
    pixel_wise_loss,
    single_frame_loss,
)
from steadymask.losses.edge_cross_entropy import edge_cross_entropy_loss
from steadymask.losses.global_coherency import global_coherency_loss
from steadymask.losses.inconsistency import inconsistency_loss, pair_inconsistency_loss
from steadymask.losses.lovasz import lovasz_hinge_loss, lovasz_softmax_loss
from steadymask.losses.multi_frame import multi_frame_loss
from steadymask.losses.temporal import temporal_logits_loss, temporal_loss
from steadymask.losses.transform_invariance import random_affine, transform_invariance_loss

SIZE = (4, 5)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A loss, the tensors it takes by name, and its options; `b` is 2.

    `trained` names what gets gradient. Elsewhere nothing does; of what is named in neither, nothing is said.
    """

    loss: Callable[..., Tensor]
    data: dict[str, Tensor]
    options: dict[str, Any] = field(default_factory=dict)
    trained: tuple[str, ...]
    fixed: tuple[str, ...] = ()
    image_by_image: bool = True

    def __call__(self, **changed: Tensor) -> Tensor:
        return self.loss(**(self.data | changed), **self.options)

    def __str__(self) -> str:
        return self.loss.__name__


def examples() -> list[Example]:
    """New tensors at each call; the same numbers."""
    noise = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=noise, dtype=torch.float64)

    def some(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=noise) > 0.3

    logits, other = normal(2, 2, 3, *SIZE)
    labels = torch.randint(-1, 3, (2, *SIZE), generator=noise)
    probs = {"probs_i": logits.softmax(1), "probs_j": other.softmax(1)}
    flows = {"flow_ij": normal(2, 2, *SIZE), "flow_ji": normal(2, 2, *SIZE)}
    visible = {"visible_ij": some(2, *SIZE), "visible_ji": some(2, *SIZE)}
    one_way = visible | {"visible_ji": torch.zeros(2, *SIZE, dtype=torch.bool)}
    nothing = {"tracked_ji": one_way["visible_ji"]}
    along = {"flow_ij": flows["flow_ij"], "confidence_ij": normal(2, *SIZE).sigmoid()}
    features = {"student_features": normal(2, 3, 6, 4), "teacher_features": normal(2, 5, 3, 4)}
    memory = ConvLSTM().double()
    with torch.no_grad():
        for each in memory.parameters():
            each.copy_(normal(*each.shape) / 2)
    binary = {"logits": normal(2, *SIZE), "labels": labels.clamp(max=1)}
    return [
        Example(loss=cross_entropy_loss, data={"logits": logits, "labels": labels}, trained=("logits",)),
        Example(loss=balanced_cross_entropy_loss, data=binary, trained=("logits",)),
        Example(
            loss=edge_cross_entropy_loss,
            data={"logits": logits[:, :2], "labels": labels},
            options={"width": 1},
            trained=("logits",),
        ),
        Example(loss=lovasz_hinge_loss, data=binary | {"where": some(2, *SIZE)}, trained=("logits",)),
        Example(
            loss=lovasz_softmax_loss,
            data={"probs": probs["probs_i"], "labels": labels, "where": some(2, *SIZE)},
            options={"classes": [0, 2]},
            trained=("probs",),
            image_by_image=False,
        ),
        Example(
            loss=boundary_coherency_loss,
            data=probs | flows | visible,
            options={"width": 1},
            trained=("probs_i", "probs_j"),
        ),
        Example(  # one way only, so that frame i is but the target
            loss=global_coherency_loss,
            data=probs | flows | one_way,
            options={"threshold": 0.1, "scale": 100},
            trained=("probs_j",),
            fixed=("probs_i",),
        ),
        Example(
            loss=coherent_loss,
            data=probs | flows | one_way | nothing,
            options={"width": 1, "global_weight": 0.1, "reduction": "mean", "absolute": True},
            trained=("probs_j",),
            fixed=("probs_i",),
        ),
        Example(loss=temporal_loss, data=probs | along, trained=("probs_i", "probs_j")),
        Example(
            loss=temporal_logits_loss,
            data={"logits_i": logits, "logits_j": other} | along,
            trained=("logits_i", "logits_j"),
        ),
        Example(
            loss=pixel_wise_loss,
            data={"student_logits": logits, "teacher_logits": other},
            trained=("student_logits",),
            fixed=("teacher_logits",),
        ),
        Example(
            loss=pair_wise_loss, data=features, trained=("student_features",), fixed=("teacher_features",)
        ),
        Example(
            loss=single_frame_loss,
            data={"student_logits": logits, "teacher_logits": other} | features,
            options={"pair_wise_weight": 3.0},
            trained=("student_logits", "student_features"),
            fixed=("teacher_logits", "teacher_features"),
        ),
        Example(
            loss=pair_wise_frames_loss,
            data={"student_i": logits, "student_j": other}
            | {"teacher_i": normal(2, 4, 3, 6), "teacher_j": normal(2, 4, 3, 6)},
            options={"shrink": 2},
            trained=("student_i", "student_j"),
            fixed=("teacher_i", "teacher_j"),
        ),
        Example(
            loss=multi_frame_loss,
            data={"student_features": normal(2, 2, 3, 4, 4), "teacher_features": normal(2, 2, 5, 2, 2)},
            options={"memory": memory, "shrink": 2},
            trained=("student_features",),
            fixed=("teacher_features",),
        ),
        Example(loss=pair_inconsistency_loss, data=probs | flows | visible, trained=("probs_i", "probs_j")),
        Example(
            loss=inconsistency_loss,
            data={
                "logits": normal(2, 3, 3, *SIZE),
                "labels": torch.randint(-1, 3, (2, 3, *SIZE), generator=noise),
                "flow": normal(2, 3, 3, 2, *SIZE),
                "visible": some(2, 3, 3, *SIZE),
            },
            options={"data_weight": 0.3},
            trained=("logits",),
        ),
        Example(
            loss=transform_invariance_loss,
            data=probs | {"affine_ij": random_affine(2, generator=noise).double()},
            trained=("probs_i", "probs_j"),
        ),
    ]
