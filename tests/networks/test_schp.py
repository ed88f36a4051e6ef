"""The parsing network of SCHP on the encoders of timm."""

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
)
from torch import Tensor

from steadymask.networks.schp import SCHP, SCHPConfig

pytest.importorskip("timm", reason="timm is not installed (the extra `train`)")

SMALL = SCHPConfig(classes=3)


def test_branches_have_the_widths_of_the_published_network() -> None:
    # A-CE2P as GoGoDuck912/Self-Correction-Human-Parsing at eb84c432 has it: 48 channels of detail beside 256
    # of context, 768 of edges beside 256 of parsing, two outputs for edges from six.
    network = SCHP(SMALL)
    assert network.parsing[0][0].in_channels == 304
    assert network.fused[0].in_channels == 1024
    assert (network.edge.merged.in_channels, network.edge.merged.out_channels) == (6, 2)
    levels: list[torch.Size] = []
    network.encoder.register_forward_hook(lambda _m, _i, output: levels.extend(x.shape for x in output))
    with torch.inference_mode():
        network.eval()(frames(1, 64, 96))
    assert [64 // shape[2] for shape in levels] == [2, 4, 8, 16, 16]


def test_logits_have_the_size_of_the_frames() -> None:
    check_shapes(SCHP(SMALL), (1, 33, 50), (2, 64, 64))


def test_logits_have_the_size_of_the_frames_with_resnet_50() -> None:
    check_shapes(SCHP(SCHPConfig(classes=3, encoder="resnet50")), (1, 33, 50), (2, 64, 64))


def test_gradients_reach_every_weight() -> None:
    network = SCHP(SMALL)

    def everything(pictures: Tensor) -> Tensor:
        found = network.forward_all(pictures)
        assert found.edges.shape == (2, 2, 65, 72)
        return torch.cat((found.logits, found.parsing, found.edges), 1)

    check_gradients(network, everything, size=(65, 72))


def test_the_branches_change_nothing_about_the_logits() -> None:
    network = SCHP(SMALL).eval()
    with torch.inference_mode():
        assert torch.equal(network(frames(1, 40, 64)), network.forward_all(frames(1, 40, 64)).logits)


def test_evaluation_is_deterministic_and_frames_are_apart() -> None:
    check_evaluation(SCHP(SMALL), size=(41, 64))


def test_a_hook_reads_the_features_before_the_classifier() -> None:
    check_features(SCHP(SMALL), size=(48, 48), channels=256)


def test_other_classes_keep_all_other_weights_also_those_of_the_edges() -> None:
    check_other_classes(SCHP(SMALL), 7, size=(40, 48))


def test_written_weights_make_another_network_the_same(tmp_path: Path) -> None:
    check_round_trip(SCHP(SMALL), tmp_path, size=(40, 48))


@pytest.mark.slow  # compiling takes a quarter of a minute
def test_the_compiled_network_gives_the_same_logits() -> None:
    check_compiled(SCHP(SMALL), size=(48, 64))
