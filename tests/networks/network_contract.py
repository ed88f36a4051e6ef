"""What every network must do, for the tests of each."""

from collections.abc import Callable
from pathlib import Path

import jaxtyping
import torch
from torch import Tensor

from steadymask.io.weights import read_weights, write_weights
from steadymask.networks.segmentation_network import SegmentationNetwork, with_classes

Outputs = Callable[[Tensor], Tensor]


def frames(batch: int, height: int, width: int, *, seed: int = 0) -> Tensor:
    """Random RGB in [0, 1]."""
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


def check_shapes(network: SegmentationNetwork, *sizes: tuple[int, int, int]) -> None:
    """Logits have the frames' own size, whatever that is."""
    with torch.inference_mode():
        for batch, height, width in sizes:
            found = network.eval()(frames(batch, height, width))
            assert found.shape == (batch, network.config.classes, height, width)
            assert bool(found.isfinite().all())


def check_gradients(network: SegmentationNetwork, outputs: Outputs, *, size: tuple[int, int]) -> None:
    """Every trained weight has a part in what training sees."""
    network.train()
    for each in network.parameters():
        if not bool(each.any()):  # residual branches may begin at nothing, and then pass no gradient on
            torch.nn.init.constant_(each, 0.5)
    outputs(frames(2, *size)).square().sum().backward()
    without = [
        name for name, each in network.named_parameters() if each.grad is None or not bool(each.grad.any())
    ]
    assert without == []


def check_evaluation(network: SegmentationNetwork, *, size: tuple[int, int]) -> None:
    """In evaluation mode a frame's logits depend on nothing but the frame, and change nothing."""
    network.eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    pair = frames(2, *size)
    with torch.inference_mode():
        together, alone, again = network(pair), network(pair[1:]), network(pair)
    assert torch.equal(together, again)
    torch.testing.assert_close(together[1:], alone, rtol=1e-4, atol=1e-4)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def check_features(network: SegmentationNetwork, *, size: tuple[int, int], channels: int) -> None:
    """A hook on `features_layer` reads what the classifier is given."""
    read: list[Tensor] = []
    given: list[Tensor] = []
    hooks = [
        network.get_submodule(network.features_layer).register_forward_hook(
            lambda _module, _inputs, output: read.append(output)
        ),
        network.get_submodule(network.classifiers[0]).register_forward_pre_hook(
            lambda _module, inputs: given.append(inputs[0])
        ),
    ]
    with torch.inference_mode():
        network.eval()(frames(1, *size))
    for hook in hooks:
        hook.remove()
    assert len(read) == len(given) == 1
    assert read[0].shape[1] == channels
    assert torch.equal(read[0], given[0])


def check_other_classes(network: SegmentationNetwork, classes: int, *, size: tuple[int, int]) -> None:
    """New classifiers, all other weights kept, the network itself untouched."""
    before = network.config.classes
    changed = with_classes(network, classes)
    old, new = network.state_dict(), changed.state_dict()
    assert changed.config.classes == classes and network.config.classes == before
    fresh = type(network)(changed.config)
    assert {key: value.shape for key, value in new.items()} == {
        key: value.shape for key, value in fresh.state_dict().items()
    }
    for key, value in new.items():
        if key.startswith(tuple(f"{each}." for each in network.classifiers)):
            assert value.shape[0] == classes and old[key].shape[0] != classes
        else:
            assert torch.equal(value, old[key])
    with torch.inference_mode():
        assert changed.eval()(frames(1, *size)).shape == (1, classes, *size)


def check_round_trip(network: SegmentationNetwork, folder: Path, *, size: tuple[int, int]) -> None:
    """Weights that were written make another network of the same settings the same."""
    fresh = type(network)(network.config)
    write_weights(folder / "weights.safetensors", network.state_dict())
    with torch.inference_mode():
        wanted = network.eval()(frames(1, *size))
        assert not torch.equal(fresh.eval()(frames(1, *size)), wanted)
        read_weights(folder / "weights.safetensors").load_into(fresh)
        assert torch.equal(fresh(frames(1, *size)), wanted)


def check_compiled(network: SegmentationNetwork, *, size: tuple[int, int]) -> None:
    """Compiling changes nothing about the logits."""
    compiled = torch.compile(network.eval(), backend="aot_eager")
    # The tests' own checks of types draw random numbers, which cannot be compiled; users have no such checks.
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        with torch.inference_mode():
            torch.testing.assert_close(compiled(frames(1, *size)), network(frames(1, *size)))
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)


def trained_parameters(network: torch.nn.Module) -> int:
    """How many numbers training changes."""
    return sum(each.numel() for each in network.parameters())
