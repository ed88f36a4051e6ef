"""What do the losses cost: a step of each, beside a supervised step of as many pictures?

python -m benchmarks.speed.training [--repeats 7]

ESPNetV2 (s = 1), eight pictures of 192 x 336 a step, two threads, batches read beforehand, flow cached:
eight labeled ones, or four and two pairs. DAVIS with the coherent loss; CamVid with the temporal loss and
distillation, whose teacher (s = 2) looks at every picture too. Reading a batch is timed by itself. Writes
benchmarks/results/speed_training.json.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from benchmarks.inputs import DATA
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.timing import in_turn, on_cores
from torch import nn

from steadymask.data.batch import Batch
from steadymask.data.batches import Batches, BatchSettings
from steadymask.data.cached_flow import cache_flow
from steadymask.data.camvid import camvid_training
from steadymask.data.davis import davis_training
from steadymask.flow.dis import DIS
from steadymask.kept_memory import keep_freed_memory
from steadymask.networks.espnetv2 import ESPNetV2
from steadymask.recipes.espnetv2_davis import augmentation
from steadymask.recipes.start import open_weights
from steadymask.training.distillation import MultiFrame, PairWiseFrames, SingleFrame
from steadymask.training.outputs import Teacher, Term, predicted
from steadymask.training.terms import Coherent, Inconsistent, Supervised, Temporal, TransformInvariant

_WEIGHTS = DATA / "weights" / "espnetv2"
_LAYER = ESPNetV2.features_layer
_PICTURES = 8
_TEACHERLESS = "supervised on CamVid"
TERMS: Mapping[str, Term] = {
    "coherent loss": Coherent(),
    "temporal loss": Temporal(both_ways=True),
    "inconsistency loss": Inconsistent(),
}
TAUGHT: Mapping[str, Term] = {
    "PF": PairWiseFrames(),
    "MF": MultiFrame(layer=_LAYER, teacher_layer=_LAYER),
    "SF": SingleFrame(layer=_LAYER, teacher_layer=_LAYER),
}


def step_of(
    network: nn.Module, batch: Batch, terms: Mapping[str, Term], teacher: Teacher | None = None
) -> Callable[[], None]:
    """One step without the optimizer, which costs the same in all."""

    def step() -> None:
        network.zero_grad(set_to_none=True)
        layers = (_LAYER,) if teacher else ()
        outputs = predicted(network, batch, layers=layers, teacher=teacher)
        torch.stack([term(outputs, batch) for term in terms.values()]).sum().backward()

    return step


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    threads = on_cores(2)
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as place:
        found = _measured(Path(place), arguments.repeats)
    write_result(
        "speed_training",
        {
            "provenance": provenance(),
            "settings": {"pictures": _PICTURES, "size": list(augmentation().size), **threads},
            "times": found,
            "times_supervised": {
                name: round(each["ms_a_frame"] / found[_beside(name)]["ms_a_frame"], 2)
                for name, each in found.items()
            },
        },
    )


def _beside(name: str) -> str:
    """The supervised step that a step is compared with."""
    return _TEACHERLESS if "teacher" in name or name == _TEACHERLESS else "supervised"


def _measured(place: Path, repeats: int) -> dict[str, dict[str, object]]:
    flows = cache_flow(place, DIS())
    davis = davis_training(DATA / "davis-train-240p")
    every = Batches(
        data=davis,
        settings=BatchSettings(labeled=_PICTURES),
        augmentation=augmentation(),
        flows=flows,
    )
    pairs = replace(every, settings=BatchSettings(labeled=_PICTURES // 2, pairs=_PICTURES // 4))
    labeled, paired = every(0), pairs(0)
    network = _network("espnetv2_s_1.0_pascal_256x256.pth")
    supervised = Supervised(kind="both")
    work = {"supervised": step_of(network, labeled, {"supervised": supervised})}
    # Two passes of four pictures in place of one of eight: the moved pictures come after the others.
    half = replace(every, settings=BatchSettings(labeled=_PICTURES // 2))(0)
    work["transform invariance"] = step_of(
        network, half, {"supervised": supervised, "other": TransformInvariant()}
    )
    for name, term in TERMS.items():
        work[name] = step_of(network, paired, {"supervised": supervised, "other": term})
    work |= _taught()
    work |= {"reading eight pictures": lambda: every(0), "reading four and two pairs": lambda: pairs(0)}
    return in_turn(work, repeats=repeats, frames=_PICTURES)


def _taught() -> dict[str, Callable[[], None]]:
    data = camvid_training(DATA / "camvid")
    batches = Batches(
        data=data,
        settings=BatchSettings(labeled=_PICTURES // 2, pairs=_PICTURES // 4),
        augmentation=augmentation(),
    )
    batch, network = batches(0), _network("espnetv2_s_1.0_city_512x256.pth")
    teacher = Teacher(network=_network("espnetv2_s_2.0_city_1024x512.pth").eval(), layers=(_LAYER,))
    labels = {"supervised": Supervised()}
    eight = replace(batches, settings=BatchSettings(labeled=_PICTURES))(0)
    return {_TEACHERLESS: step_of(network, eight, labels)} | {
        f"{name}, with its teacher": step_of(network, batch, labels | {"other": term}, teacher)
        for name, term in TAUGHT.items()
    }


def _network(file: str) -> nn.Module:
    network, _ = open_weights(_WEIGHTS / file)
    return network.train().to(memory_format=torch.channels_last)


if __name__ == "__main__":
    main()
