"""Weights of small networks on disk."""

from pathlib import Path

import torch

from steadymask.io.weights import WeightsOf, write_weights
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config


def espnetv2(path: Path, classes: int, names: tuple[str, ...] = ()) -> Path:
    torch.manual_seed(0)
    config = {"classes": classes, "scale": 1.0}
    of = WeightsOf(network="espnetv2", config=config, classes=names)
    write_weights(path, ESPNetV2(ESPNetV2Config(**config)).state_dict(), of=of)
    return path
