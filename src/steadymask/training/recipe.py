"""A training setting as a whole: network, data, and the phases it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass
from re import fullmatch

from torch import nn

from steadymask.arrays import FlowEstimator
from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.training_data import TrainingData
from steadymask.errors import require
from steadymask.flow.dis import DIS
from steadymask.networks.refiner import Refiner
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.training.config import TrainingConfig
from steadymask.training.outputs import Teacher, Term
from steadymask.training.pseudo_labels import PseudoLabels

_TAKEN = ("flows", "frames", "pseudo-labels")  # other folders beside those of phases


@dataclass(frozen=True, kw_only=True, eq=False)
class Phase:
    """A stretch of training with one loss.

    Args:
        name: what logs and progress call it.
        config: steps, rate and the like.
        batch: what the network sees in a step.
        augmentation: how pictures are varied.
        terms: of the loss.
        layers: of the network, whose features some of them want.
        everything: some of them want auxiliary outputs; then each of these must be wanted by one, as several
            processes wait for the gradients of all weights.
    """

    name: str
    config: TrainingConfig
    batch: BatchSettings
    augmentation: Augmentation
    terms: Mapping[str, Term]
    layers: tuple[str, ...] = ()
    everything: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        plain = self.name not in _TAKEN and fullmatch(r"\w[\w-]*", self.name) is not None
        taken = ", ".join(_TAKEN)
        require(plain, f"name: wanted letters, digits and hyphens, not {taken}, got {self.name!r}")
        require(bool(self.terms), f"{self.name}: terms: wanted at least one, got none")


@dataclass(frozen=True, kw_only=True, eq=False)
class Recipe:
    """A training setting.

    Args:
        network: with the weights it starts from.
        data: what it learns from.
        phases: one after the other.
        flow: estimates the flow of pairs.
        half_flow: estimate it on frames of half the size, a quarter of the time and of the disk.
        teacher: whom terms of distillation and pseudo labels ask.
        pseudo_labels: what the teacher labels before the first phase; None: nothing.
        held_out: what the network is looked at on, never learned from; None: nothing.
    """

    network: nn.Module
    data: TrainingData
    phases: tuple[Phase, ...]
    flow: FlowEstimator = DIS()  # noqa: RUF009  # frozen
    half_flow: bool = False
    teacher: Teacher | None = None
    pseudo_labels: PseudoLabels | None = None
    held_out: TrainingData | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        names = [phase.name for phase in self.phases]
        require(bool(names), "phases: wanted at least one, got none")
        require(len({*names}) == len(names), f"phases: wanted different names, got {', '.join(names)}")
        taught = self.pseudo_labels is None or self.teacher is not None
        require(taught, "teacher: wanted one for pseudo labels, got none")
        learning = [
            id(term) for each in self.phases for term in each.terms.values() if isinstance(term, nn.Module)
        ]
        alone = len({*learning}) == len(learning)
        require(alone, "phases: wanted terms that learn in one phase each, got one in several")
        single = self.held_out is None or not isinstance(self.network, Refiner)
        require(single, "held_out: wanted none for a refiner, which sees no single pictures, got some")
        if isinstance(self.network, SegmentationNetwork):
            classes, outputs = len(self.data.classes), self.network.config.classes
            require(
                outputs == classes,
                f"network: wanted {classes} outputs, one for each class of {self.data.name}, got {outputs}",
            )
