"""ONNX files under the contract of our networks, against the same sums in PyTorch."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from network_contract import frames
from torch import Tensor

from steadymask.errors import InputError, WeightsError
from steadymask.networks.onnx_network import OnnxNetwork, OnnxNetworkConfig

onnx = pytest.importorskip("onnx", reason="onnx is not installed, which writes the files for these tests")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (the extra `onnx`)")

WEIGHT = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.5, -1.0]])[:, :, None, None]
PLAIN = OnnxNetworkConfig(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def written(path: Path, shape: list[Any], *, last: bool = False, softmax: bool = False) -> Path:
    """A 1 × 1 convolution with stride 2 to two classes; `last`: colors and classes are the last axis."""
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    nodes, name = [], "frames"
    if last:
        nodes.append(helper.make_node("Transpose", [name], ["first"], perm=[0, 3, 1, 2]))
        name = "first"
    nodes.append(helper.make_node("Conv", [name, "weight"], ["logits"], kernel_shape=[1, 1], strides=[2, 2]))
    name = "logits"
    if softmax:
        nodes.append(helper.make_node("Softmax", [name], ["probs"], axis=1))
        name = "probs"
    if last:
        nodes.append(helper.make_node("Transpose", [name], ["back"], perm=[0, 2, 3, 1]))
        name = "back"
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("frames", float32, shape)],
        [helper.make_tensor_value_info(name, float32, None)],
        [onnx.numpy_helper.from_array(WEIGHT.numpy(), "weight")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), str(path))
    return path


def expected(normalized: Tensor, size: tuple[int, int]) -> Tensor:
    logits = F.conv2d(normalized, WEIGHT, stride=2)
    return F.interpolate(logits, size, mode="bilinear", align_corners=False)


@pytest.mark.parametrize("last", [False, True])
def test_logits_are_those_of_the_same_sums_in_pytorch(tmp_path: Path, last: bool) -> None:
    shape = ["b", "h", "w", 3] if last else ["b", 3, "h", "w"]
    network = OnnxNetwork(written(tmp_path / "a.onnx", shape, last=last))
    pictures = frames(2, 33, 50)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normalized = (pictures - mean[:, None, None]) / std[:, None, None]
    torch.testing.assert_close(network(pictures), expected(normalized, (33, 50)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("last", [False, True])
def test_colors_come_as_the_file_wants_them(tmp_path: Path, last: bool) -> None:
    """Blue first, up to 255, less the mean that Caffe's networks subtract."""
    mean = (123.68, 116.779, 103.939)
    config = OnnxNetworkConfig(
        mean=tuple(each / 255 for each in mean), std=(1 / 255, 1 / 255, 1 / 255), bgr=True
    )
    shape = ["b", "h", "w", 3] if last else ["b", 3, "h", "w"]
    network = OnnxNetwork(written(tmp_path / "a.onnx", shape, last=last), config)
    pictures = frames(2, 33, 50)
    wanted = (255 * pictures - torch.tensor(mean)[:, None, None])[:, [2, 1, 0]]
    torch.testing.assert_close(network(pictures), expected(wanted, (33, 50)), rtol=1e-4, atol=1e-3)


def test_frames_go_one_by_one_and_resized_into_a_file_made_for_one_size(tmp_path: Path) -> None:
    network = OnnxNetwork(written(tmp_path / "a.onnx", [1, 3, 24, 32]), PLAIN)
    pictures = frames(3, 33, 50)
    small = F.interpolate(pictures, (24, 32), mode="bilinear", align_corners=False)
    torch.testing.assert_close(network(pictures), expected(small, (33, 50)), rtol=1e-4, atol=1e-5)


def test_frames_are_resized_to_the_size_asked_for(tmp_path: Path) -> None:
    config = OnnxNetworkConfig(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), size=(16, 20))
    network = OnnxNetwork(written(tmp_path / "a.onnx", ["b", 3, "h", "w"]), config)
    pictures = frames(1, 33, 50)
    small = F.interpolate(pictures, (16, 20), mode="bilinear", align_corners=False)
    torch.testing.assert_close(network(pictures), expected(small, (33, 50)), rtol=1e-4, atol=1e-5)


def test_probabilities_become_logits_with_the_same_softmax(tmp_path: Path) -> None:
    config = OnnxNetworkConfig(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), gives="probs", output="probs")
    network = OnnxNetwork(written(tmp_path / "a.onnx", ["b", 3, "h", "w"], softmax=True), config)
    pictures = frames(1, 32, 32)
    probs = F.conv2d(pictures, WEIGHT, stride=2).softmax(1)
    found = network(pictures)[:, :, ::31, ::31].softmax(1)  # corners: there nothing lies between two pixels
    torch.testing.assert_close(found, probs[:, :, ::15, ::15], rtol=1e-4, atol=1e-5)


def test_what_is_no_such_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"a\.onnx: wanted an ONNX file, got no such file"):
        OnnxNetwork(tmp_path / "a.onnx")
    (tmp_path / "b.onnx").write_bytes(b"no ONNX at all")
    with pytest.raises(WeightsError, match=r"b\.onnx: cannot be read as ONNX"):
        OnnxNetwork(tmp_path / "b.onnx")
    path = written(tmp_path / "c.onnx", ["b", 3, "h", "w"])
    with pytest.raises(WeightsError, match=r"c\.onnx: output: wanted one of logits, got 'masks'"):
        OnnxNetwork(path, OnnxNetworkConfig(output="masks"))
    grey = onnx.load(str(path))
    grey.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    onnx.save(grey, str(tmp_path / "d.onnx"))
    with pytest.raises(WeightsError, match=r"d\.onnx: "):
        OnnxNetwork(tmp_path / "d.onnx")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"std": (1.0, 0.0, 1.0)}, "std: wanted positive numbers"),
        ({"mean": (0.0, float("nan"), 0.0)}, "mean: wanted numbers"),
        ({"std": (1.0, float("inf"), 1.0)}, "std: wanted positive numbers"),
        ({"size": (0, 5)}, "size: wanted at least 1 pixel a side"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        OnnxNetworkConfig(**settings)


def test_without_onnxruntime_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(
        InputError, match=r"onnxruntime: wanted it installed \(pip install 'steadymask\[onnx\]'"
    ):
        OnnxNetwork(tmp_path / "a.onnx")
