"""Auxiliary outputs as parts of the loss: one pass, the losses by hand, the same in two processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from test_loop import CONFIG_OF_PROCESSES, batches, weights_of
from test_terms import batch
from torch import Tensor, nn

from steadymask.errors import InputError
from steadymask.losses.balanced_cross_entropy import balanced_cross_entropy_loss
from steadymask.losses.cross_entropy import cross_entropy_loss
from steadymask.losses.edge_cross_entropy import edge_cross_entropy_loss
from steadymask.losses.lovasz import lovasz_softmax_loss
from steadymask.networks.bisenetv2 import BiSeNetV2, BiSeNetV2Config
from steadymask.networks.deeplabv3 import DeepLabV3, DeepLabV3Config
from steadymask.networks.pspnet import PSPNet, PSPNetConfig
from steadymask.networks.schp import SCHP, SCHPConfig
from steadymask.training.everything import Everything
from steadymask.training.loop import fit
from steadymask.training.outputs import predicted
from steadymask.training.terms import Edges, Supervised, TransformInvariant


@dataclass(frozen=True)
class Said:
    logits: Tensor
    auxiliary: Tensor
    edges: Tensor
    heads: tuple[Tensor, ...]
    nothing: None = None


class Branched(nn.Module):
    """A tiny network with a head and edges for training alone."""

    def __init__(self, classes: int = 2) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 6, 3, padding=1)
        self.head, self.auxiliary = nn.Conv2d(6, classes, 1), nn.Conv2d(6, classes, 1)
        self.edges, self.passes = nn.Conv2d(6, 2, 1), 0

    def forward(self, frames: Tensor) -> Tensor:
        return self.forward_all(frames).logits

    def forward_all(self, frames: Tensor) -> Said:
        self.passes += 1
        x = self.body(frames).relu()
        first = self.auxiliary(x)
        return Said(self.head(x), first, self.edges(x), (2 * first, 3 * first))


def branched(classes: int = 2) -> Branched:
    torch.manual_seed(3)
    return Branched(classes)


TERMS = {
    "supervised": Supervised(kind="both", balanced=True),
    "auxiliary": Supervised(output="auxiliary", weight=0.4),
    "edges": Edges(weight=0.5),
}


def test_one_pass_gives_every_output_of_every_part() -> None:
    network, given = branched(3), batch()
    found = predicted(Everything(network), given, layers=("body",), inner=network)
    assert network.passes == 1
    assert [*found.others] == ["auxiliary", "edges", "heads.0", "heads.1"]
    for part, pictures in (("labeled", given.labeled.pictures), ("j", given.pairs.pictures_j)):
        said = network.forward_all(pictures)
        torch.testing.assert_close(found.of(part), said.logits)
        torch.testing.assert_close(found.of(part, output="edges"), said.edges)
        torch.testing.assert_close(found.of(part, output="heads.1"), said.heads[1])
        torch.testing.assert_close(found.features_of("body", part), network.body(pictures))


def test_pictures_of_several_sizes_take_a_pass_for_each_size() -> None:
    network, given = branched(3), batch(size=(10, 12))
    found = predicted(Everything(network), given)
    assert network.passes == 2
    assert found.of("labeled", output="auxiliary").shape == (3, 3, 10, 12)
    assert found.of("i", output="auxiliary").shape == (2, 3, 14, 18)


def test_auxiliary_losses_are_those_computed_by_hand() -> None:
    network, given = branched(3), batch()
    found, labels = predicted(Everything(network), given), given.labeled.labels
    said = network.forward_all(given.labeled.pictures)
    auxiliary = 0.4 * cross_entropy_loss(said.auxiliary, labels)
    torch.testing.assert_close(TERMS["auxiliary"](found, given), auxiliary)
    edges = 0.5 * edge_cross_entropy_loss(said.edges, labels, width=3)
    torch.testing.assert_close(TERMS["edges"](found, given), edges)
    wide = edge_cross_entropy_loss(said.edges, labels, width=5)
    torch.testing.assert_close(Edges(width=5)(found, given), wide)
    with pytest.raises(InputError, match=r"everything: wanted an output edges of the network, got logits$"):
        Edges()(predicted(network, given), given)


def test_balanced_cross_entropy_is_for_background_and_object() -> None:
    network, given = branched(), batches(1)
    logits, labels = network(given.labeled.pictures), given.labeled.labels
    found = predicted(network, given)
    balanced = balanced_cross_entropy_loss(logits[:, 1] - logits[:, 0], labels)
    torch.testing.assert_close(Supervised(balanced=True)(found, given), balanced)
    lovasz = lovasz_softmax_loss(logits.softmax(1), labels, per_image=True)
    torch.testing.assert_close(TERMS["supervised"](found, given), (balanced + lovasz) / 2)
    with pytest.raises(InputError, match="balanced: wanted background and object, got 3 classes"):
        Supervised(balanced=True)(predicted(branched(3), batch()), batch())


def test_other_pictures_are_answered_with_logits_alone() -> None:
    network, given = branched(3), batch()
    torch.manual_seed(0)
    alone = TransformInvariant()(predicted(network, given), given)
    torch.manual_seed(0)
    assert TransformInvariant()(predicted(Everything(network), given), given) == alone


def test_a_network_without_auxiliary_outputs_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="everything: wanted a network with auxiliary outputs, got Conv2d"):
        fit(nn.Conv2d(3, 2, 1), TERMS, batches, CONFIG_OF_PROCESSES, folder=tmp_path, everything=True)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: PSPNet(PSPNetConfig(classes=2)), ["auxiliary"]),
        (lambda: PSPNet(PSPNetConfig(classes=2, encoder="hrnet_w18_small_v2")), []),
        (lambda: SCHP(SCHPConfig(classes=2)), ["parsing", "edges"]),
        (lambda: DeepLabV3(DeepLabV3Config(classes=2)), ["auxiliary"]),
        (lambda: BiSeNetV2(BiSeNetV2Config(classes=2)), [f"boosters.{each}" for each in range(4)]),
    ],
    ids=["pspnet", "hrnet", "schp", "deeplabv3", "bisenetv2"],
)
def test_the_outputs_of_our_networks_have_names(make: Callable[[], nn.Module], names: list[str]) -> None:
    with torch.device("meta"):
        found = Everything(make().eval())(torch.zeros(1, 3, 64, 64))
    assert [*found] == ["logits", *names]
    assert all(each.shape == (1, 2, 64, 64) for each in found.values())


_TWO = """
import json, sys
from functools import partial
sys.path[:0] = [{tests!r}]
from pathlib import Path
from test_auxiliary_outputs import TERMS, branched
from test_loop import CONFIG_OF_PROCESSES, batches, weights_of
from steadymask.training.loop import fabric_of, fit
fabric = fabric_of(CONFIG_OF_PROCESSES, device="cpu", processes=2)
fabric.launch()
network = branched()
read = partial(batches, rank=fabric.global_rank, processes=2)
fit(network, TERMS, read, CONFIG_OF_PROCESSES, folder=Path({folder!r}), fabric=fabric, everything=True)
if fabric.is_global_zero:
    Path({folder!r}, "weights.json").write_text(json.dumps(weights_of(network)))
"""


def test_two_processes_learn_from_auxiliary_outputs_as_one_does(tmp_path: Path) -> None:
    alone = branched()
    fit(alone, TERMS, batches, CONFIG_OF_PROCESSES, folder=tmp_path / "alone", everything=True)
    assert weights_of(alone)["edges.weight"] != weights_of(branched())["edges.weight"]
    script = tmp_path / "two.py"
    script.write_text(_TWO.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "two")))
    subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)],
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=120,
        capture_output=True,
    )
    found = json.loads((tmp_path / "two" / "weights.json").read_text())
    for name, values in weights_of(alone).items():
        assert found[name] == pytest.approx(values, abs=1e-6), name
