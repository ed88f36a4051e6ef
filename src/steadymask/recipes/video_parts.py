"""The parts of paper 3's method as terms of a phase, for any of our networks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

from torch import nn

from steadymask.errors import require
from steadymask.networks.bisenetv2 import BiSeNetV2
from steadymask.networks.pspnet import PSPNet
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.recipes.given import Given
from steadymask.recipes.start import teacher_from
from steadymask.training.config import TrainingConfig
from steadymask.training.distillation import MultiFrame, PairWiseFrames, SingleFrame
from steadymask.training.outputs import Teacher, Term
from steadymask.training.terms import LabeledPart, Supervised, Temporal

Part = Literal["SF", "PF", "MF", "TL", "PL"]
"""The parts of the method by their names in the paper: single-frame, pair-wise-frames and multi-frame
distillation, temporal loss, pseudo labels."""

_TAUGHT = frozenset({"SF", "PF", "MF", "PL"})
_MOVING = frozenset({"PF", "MF", "TL"})
_LAMBDA = 0.1


def require_parts(parts: tuple[Part, ...]) -> None:
    """Raise an `InputError` unless all are parts of the method."""
    unknown = [each for each in parts if each not in get_args(Part)]
    require(not unknown, f"parts: wanted some of {', '.join(get_args(Part))}, got {', '.join(unknown)}")


def see_motion(parts: tuple[Part, ...]) -> bool:
    """Whether some of the parts look at frames beside the labeled ones."""
    return bool(_MOVING.intersection(parts))


def taught(given: Given, classes: tuple[str, ...], parts: tuple[Part, ...]) -> Teacher | None:
    """The teacher, if a part asks one, with the layer whose features are compared.

    Raises:
        InputError: none was given, or its network tells others apart.
        WeightsError: its weights cannot be read.
    """
    if not _TAUGHT.intersection(parts):
        return None
    teacher = teacher_from(given.teacher, classes)
    return replace(teacher, layers=(compared_layer(teacher.network),))


def compared_layer(network: nn.Module) -> str:
    """What a teacher and a student are compared by: of a PSPNet its pyramid, else the last features."""
    if isinstance(network, PSPNet):
        return "pyramid"
    if isinstance(network, SegmentationNetwork):
        return network.features_layer
    raise TypeError(type(network).__name__)


def layers_of(network: SegmentationNetwork, parts: tuple[Part, ...]) -> tuple[str, ...]:
    """The layers of a student that the parts want."""
    return (compared_layer(network),) if {"SF", "MF"}.intersection(parts) else ()


def terms_of(
    parts: tuple[Part, ...],
    network: SegmentationNetwork,
    teacher: Teacher | None,
    *,
    part: LabeledPart = "labeled",
) -> dict[str, Term]:
    """Labels, for the network's auxiliary heads too, and the parts, all with λ = 0.1.

    Args:
        parts: of the method.
        network: that learns.
        teacher: whom it learns from.
        part: of the batch whose labels are meant.
    """
    terms: dict[str, Term] = {"supervised": Supervised(part=part)}
    for output, weight in auxiliary_of(network).items():
        terms[output.replace(".", "_")] = Supervised(output=output, weight=weight, part=part)
    there = "" if teacher is None else teacher.layers[0]
    here = compared_layer(network)
    made: Mapping[Part, Term] = {
        "SF": SingleFrame(layer=here, teacher_layer=there, weight=_LAMBDA, part=part),
        "PF": PairWiseFrames(weight=_LAMBDA),
        "MF": MultiFrame(layer=here, teacher_layer=there, weight=_LAMBDA),
        "TL": Temporal(weight=_LAMBDA),
    }
    return terms | {name: made[name] for name in parts if name != "PL"}


def auxiliary_of(network: SegmentationNetwork) -> dict[str, float]:
    """What the losses of a network's auxiliary heads count, by output."""
    if isinstance(network, PSPNet) and network.auxiliary is not None:
        return {"auxiliary": 0.4}
    if isinstance(network, BiSeNetV2):
        return {f"boosters.{number}": 1.0 for number in range(len(network.boosters))}
    return {}


def config_of(given: Given, steps: int) -> TrainingConfig:
    """SGD at 0.01, which falls with the power 0.9; weight decay 1e-4 as in the published code."""
    return TrainingConfig(steps=steps, learning_rate=1e-2, weight_decay=1e-4, seed=given.seed)
