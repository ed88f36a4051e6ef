"""The networks of `segment`: each kind of text to a network, each failure to one line."""

import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
import torch

from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import WeightsOf, write_weights
from steadymask.networks.bisenetv2 import BiSeNetV2, BiSeNetV2Config
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.tasks.models import PUBLISHED, open_model

SMALL = {"classes": 2, "scale": 1.0}


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return ESPNetV2(ESPNetV2Config(**SMALL)).state_dict()


def written(path: Path, **of: object) -> str:
    write_weights(path, state(), of=WeightsOf(**({"network": "espnetv2", "config": SMALL} | of)))
    return str(path)


def test_our_file_says_which_network_it_is_of(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = BiSeNetV2(BiSeNetV2Config(classes=2))
    of = WeightsOf(network="bisenetv2", config={"classes": 2}, classes=("background", "fish"))
    write_weights(tmp_path / "a.safetensors", network.state_dict(), of=of)
    model = open_model(str(tmp_path / "a.safetensors"))
    assert not model.network.training
    assert model.classes == ("background", "fish")
    assert model.identity["name"] == "a.safetensors"
    found = model.network.state_dict()
    assert all(torch.equal(value, found[key]) for key, value in network.state_dict().items())
    assert model.parameters == sum(each.numel() for each in network.parameters())


def test_published_weights_of_espnetv2_have_the_classes_they_were_trained_for(data: Path) -> None:
    folder = data / "weights" / "espnetv2"
    pascal = open_model(str(folder / "espnetv2_s_1.0_pascal_256x256.pth"))
    city = open_model(str(folder / "espnetv2_s_1.0_city_512x256.pth"))
    assert (pascal.classes[12], city.classes[0]) == ("dog", "road")
    assert pascal.identity["sha256"] != city.identity["sha256"]


def test_a_file_of_torchvisions_weights_is_known_by_its_entries(tmp_path: Path) -> None:
    segmentation = pytest.importorskip("torchvision.models.segmentation")
    network = segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, aux_loss=True)
    torch.save(network.state_dict(), tmp_path / "deeplab.pth")
    model = open_model(str(tmp_path / "deeplab.pth"))
    assert model.classes[15] == "person"
    assert torch.equal(model.network.network.backbone.conv1.weight, network.backbone.conv1.weight)


def test_a_folder_of_hugging_face_is_told_apart_by_all_its_numbers(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.SegformerConfig(
        num_labels=3,
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        id2label={0: "background", 1: "fish", 2: "weed"},
    )
    for seed in (0, 1):
        torch.manual_seed(seed)
        transformers.SegformerForSemanticSegmentation(config).save_pretrained(tmp_path / str(seed))
    one, again, other = (open_model(f"hf:{tmp_path / name}") for name in ("0", "0", "1"))
    assert one.classes == ("background", "fish", "weed")
    assert one.identity == again.identity
    assert one.identity["sha256"] != other.identity["sha256"]


def test_without_a_hub_one_line_says_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torchvision")

    def unreachable(*_: object, **__: object) -> None:
        raise URLError("no network in tests")

    monkeypatch.setattr(torch.hub, "urlopen", unreachable)
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    message = r"model: deeplabv3: wanted its weights from https://download\.pytorch\.org/\S+\.pth, got none"
    with pytest.raises(WeightsError, match=message) as error:
        open_model(PUBLISHED)
    assert f"put that file into {tmp_path}/hub/checkpoints, or give its path as the model" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_network_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("hello")
    write_weights(tmp_path / "other.pth", {"a": torch.ones(1)})
    cases = {
        "resnet": r"model: wanted deeplabv3, hf:NAME, or a file that ends in \.onnx, .*, got 'resnet'",
        "nowhere.safetensors": "nowhere.safetensors: wanted a file of weights, got no such file",
        str(tmp_path / "text.pth"): r"text\.pth: cannot be read as weights",
        str(tmp_path / "other.pth"): r"other\.pth: wanted weights of ESPNetV2, got none for",
        written(
            tmp_path / "x.safetensors", network="unet"
        ): "wanted weights of bisenetv2, .*, got weights of unet",
        written(
            tmp_path / "y.safetensors", config={"width": 2}
        ): "wanted the settings of espnetv2, got .*width",
        written(tmp_path / "z.safetensors", config={"classes": 0}): "classes: wanted at least 1, got 0",
        written(tmp_path / "w.safetensors", config={"classes": 3, "scale": 1.0}): "w.safetensors: classifier",
        written(tmp_path / "v.safetensors", classes=("a", "b", "c")): "wanted names for 2 classes, got 3",
    }
    for model, message in cases.items():
        with pytest.raises((WeightsError, InputError), match=message) as error:
            open_model(model)
        assert "\n" not in str(error.value)


def test_a_text_named_onnx_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(WeightsError, match=r"text\.onnx: cannot be read as ONNX") as error:
        open_model(str(tmp_path / "text.onnx"))
    assert "\n" not in str(error.value)
