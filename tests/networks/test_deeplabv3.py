"""torchvision's DeepLabV3 under the contract of our networks."""

import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from network_contract import (
    check_compiled,
    check_evaluation,
    check_features,
    check_gradients,
    check_other_classes,
    check_round_trip,
    check_shapes,
    frames,
    trained_parameters,
)

from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import write_weights
from steadymask.networks.deeplabv3 import DeepLabV3, DeepLabV3Config

torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed (the extra `train`)")


def test_it_is_torchvisions_network_on_normalized_frames() -> None:
    network = DeepLabV3().eval()
    weights = torchvision.models.segmentation.DeepLabV3_ResNet50_Weights.DEFAULT
    assert trained_parameters(network) == weights.meta["num_params"]
    assert network.config.classes == len(weights.meta["categories"])
    pictures, preset = frames(1, 65, 49), weights.transforms()
    normalized = torchvision.transforms.functional.normalize(pictures, preset.mean, preset.std)
    with torch.inference_mode():
        torch.testing.assert_close(network(pictures), network.network(normalized)["out"])


def test_logits_have_the_size_of_the_frames() -> None:
    check_shapes(DeepLabV3(DeepLabV3Config(classes=3)), (1, 33, 50), (2, 64, 64))


def test_gradients_reach_every_weight() -> None:
    network = DeepLabV3(DeepLabV3Config(classes=3))

    def everything(pictures: torch.Tensor) -> torch.Tensor:
        found = network.forward_all(pictures)
        return torch.cat((found.logits, found.auxiliary), 1)

    check_gradients(network, everything, size=(48, 65))


def test_evaluation_is_deterministic_and_frames_are_apart() -> None:
    check_evaluation(DeepLabV3(DeepLabV3Config(classes=3)), size=(33, 48))


def test_a_hook_reads_the_features_before_the_classifier() -> None:
    check_features(DeepLabV3(DeepLabV3Config(classes=3)), size=(33, 33), channels=256)


def test_other_classes_keep_all_other_weights() -> None:
    check_other_classes(DeepLabV3(), 2, size=(33, 33))


def test_a_file_of_weights_is_loaded_and_a_wrong_one_named(tmp_path: Path) -> None:
    state = dict(DeepLabV3().network.state_dict())
    write_weights(tmp_path / "a.pth", state)
    loaded = DeepLabV3(weights=tmp_path / "a.pth").network.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in loaded.items())
    del state["classifier.4.bias"]
    write_weights(tmp_path / "b.pth", state)
    with pytest.raises(WeightsError, match=r"b\.pth: classifier\.4\.bias: wanted 21 for DeepLabV3, got none"):
        DeepLabV3(weights=tmp_path / "b.pth")


def test_published_weights_are_for_their_own_classes() -> None:
    with pytest.raises(InputError, match="classes: wanted 21 for published weights, got 2"):
        DeepLabV3(DeepLabV3Config(classes=2), pretrained=True)


def test_without_a_hub_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise URLError("no network in tests")

    monkeypatch.setattr(torch.hub, "urlopen", unreachable)
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    message = r"deeplabv3_resnet50: wanted its weights from https://download\.pytorch\.org/\S+\.pth, got none"
    with pytest.raises(WeightsError, match=message + rf".*{tmp_path}/hub/checkpoints.*pretrained=False"):
        DeepLabV3(pretrained=True)


def test_written_weights_make_another_network_the_same(tmp_path: Path) -> None:
    check_round_trip(DeepLabV3(DeepLabV3Config(classes=3)), tmp_path, size=(40, 48))


@pytest.mark.slow  # compiling takes a quarter of a minute
def test_the_compiled_network_gives_the_same_logits() -> None:
    check_compiled(DeepLabV3(DeepLabV3Config(classes=3)), size=(48, 64))
