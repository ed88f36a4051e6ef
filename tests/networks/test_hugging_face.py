"""Models of transformers under the contract of our networks."""

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from network_contract import frames

from steadymask.errors import InputError, WeightsError
from steadymask.networks.hugging_face import HuggingFaceConfig, HuggingFaceNetwork

transformers = pytest.importorskip("transformers", reason="transformers is not installed (the extra `hf`)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small SegFormer with three classes."""
    config = transformers.SegformerConfig(
        num_labels=3,
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        id2label={0: "background", 1: "fish", 2: "weed"},
    )
    torch.manual_seed(0)
    transformers.SegformerForSemanticSegmentation(config).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_logits_are_the_models_own_on_frames_normalized_as_its_processor_says(folder: Path) -> None:
    processor = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.25, 0.2, 0.5]}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    network = HuggingFaceNetwork(HuggingFaceConfig(model=str(folder)))
    pictures = frames(2, 64, 96)
    mean, std = (torch.tensor(each)[:, None, None] for each in processor.values())
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    with torch.inference_mode():
        logits = model(pixel_values=(pictures - mean) / std).logits
    wanted = F.interpolate(logits, (64, 96), mode="bilinear", align_corners=False)
    found = network(pictures)
    torch.testing.assert_close(found, wanted)
    assert not found.requires_grad
    assert network.classes == ("background", "fish", "weed")


def test_without_a_processor_colors_are_normalized_as_imagenets(folder: Path) -> None:
    network = HuggingFaceNetwork(HuggingFaceConfig(model=str(folder)))
    assert network.normalization.mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])


def test_a_processor_that_does_not_normalize_is_followed(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"do_normalize": False, "image_mean": [1, 1, 1]})
    )
    network = HuggingFaceNetwork(HuggingFaceConfig(model=str(folder)))
    assert torch.equal(network.normalization(frames(1, 2, 2)), frames(1, 2, 2))


def test_frames_are_resized_to_the_size_asked_for_and_logits_back(folder: Path) -> None:
    own = HuggingFaceNetwork(HuggingFaceConfig(model=str(folder)))
    sized = HuggingFaceNetwork(HuggingFaceConfig(model=str(folder), size=(32, 64)))
    pictures = frames(1, 50, 61)
    small = F.interpolate(pictures, (32, 64), mode="bilinear", align_corners=False)
    assert sized(pictures).shape == (1, 3, 50, 61)
    torch.testing.assert_close(sized(small), own(small))  # of that size already: nothing is resized
    assert not torch.equal(sized(pictures), own(pictures))


def test_it_stays_in_evaluation_mode(folder: Path) -> None:
    network = HuggingFaceNetwork(HuggingFaceConfig(model=str(folder))).train()
    assert torch.equal(network(frames(1, 32, 32)), network(frames(1, 32, 32)))


def test_what_is_no_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsError, match="empty: wanted a model for semantic segmentation"):
        HuggingFaceNetwork(HuggingFaceConfig(model=str(tmp_path / "empty")))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="none/such: wanted a model for semantic segmentation"):
        HuggingFaceNetwork(HuggingFaceConfig(model="none/such"))


def test_a_model_for_something_else_is_named(tmp_path: Path) -> None:
    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=10
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "text")
    with pytest.raises(WeightsError, match="text: wanted a model for semantic segmentation"):
        HuggingFaceNetwork(HuggingFaceConfig(model=str(tmp_path / "text")))


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="model: wanted a name or a folder, got none"):
        HuggingFaceConfig(model="")
    with pytest.raises(InputError, match="size: wanted at least 1 pixel a side"):
        HuggingFaceConfig(model="a", size=(0, 1))


def test_without_transformers_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(
        InputError, match=r"transformers: wanted it installed \(pip install 'steadymask\[hf\]'"
    ):
        HuggingFaceNetwork(HuggingFaceConfig(model="a"))
