"""BiSeNetV2, stage by stage.

The expected sizes and widths are those on which two public implementations of the paper agree:
open-mmlab/mmsegmentation (backbones/bisenetv2.py at 088894bd) and CoinCheung/BiSeNet (lib/models/bisenetv2.py
at 08e0726f), read 2026-11-21.
"""

from itertools import pairwise
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
from torch import Tensor, nn

from steadymask.errors import InputError
from steadymask.networks.bisenetv2 import BiSeNetV2, BiSeNetV2Config

SMALL = BiSeNetV2Config(classes=3, head=64, boosters=32)


def outputs_of(modules: dict[str, nn.Module], network: BiSeNetV2, pictures: Tensor) -> dict[str, torch.Size]:
    found: dict[str, torch.Size] = {}
    for name, module in modules.items():
        module.register_forward_hook(lambda _m, _i, output, name=name: found.update({name: output.shape}))
    with torch.inference_mode():
        network.eval()(pictures)
    return found


def test_stages_have_the_published_sizes_and_channels() -> None:
    network = BiSeNetV2(SMALL)
    modules: dict[str, nn.Module] = {
        "detail 1": network.detail[1],
        "detail 2": network.detail[4],
        "detail 3": network.detail[7],
        "stem": network.stem,
        "3": network.stage3,
        "4": network.stage4,
        "5": network.stage5,
        "context": network.context,
        "aggregation": network.aggregation,
    }
    found = outputs_of(modules, network, frames(1, 64, 128))
    assert {name: (shape[1], 64 // shape[2], 128 // shape[3]) for name, shape in found.items()} == {
        "detail 1": (64, 2, 2),
        "detail 2": (64, 4, 4),
        "detail 3": (128, 8, 8),
        "stem": (16, 4, 4),
        "3": (32, 8, 8),
        "4": (64, 16, 16),
        "5": (128, 32, 32),
        "context": (128, 32, 32),
        "aggregation": (128, 8, 8),
    }


def test_units_have_as_many_weights_as_worked_out_by_hand() -> None:
    network = BiSeNetV2(SMALL)

    def convolutions(*widths: int) -> int:
        return sum(9 * before * after + 2 * after for before, after in pairwise(widths))

    # Detail: S1 64, 64; S2 64 three times; S3 128 three times; each a 3 × 3 with its normalization.
    assert trained_parameters(network.detail) == convolutions(3, 64, 64, 64, 64, 64, 128, 128, 128)
    # A unit: 3 × 3, depth-wise expansion by 6, projection; each normalized.
    unit = convolutions(128, 128) + (9 * 768 + 2 * 768) + (768 * 128 + 2 * 128)
    assert trained_parameters(network.stage5[1]) == unit
    # A strided one, 64 to 128: one more depth-wise convolution, and a strided separable shortcut.
    strided = convolutions(64, 64) + 2 * (9 * 384 + 2 * 384) + (384 * 128 + 2 * 128)
    shortcut = (9 * 64 + 2 * 64) + (64 * 128 + 2 * 128)
    assert trained_parameters(network.stage5[0]) == strided + shortcut


def test_logits_have_the_size_of_the_frames() -> None:
    check_shapes(BiSeNetV2(SMALL), (1, 1, 1), (1, 33, 50), (2, 64, 96))


def test_gradients_reach_every_weight() -> None:
    network = BiSeNetV2(SMALL)

    def everything(pictures: Tensor) -> Tensor:
        found = network.forward_all(pictures)
        assert all(each.shape == (2, 3, 65, 80) for each in found.boosters) and len(found.boosters) == 4
        return torch.cat((found.logits, *found.boosters), 1)

    check_gradients(network, everything, size=(65, 80))


def test_boosters_change_nothing_about_the_logits() -> None:
    network = BiSeNetV2(SMALL).eval()
    with torch.inference_mode():
        assert torch.equal(network(frames(1, 40, 64)), network.forward_all(frames(1, 40, 64)).logits)


def test_evaluation_is_deterministic_and_frames_are_apart() -> None:
    check_evaluation(BiSeNetV2(SMALL), size=(49, 64))


def test_a_hook_reads_the_features_before_the_classifier() -> None:
    check_features(BiSeNetV2(SMALL), size=(64, 64), channels=64)


@pytest.mark.parametrize("classes", [1, 11])
def test_other_classes_keep_all_other_weights(classes: int) -> None:
    check_other_classes(BiSeNetV2(SMALL), classes, size=(40, 48))


def test_heads_without_channels_are_refused() -> None:
    for name in ("head", "boosters"):
        with pytest.raises(InputError, match=f"{name}: wanted at least 1 channel, got 0"):
            BiSeNetV2Config(**{name: 0})


def test_written_weights_make_another_network_the_same(tmp_path: Path) -> None:
    check_round_trip(BiSeNetV2(SMALL), tmp_path, size=(40, 48))


@pytest.mark.slow  # compiling takes a quarter of a minute
def test_the_compiled_network_gives_the_same_logits() -> None:
    check_compiled(BiSeNetV2(SMALL), size=(48, 64))
