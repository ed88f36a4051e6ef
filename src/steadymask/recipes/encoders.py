"""Networks on an encoder: begun with its weights for ImageNet, or with all weights of an earlier run."""

from collections.abc import Sequence
from pathlib import Path

from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import read_weights
from steadymask.networks.pspnet import PSPNet, PSPNetConfig
from steadymask.networks.schp import SCHP, SCHPConfig
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.recipes.start import started

Config = PSPNetConfig | SCHPConfig


def begun(path: Path | None, classes: Sequence[str], config: Config) -> SegmentationNetwork:
    """A network to train.

    Args:
        path: a file of ours with all weights, or one of the encoder's weights for ImageNet; None fetches the
            latter.
        classes: of the data.
        config: of the network.

    Raises:
        WeightsError: the file cannot be read or is of another network, or nothing can be fetched.
    """
    if path is not None and read_weights(path).of is not None:
        return gone_on(path, classes, config, of="")
    if isinstance(config, SCHPConfig):
        return SCHP(config, pretrained=path is None, weights=path)
    return PSPNet(config, pretrained=path is None, weights=path)


def gone_on(path: Path | None, classes: Sequence[str], config: Config, *, of: str) -> SegmentationNetwork:
    """A network with the weights that another recipe wrote; a new classifier, if for other classes.

    Args:
        path: the file.
        classes: of the data.
        config: of the network.
        of: the name of that recipe, for the message where there is no file.

    Raises:
        InputError: no file was given.
        WeightsError: it cannot be read, or is of another network.
    """
    if path is None:
        raise InputError(f"weights: wanted what the recipe {of} wrote, got none")
    network = started(path, classes, expected=of)
    if network.config != config:
        raise WeightsError(f"{path}: wanted weights of {config}, got weights of {network.config}")
    return network
