"""PSPNet on the encoders of timm."""

from pathlib import Path

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
from torch import Tensor

from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import write_weights
from steadymask.networks.pspnet import PSPNet, PSPNetConfig
from steadymask.networks.timm_encoder import EncoderName, require_encoder

pytest.importorskip("timm", reason="timm is not installed (the extra `train`)")

SMALL = PSPNetConfig(classes=3, encoder="resnet18")


def everything(network: PSPNet, pictures: Tensor) -> Tensor:
    found = network.forward_all(pictures)
    return found.logits if found.auxiliary is None else torch.cat((found.logits, found.auxiliary), 1)


@pytest.mark.parametrize(
    ("encoder", "millions", "within"),
    [
        ("resnet18", 13.2, 0.05),
        # The paper's ResNet-101 has three small convolutions first, 0.1 million more than timm's one.
        ("resnet101", 68.1, 0.2),
    ],
)
def test_parameters_are_as_many_as_published(encoder: EncoderName, millions: float, within: float) -> None:
    # Liu et al., Efficient semantic video segmentation with per-frame inference, table V, 19 classes.
    with torch.device("meta"):
        network = PSPNet(PSPNetConfig(classes=19, encoder=encoder))
    assert trained_parameters(network) / 1e6 == pytest.approx(millions, abs=within)


def test_an_hrnet_has_about_the_published_number_of_parameters() -> None:
    # 3.9 million in the same table, for HRNet with its own head; ours is pyramid pooling.
    with torch.device("meta"):
        network = PSPNet(PSPNetConfig(classes=19, encoder="hrnet_w18_small_v2"))
    assert trained_parameters(network) / 1e6 == pytest.approx(3.9, abs=0.4)


@pytest.mark.parametrize("encoder", ["resnet18", "mobilenetv2", "hrnet_w18_small_v2"])
def test_logits_have_the_size_of_the_frames(encoder: EncoderName) -> None:
    check_shapes(PSPNet(PSPNetConfig(classes=3, encoder=encoder)), (1, 33, 50), (2, 64, 64))


@pytest.mark.parametrize("encoder", ["resnet50", "resnet101", "hrnet_w18"])
def test_logits_of_large_encoders_have_the_size_of_the_frames(encoder: EncoderName) -> None:
    check_shapes(PSPNet(PSPNetConfig(classes=3, encoder=encoder)), (1, 33, 50), (2, 64, 64))


def test_the_features_are_at_an_eighth_of_the_picture_and_a_quarter_with_an_hrnet() -> None:
    for encoder, stride in (("resnet18", 8), ("mobilenetv2", 8), ("hrnet_w18_small_v2", 4)):
        network = PSPNet(PSPNetConfig(classes=3, encoder=encoder)).eval()  # type: ignore[arg-type]
        sizes: list[torch.Size] = []
        network.features.register_forward_hook(lambda _m, _i, output, sizes=sizes: sizes.append(output.shape))
        with torch.inference_mode():
            network(frames(1, 64, 96))
        assert sizes[0][2:] == (64 // stride, 96 // stride)


@pytest.mark.parametrize("encoder", ["resnet18", "mobilenetv2", "hrnet_w18_small_v2"])
def test_gradients_reach_every_weight(encoder: EncoderName) -> None:
    network = PSPNet(PSPNetConfig(classes=3, encoder=encoder))
    check_gradients(network, lambda pictures: everything(network, pictures), size=(65, 72))


def test_evaluation_is_deterministic_and_frames_are_apart() -> None:
    check_evaluation(PSPNet(SMALL), size=(41, 64))


def test_hooks_read_the_features_before_the_classifier_and_the_pyramid() -> None:
    network = PSPNet(SMALL)
    check_features(network, size=(48, 48), channels=128)
    assert network.pyramid.channels == 1024


@pytest.mark.parametrize("classes", [1, 11])
def test_other_classes_keep_all_other_weights(classes: int) -> None:
    check_other_classes(PSPNet(SMALL), classes, size=(40, 48))


def test_padding_for_an_hrnet_leaves_the_picture_where_it_is() -> None:
    torch.manual_seed(0)
    network = PSPNet(PSPNetConfig(classes=2, encoder="hrnet_w18_small_v2")).eval()
    pictures = frames(1, 64, 64)
    cut = pictures[:, :, :50, :41]
    by_hand = torch.nn.functional.pad(cut, (0, 23, 0, 14), mode="replicate")
    with torch.inference_mode():
        torch.testing.assert_close(network(cut), network(by_hand)[:, :, :50, :41])


def test_an_unknown_encoder_is_refused() -> None:
    with pytest.raises(InputError, match=r"encoder: wanted one of resnet18, .*, got 'vgg'"):
        require_encoder("vgg")


def test_a_file_of_an_encoders_weights_is_loaded(tmp_path: Path) -> None:
    first = PSPNet(SMALL)
    state = dict(first.encoder.body.state_dict()) | {"fc.weight": torch.zeros(1000, 512)}
    write_weights(tmp_path / "resnet18.safetensors", state)
    second = PSPNet(SMALL, pretrained=True, weights=tmp_path / "resnet18.safetensors")
    for key, value in first.encoder.state_dict().items():
        assert torch.equal(second.encoder.state_dict()[key], value)


def test_a_file_of_another_encoder_is_refused(tmp_path: Path) -> None:
    state = dict(PSPNet(SMALL).encoder.body.state_dict())
    deeper = state | {"layer1.2.conv1.weight": torch.zeros(64, 64, 3, 3)}  # ResNet-34 has all of ResNet-18
    write_weights(tmp_path / "deeper.pth", deeper)
    with pytest.raises(
        WeightsError, match=r"deeper\.pth \(resnet18\): layer1\.2\.conv1\.weight: wanted only"
    ):
        PSPNet(SMALL, weights=tmp_path / "deeper.pth")
    del state["bn1.bias"]
    write_weights(tmp_path / "less.pth", state)
    with pytest.raises(WeightsError, match=r"less\.pth \(resnet18\): bn1\.bias: wanted 64"):
        PSPNet(SMALL, weights=tmp_path / "less.pth")


def test_without_a_hub_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    message = (
        r"resnet18: wanted its weights for ImageNet from huggingface\.co/timm/resnet18\.a1_in1k, got none"
    )
    with pytest.raises(WeightsError, match=message + r".*model\.safetensors.*`weights`.*pretrained=False"):
        PSPNet(SMALL, pretrained=True)


def test_without_timm_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(InputError, match=r"timm: wanted it installed \(pip install 'steadymask\[train\]'\)"):
        PSPNet(SMALL)


def test_written_weights_make_another_network_the_same(tmp_path: Path) -> None:
    check_round_trip(PSPNet(SMALL), tmp_path, size=(40, 48))


@pytest.mark.slow  # compiling takes a quarter of a minute
def test_the_compiled_network_gives_the_same_logits() -> None:
    check_compiled(PSPNet(SMALL), size=(48, 64))
