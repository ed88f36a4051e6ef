"""Where training starts from: weights in a file, with a classifier for the classes of the data."""

from collections.abc import Sequence
from pathlib import Path

import torch

from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import read_weights
from steadymask.networks.from_state import network_from_published, network_from_state, refiner_from_state
from steadymask.networks.refiner import Refiner
from steadymask.networks.segmentation_network import SegmentationNetwork, with_classes
from steadymask.training.outputs import Teacher


def open_weights(path: Path) -> tuple[SegmentationNetwork, tuple[str, ...]]:
    """The network that a file of weights is of, in evaluation mode, and the names of its classes.

    Args:
        path: our safetensors, or published weights of ESPNetV2 or of torchvision's DeepLabV3.

    Raises:
        WeightsError: it cannot be read, or is of something else.
    """
    weights = read_weights(path)
    if weights.of is None:
        return network_from_published(weights.state, where=str(path))
    of = weights.of
    network = network_from_state(weights.state, name=of.network, config=of.config, where=str(path))
    outputs = max(network.config.classes, 2)
    if of.classes and len(of.classes) != outputs:
        raise WeightsError(f"{path}: wanted names for {outputs} classes, got {len(of.classes)}")
    return network, of.classes


def open_refiner(path: Path) -> Refiner:
    """The refiner that a file of weights is of, in evaluation mode.

    Raises:
        WeightsError: it cannot be read, or is of something else.
    """
    weights = read_weights(path)
    if weights.of is None:
        raise WeightsError(f"{path}: wanted weights of {Refiner.name}, got a file that does not say of what")
    of = weights.of
    return refiner_from_state(weights.state, name=of.network, config=of.config, where=str(path))


def started(path: Path | None, classes: Sequence[str], *, expected: str) -> SegmentationNetwork:
    """The network to train: all weights of a file, its classifier only if it is for the same classes.

    Args:
        path: the file.
        classes: of the data.
        expected: what the file should be, for the message where there is none.

    Raises:
        InputError: no file was given.
        WeightsError: it cannot be read.
    """
    if path is None:
        raise InputError(f"weights: wanted {expected}, got none")
    network, names = open_weights(path)
    return two_outputs(network) if names == tuple(classes) else with_classes(network, len(classes))


def teacher_from(path: Path | None, classes: Sequence[str]) -> Teacher:
    """A network that tells the same classes apart, as somebody to learn from.

    Raises:
        InputError: no file was given, or its network tells others apart.
        WeightsError: it cannot be read.
    """
    if path is None:
        raise InputError("teacher: wanted the weights that a recipe for teachers wrote, got none")
    network, names = open_weights(path)
    if names != tuple(classes):
        got = f"one of {', '.join(names)}" if names else "one whose classes have no names"
        raise InputError(f"{path}: wanted a teacher of {', '.join(classes)}, got {got}")
    return Teacher(network=two_outputs(network), layers=(network.features_layer,))


@torch.no_grad()
def two_outputs(network: SegmentationNetwork) -> SegmentationNetwork:
    """The same network, a single logit made two, whose softmax is that logit's sigmoid; others stay."""
    if network.config.classes != 1:
        return network
    two = with_classes(network, 2)
    for name in network.classifiers:
        old, new = (dict(each.get_submodule(name).named_parameters()) for each in (network, two))
        for key, value in old.items():
            new[key].zero_()[1:].copy_(value)
    return two
