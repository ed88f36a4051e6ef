"""Weights to the network that they are of: every network comes back, everything else is one line."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from steadymask.errors import WeightsError
from steadymask.io.weights import WeightsOf, read_weights, write_weights
from steadymask.networks.bisenetv2 import BiSeNetV2, BiSeNetV2Config
from steadymask.networks.deeplabv3 import DeepLabV3, DeepLabV3Config
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.networks.from_state import network_from_published, network_from_state, refiner_from_state
from steadymask.networks.pspnet import PSPNet, PSPNetConfig
from steadymask.networks.refiner import Refiner, RefinerConfig
from steadymask.networks.schp import SCHP, SCHPConfig
from steadymask.networks.segmentation_network import SegmentationNetwork

NETWORKS: dict[str, Callable[[], SegmentationNetwork]] = {
    "bisenetv2": lambda: BiSeNetV2(BiSeNetV2Config(classes=3, head=8, boosters=4)),
    "deeplabv3": lambda: DeepLabV3(DeepLabV3Config(classes=3)),
    "espnetv2": lambda: ESPNetV2(ESPNetV2Config(classes=3, scale=1.0, decoder=4, pyramid=5)),
    "pspnet": lambda: PSPNet(PSPNetConfig(classes=3)),
    "schp": lambda: SCHP(SCHPConfig(classes=3)),
}
SMALL = {"classes": 3, "scale": 1.0}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_comes_back_from_its_file(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    assert network.name == name
    path = tmp_path / "a.safetensors"
    write_weights(path, network.state_dict(), of=WeightsOf(network=name, config=asdict(network.config)))
    read = read_weights(path)
    assert read.of is not None
    again = network_from_state(read.state, name=read.of.network, config=read.of.config, where="a")
    assert type(again) is type(network)
    assert again.config == network.config
    assert not again.training
    frames = torch.rand(1, 3, 33, 40)
    with torch.inference_mode():
        assert torch.equal(again(frames), network(frames))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"name": "unet"},
            "a: wanted weights of bisenetv2, deeplabv3, espnetv2, pspnet, schp, got weights of unet",
        ),
        ({"config": {"classes": 0, "scale": 1.0}}, "a: classes: wanted at least 1, got 0"),
        ({"config": {"classes": 3, "width": 1}}, "a: wanted the settings of espnetv2, got "),
        ({"config": {"classes": "3"}}, "a: wanted the settings of espnetv2, got "),
        ({"config": {"classes": 4, "scale": 1.0}}, r"a: classifier\.weight: wanted 4 × "),
        ({"name": "bisenetv2", "config": {"classes": 3}}, "a: .*for BiSeNetV2, got none"),
        ({"state": {}}, "a: .*for ESPNetV2, got none"),
    ],
)
def test_what_does_not_fit_is_one_line(change: dict[str, object], says: str) -> None:
    good = {"state": ESPNetV2(ESPNetV2Config(**SMALL)).state_dict(), "name": "espnetv2", "config": SMALL}
    assert network_from_state(**good, where="a").config.classes == 3
    with pytest.raises(WeightsError, match=says) as error:
        network_from_state(**(good | change), where="a")
    assert "\n" not in str(error.value)


def test_a_refiner_comes_back_by_a_reader_of_its_own() -> None:
    refiner = Refiner(RefinerConfig(frames=3, width=8))
    good = {"state": refiner.state_dict(), "name": "refiner", "config": asdict(refiner.config), "where": "a"}
    again = refiner_from_state(**good)
    assert again.config == refiner.config and not again.training
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in good["state"].items())
    for change, says in (
        ({"name": "espnetv2"}, "a: wanted weights of refiner, got weights of espnetv2"),
        ({"config": {"frames": 2}}, "a: frames: wanted an odd number from 1 to 9, got 2"),
        ({"config": {"classes": 2}}, "a: wanted the settings of refiner, got "),
        (
            {"config": {"frames": 5, "width": 8}},
            r"a: decoder\.\S+: wanted 8 × 20 × 1 × 1 for Refiner, got 8 × 12",
        ),
    ):
        with pytest.raises(WeightsError, match=says):
            refiner_from_state(**(good | change))
    with pytest.raises(WeightsError, match="got weights of refiner"):
        network_from_state(**good)


def test_published_weights_are_told_apart_by_their_entries() -> None:
    network = DeepLabV3()
    found, classes = network_from_published(network.network.state_dict(), where="a")
    assert isinstance(found, DeepLabV3)
    assert (len(classes), classes[15]) == (21, "person")
    with pytest.raises(WeightsError, match="a: wanted weights of ESPNetV2, got none for classifier"):
        network_from_published({"x": torch.zeros(1)}, where="a")


def test_widths_of_published_espnetv2_follow_from_the_shapes(data: Path) -> None:
    weights = data / "weights" / "espnetv2"
    for scale, name, classes in (
        (1.0, "espnetv2_s_1.0_pascal_256x256.pth", 21),
        (1.0, "espnetv2_s_1.0_city_512x256.pth", 20),
    ):
        found, names = network_from_published(read_weights(weights / name).state, where="a")
        assert found.config == replace(
            ESPNetV2Config(), classes=classes, scale=scale, pyramid=found.config.pyramid
        )
        assert len(names) == classes
