"""The network that a file of weights is of, with these weights."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from torch import Tensor

from steadymask.errors import InputError, WeightsError
from steadymask.networks.bisenetv2 import BiSeNetV2, BiSeNetV2Config
from steadymask.networks.deeplabv3 import DeepLabV3, DeepLabV3Config
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.networks.espnetv2_published import (
    CITYSCAPES_CLASSES,
    PASCAL_CLASSES,
    espnetv2_from_published,
)
from steadymask.networks.pspnet import PSPNet, PSPNetConfig
from steadymask.networks.refiner import Refiner, RefinerConfig
from steadymask.networks.schp import SCHP, SCHPConfig
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.state_dict import load_exactly

_TORCHVISION = "backbone.conv1.weight"  # an entry that torchvision's DeepLabV3 has and ESPNetV2 has not

_Network = TypeVar("_Network", SegmentationNetwork, Refiner)

_MADE: Mapping[str, Callable[[Mapping[str, Any]], SegmentationNetwork]] = {
    BiSeNetV2.name: lambda config: BiSeNetV2(BiSeNetV2Config(**config)),
    DeepLabV3.name: lambda config: DeepLabV3(DeepLabV3Config(**config)),
    ESPNetV2.name: lambda config: ESPNetV2(ESPNetV2Config(**config)),
    PSPNet.name: lambda config: PSPNet(PSPNetConfig(**config)),
    SCHP.name: lambda config: SCHP(SCHPConfig(**config)),
}


def network_from_state(
    state: Mapping[str, Tensor], *, name: str, config: Mapping[str, Any], where: str
) -> SegmentationNetwork:
    """The network that entries are of, as their file says it.

    Args:
        state: the entries.
        name: of the network.
        config: its settings.
        where: the file, for messages.

    Raises:
        WeightsError: there is no such network, or the entries are of another.
    """
    if name not in _MADE:
        raise WeightsError(f"{where}: wanted weights of {', '.join(_MADE)}, got weights of {name}")
    network = _made(_MADE[name], name, config, where)
    load_exactly(network, state, where=where)
    return network.eval()


def refiner_from_state(
    state: Mapping[str, Tensor], *, name: str, config: Mapping[str, Any], where: str
) -> Refiner:
    """The refiner that entries are of, as their file says it; the arguments are those above.

    Raises:
        WeightsError: they are of something else.
    """
    if name != Refiner.name:
        raise WeightsError(f"{where}: wanted weights of {Refiner.name}, got weights of {name}")
    refiner = _made(lambda config: Refiner(RefinerConfig(**config)), name, config, where)
    load_exactly(refiner, state, where=where)
    return refiner.eval()


def _made(
    make: Callable[[Mapping[str, Any]], _Network], name: str, config: Mapping[str, Any], where: str
) -> _Network:
    try:
        return make(config)
    except InputError as error:
        raise WeightsError(f"{where}: {error}") from error
    except TypeError as error:
        raise WeightsError(f"{where}: wanted the settings of {name}, got {dict(config)}") from error


def network_from_published(
    state: Mapping[str, Tensor], *, where: str
) -> tuple[SegmentationNetwork, tuple[str, ...]]:
    """The network that published weights are of, ESPNetV2's or torchvision's DeepLabV3's, and its classes.

    Args:
        state: the entries.
        where: the file, for messages.

    Raises:
        WeightsError: they are of neither.
    """
    if _TORCHVISION in state:
        network = DeepLabV3()
        load_exactly(network.network, state, where=where)
        return network.eval(), PASCAL_CLASSES
    published = espnetv2_from_published(state, where=where)
    known = {len(each): each for each in (PASCAL_CLASSES, CITYSCAPES_CLASSES)}
    return published, known.get(published.config.classes, ())
