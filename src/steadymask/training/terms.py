"""The losses as parts of a run: each takes what it needs from outputs and batch, and has its weight.

Settings beside the weights are those of the loss functions; a recipe says which parts a run has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from steadymask.arrays import Flow
from steadymask.data.batch import Batch
from steadymask.errors import InputError, require
from steadymask.losses.balanced_cross_entropy import balanced_cross_entropy_loss
from steadymask.losses.coherent import coherent_loss
from steadymask.losses.cross_entropy import cross_entropy_loss
from steadymask.losses.edge_cross_entropy import edge_cross_entropy_loss
from steadymask.losses.global_coherency import Reduction
from steadymask.losses.inconsistency import inconsistency_loss, pair_inconsistency_loss
from steadymask.losses.lovasz import lovasz_softmax_loss
from steadymask.losses.temporal import temporal_logits_loss, temporal_loss
from steadymask.losses.transform_invariance import (
    AffineLimits,
    affine_flow,
    random_affine,
    transform_invariance_loss,
)
from steadymask.training.neighbors import Neighbors, neighbors
from steadymask.training.outputs import Logits, Outputs
from steadymask.warp import photometric_confidence, warp

Loss = Float[Tensor, ""]


LabeledPart = Literal["labeled", "center"]
"""The parts of a batch that have labels: labeled pictures, and the centers of triplets."""


@dataclass(frozen=True, kw_only=True)
class Supervised:
    """What labels say: cross-entropy, Lovász-softmax, or the mean of both.

    Args:
        kind: which.
        balanced: in the cross-entropy background and object weigh alike; for two classes.
        weight: of it.
        part: of the batch whose labels are meant.
        output: of the network that learns: its logits, or those of an auxiliary head.
    """

    kind: Literal["cross_entropy", "lovasz", "both"] = "cross_entropy"
    balanced: bool = False
    weight: float = 1.0
    part: LabeledPart = "labeled"
    output: str = "logits"

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch."""
        logits, labels = outputs.of(self.part, output=self.output), _labels(batch, self.part)
        found = []
        if self.kind in ("cross_entropy", "both"):
            found.append(self._cross_entropy(logits, labels))
        if self.kind in ("lovasz", "both"):
            found.append(lovasz_softmax_loss(logits.softmax(1), labels, per_image=True))
        return self.weight * torch.stack(found).mean()

    def _cross_entropy(self, logits: Logits, labels: Int[Tensor, "b h w"]) -> Loss:
        if not self.balanced:
            return cross_entropy_loss(logits, labels)
        classes = logits.shape[1]
        require(classes == 2, f"balanced: wanted background and object, got {classes} classes")
        return balanced_cross_entropy_loss(logits[:, 1] - logits[:, 0], labels)


@dataclass(frozen=True, kw_only=True)
class Edges:
    """What the edges of labels say to a branch for edges.

    Args:
        weight: of it.
        width: of the edges, in pixels.
        part: of the batch whose labels are meant.
        output: of the network that learns.
    """

    weight: float = 1.0
    width: int = 3
    part: LabeledPart = "labeled"
    output: str = "edges"

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch."""
        logits, labels = outputs.of(self.part, output=self.output), _labels(batch, self.part)
        return self.weight * edge_cross_entropy_loss(logits, labels, width=self.width)


def _labels(batch: Batch, part: LabeledPart) -> Int[Tensor, "b h w"]:
    given = batch.labeled if part == "labeled" else batch.triplets
    if given is None:
        raise InputError(f"batch: wanted labels of its part {part}, got none")
    return given.labels


@dataclass(frozen=True, kw_only=True)
class Coherent:
    """Coherent loss of neighbors in time: boundary coherency `α L_bc` and global coherency `β L_gc`.

    Args:
        boundary_weight: α; 0 leaves the boundary term out of what is learned.
        global_weight: β; likewise.
        width: θ, of the band around boundaries in pixels.
        threshold: γ, by how much surer the one frame must be.
        reduction: of the global term.
    """

    boundary_weight: float = 1.0
    global_weight: float = 5e-5
    width: int = 15
    threshold: float = 5e-2
    reduction: Reduction = "sum"

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch."""
        return torch.stack([self._between(outputs, each) for each in neighbors(batch)]).mean()

    def _between(self, outputs: Outputs, near: Neighbors) -> Loss:
        motion = near.motion
        return coherent_loss(
            outputs.of(near.i).softmax(1),
            outputs.of(near.j).softmax(1),
            motion.flow_ij,
            motion.flow_ji,
            visible_ij=motion.visible_ij,
            visible_ji=motion.visible_ji,
            boundary_weight=self.boundary_weight,
            global_weight=self.global_weight,
            width=self.width,
            threshold=self.threshold,
            reduction=self.reduction,
        )


@dataclass(frozen=True, kw_only=True)
class Temporal:
    """Temporal loss of neighbors in time, as the paper has it or as its published code computes it.

    Args:
        weight: λ.
        form: "paper" compares probabilities, "code" logits.
        both_ways: takes the mean with the same from j to i.
    """

    weight: float = 0.1
    form: Literal["paper", "code"] = "paper"
    both_ways: bool = False

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch."""
        found = [each for near in neighbors(batch) for each in self._between(outputs, near)]
        return self.weight * torch.stack(found).mean()

    def _between(self, outputs: Outputs, near: Neighbors) -> Iterator[Loss]:
        i, j, motion = outputs.of(near.i), outputs.of(near.j), near.motion
        confidence_ij = photometric_confidence(near.pictures_i, near.pictures_j, motion.flow_ij)
        yield self._one_way(i, j, motion.flow_ij, confidence_ij)
        if self.both_ways:
            confidence_ji = photometric_confidence(near.pictures_j, near.pictures_i, motion.flow_ji)
            yield self._one_way(j, i, motion.flow_ji, confidence_ji)

    def _one_way(self, logits_i: Logits, logits_j: Logits, flow_ij: Flow, confidence_ij: Tensor) -> Loss:
        if self.form == "code":
            return temporal_logits_loss(logits_i, logits_j, flow_ij, confidence_ij=confidence_ij)
        probs_i, probs_j = logits_i.softmax(1), logits_j.softmax(1)
        return temporal_loss(probs_i, probs_j, flow_ij, confidence_ij=confidence_ij)


@dataclass(frozen=True, kw_only=True)
class Inconsistent:
    """The differentiable inconsistency of neighbors in time.

    Args:
        weight: of it.
    """

    weight: float = 1.0

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch."""
        return self.weight * torch.stack([_inconsistency(outputs, each) for each in neighbors(batch)]).mean()


@dataclass(frozen=True, kw_only=True)
class GroupInconsistent:
    """The inconsistency of all pairs of frames of groups, and what binds them to the masks they came with.

    Args:
        weight: of both.
        teacher_weight: w_D, of the cross-entropy to what made the masks.
    """

    weight: float = 1.0
    teacher_weight: float = 1.0

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch."""
        logits, groups = outputs.of("groups"), batch.groups
        if groups is None or groups.flow is None or groups.visible is None:
            raise InputError("flows: wanted the flow of groups for a loss along the motion, got none")
        return self.weight * inconsistency_loss(
            logits.view(*groups.labels.shape[:2], *logits.shape[1:]),
            groups.labels,
            groups.flow,
            visible=groups.visible,
            data_weight=self.teacher_weight,
        )


@dataclass(frozen=True, kw_only=True)
class TransformInvariant:
    """Transform invariance of labeled pictures: the baseline that needs no video.

    Args:
        weight: of it.
        limits: of the affine maps.
    """

    weight: float = 1.0
    limits: AffineLimits = AffineLimits()  # noqa: RUF009  # frozen

    def __call__(self, outputs: Outputs, batch: Batch) -> Loss:
        """The loss of one batch; its random numbers are PyTorch's own."""
        if batch.labeled is None:
            raise InputError("batch: wanted labeled pictures to transform, got none")
        pictures = batch.labeled.pictures
        affine = random_affine(len(pictures), limits=self.limits).to(pictures)
        moved = warp(pictures, affine_flow(affine, size=(pictures.shape[-2], pictures.shape[-1])))
        probs_i, probs_j = outputs.ask(moved).softmax(1), outputs.of("labeled").softmax(1)
        return self.weight * transform_invariance_loss(probs_i, probs_j, affine, form="mean_square")


def _inconsistency(outputs: Outputs, near: Neighbors) -> Loss:
    motion = near.motion
    return pair_inconsistency_loss(
        outputs.of(near.i).softmax(1),
        outputs.of(near.j).softmax(1),
        motion.flow_ij,
        motion.flow_ji,
        visible_ij=motion.visible_ij,
        visible_ji=motion.visible_ji,
    )
