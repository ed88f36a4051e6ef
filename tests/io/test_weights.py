"""Weights come back as they were written, and what does not fit is named in one line."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from steadymask.errors import InputError, VideoError, WeightsError
from steadymask.io.weights import Weights, WeightsOf, read_weights, write_weights

OF = WeightsOf(network="small", config={"classes": 2, "widths": [1, 2]}, classes=("background", "fish"))


class Small(nn.Module):
    """A network with every kind of entry: weights, a bias, a counter."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.norm = nn.BatchNorm2d(width)


class Dangerous:
    """Runs code when it is unpickled without care."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran",)


def same(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    path, network, other = tmp_path / f"weights.{suffix}", Small(), Small()
    assert not same(network, other)
    write_weights(path, network.state_dict(), of=OF)
    found = read_weights(path)
    found.load_into(other, name="small")
    assert same(network, other)
    assert found.of == (OF if suffix == "safetensors" else None)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    state = Small().state_dict()
    reordered = WeightsOf(network="small", config=dict(reversed(OF.config.items())), classes=OF.classes)
    for name, of in (("a", OF), ("b", reordered)):
        write_weights(tmp_path / f"{name}.safetensors", state, of=of)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_tensors_that_share_memory_or_lie_column_by_column_are_written(tmp_path: Path) -> None:
    columns = torch.arange(6.0).view(2, 3).T
    write_weights(tmp_path / "a.safetensors", {"a": columns, "b": columns})
    found = read_weights(tmp_path / "a.safetensors").state
    assert torch.equal(found["a"], columns) and torch.equal(found["b"], columns)


def test_weights_are_taken_out_of_checkpoints_and_of_parallel_training(tmp_path: Path) -> None:
    state = {"a": torch.ones(2)}
    for content in (
        {"state_dict": state, "epoch": 3},
        {"module.a": state["a"]},
        {"model": {"module.a": state["a"]}},
    ):
        torch.save(content, tmp_path / "a.pth")
        assert torch.equal(read_weights(tmp_path / "a.pth").state["a"], state["a"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("conv.bias"), r"conv\.bias: wanted 3 for Small, got none"),
        (
            lambda state: state.clear(),
            r"conv\.weight: wanted 3 × 3 × 3 × 3 for Small, got none \(and 6 more\)",
        ),
        (
            lambda state: state.update({"conv.weight": torch.zeros(3, 3, 1, 1)}),
            r"conv\.weight: wanted 3 × 3 × 3 × 3 for Small, got 3 × 3 × 1 × 1",
        ),
        (
            lambda state: state.update({"head.bias": torch.zeros(1), "head.x": torch.zeros(())}),
            r"head\.bias: wanted only weights of Small, got 1 \(and 1 more\)",
        ),
    ],
)
def test_a_misfit_is_named_and_leaves_the_network_as_it_was(change: object, message: str) -> None:
    network = Small()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = dict(Small().state_dict())
    change(state)  # type: ignore[operator]
    with pytest.raises(WeightsError, match=rf"^a\.pth: {message}$"):
        Weights(path=Path("a.pth"), state=state, of=None).load_into(network)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    write_weights(tmp_path / "a.safetensors", Small().state_dict(), of=OF)
    with pytest.raises(WeightsError, match=r"a\.safetensors: wanted weights of large, got weights of small"):
        read_weights(tmp_path / "a.safetensors").load_into(Small(), name="large")


def test_pickles_that_would_run_code_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": Dangerous()}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=r"a\.pth: wanted weights that can be read without running code"):
        read_weights(tmp_path / "a.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x80\x02", bytes(200)])
def test_files_that_are_no_weights_are_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(content)
    with pytest.raises(WeightsError, match=rf"a\.{suffix}: ") as caught:
        read_weights(tmp_path / f"a.{suffix}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_cut_off_are_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write_weights(path, Small().state_dict())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WeightsError, match=rf"a\.{suffix}: cannot be read as weights"):
        read_weights(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "wanted a state dict, got list"),
        ({}, "wanted a state dict, got dict"),
        ({"epoch": 3}, "epoch: wanted a tensor, got int"),
    ],
)
def test_pickles_that_hold_something_else_are_named(tmp_path: Path, content: object, message: str) -> None:
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=message):
        read_weights(tmp_path / "a.pth")


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"network": "small"})])
def test_metadata_that_say_something_else_are_named(tmp_path: Path, text: str) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "a.safetensors", metadata={"steadymask": text})
    with pytest.raises(WeightsError, match=r"a\.safetensors: "):
        read_weights(tmp_path / "a.safetensors")


def test_files_that_are_not_there_or_of_another_kind_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"a\.pth: wanted a file of weights, got no such file"):
        read_weights(tmp_path / "a.pth")
    with pytest.raises(
        WeightsError, match=r"a\.onnx: wanted a file that ends in \.safetensors, \.pth, \.pt, \.bin, got"
    ):
        read_weights(tmp_path / "a.onnx")
    with pytest.raises(InputError, match=r"a\.onnx: wanted a path that ends in"):
        write_weights(tmp_path / "a.onnx", {})


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_weights(path, {"a": torch.ones(1)})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_weights(path, {"a": torch.ones(1)}, of=WeightsOf(network="small", config={"x": object()}))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    with pytest.raises(VideoError, match="cannot be written"):
        write_weights(tmp_path / "missing" / "a.safetensors", {"a": torch.ones(1)})
