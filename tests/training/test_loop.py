"""The loop: it learns, goes on after an interruption to the same bit, and two processes do what one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from steadymask.data.batch import Batch, LabeledBatch
from steadymask.errors import InputError, WeightsError
from steadymask.training.config import TrainingConfig
from steadymask.training.loop import CHECKPOINT, fit
from steadymask.training.schedule import Constant
from steadymask.training.terms import Supervised


class Small(nn.Module):
    """With all that could make a resumed run differ: batch norm and dropout."""

    def __init__(self, *, norm: bool = True) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8) if norm else nn.Identity(), nn.ReLU()
        )
        self.drop = nn.Dropout(0.2 if norm else 0.0)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, frames: Tensor) -> Tensor:
        return self.head(self.drop(self.body(frames)))


def small(seed: int = 0, *, norm: bool = True) -> Small:
    torch.manual_seed(seed)
    return Small(norm=norm)


def batches(number: int, rank: int = 0, processes: int = 1) -> Batch:
    """Bright is object; four pictures, shared out evenly."""
    generator = torch.Generator().manual_seed(number)
    pictures = torch.rand(4, 3, 12, 16, generator=generator)[rank::processes]
    labels = (pictures.mean(1) > 0.5).long()
    names = tuple(map(str, range(len(labels))))
    return Batch(step=number, labeled=LabeledBatch(names=names, pictures=pictures, labels=labels))


TERMS = {"supervised": Supervised()}
CONFIG = TrainingConfig(
    steps=12, learning_rate=0.1, average=0.9, accumulate=2, keep_every=4, check_every=3, warm_up=2, clip=1.0
)


def look(network: nn.Module) -> dict[str, float]:
    labeled = batches(999).labeled
    right = (network(labeled.pictures).argmax(1) == labeled.labels).float().mean()
    return {"accuracy": float(right), "stability": 1.0}


def weights_of(network: nn.Module) -> dict[str, list[float]]:
    return {name: each.flatten().tolist() for name, each in network.state_dict().items()}


def test_the_loss_falls_and_the_best_weights_stay(tmp_path: Path) -> None:
    network = small()
    before = look(network.eval())["accuracy"]
    config = TrainingConfig(steps=60, learning_rate=0.3, check_every=10)
    fitted = fit(network, TERMS, batches, config, folder=tmp_path, check=look)
    assert look(network)["accuracy"] == fitted.found["accuracy"] > max(before, 0.8)
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows[0].split(",") == ["step", "learning_rate", "loss_supervised", "accuracy", "stability"]
    assert len(rows) == 61
    assert any("tfevents" in each.name for each in tmp_path.iterdir())


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("stop", [4, 5, 7, 8])
def test_resumed_training_is_the_same_to_the_bit(tmp_path: Path, stop: int) -> None:
    whole, halved = small(), small()
    done = fit(whole, TERMS, batches, CONFIG, folder=tmp_path / "whole", check=look)

    def stopped(what: str, step: int, of: int) -> None:
        if step == stop:
            raise StoppedError

    with pytest.raises(StoppedError):
        fit(halved, TERMS, batches, CONFIG, folder=tmp_path / "halved", check=look, progress=stopped)
    fresh = small(seed=5)  # a new process knows nothing but the checkpoint
    again = fit(fresh, TERMS, batches, CONFIG, folder=tmp_path / "halved", check=look, resume=True)
    assert again == done
    assert weights_of(fresh) == weights_of(whole)
    logs = [(tmp_path / name / "log.csv").read_bytes() for name in ("whole", "halved")]
    assert logs[0] == logs[1]


def test_training_stops_when_neither_accuracy_nor_stability_rises(tmp_path: Path) -> None:
    found = iter([0.5, 0.6, 0.4, 0.3, 0.2, 0.1])
    config = TrainingConfig(steps=60, learning_rate=0.1, check_every=5, patience=3)
    fitted = fit(
        small(),
        TERMS,
        batches,
        config,
        folder=tmp_path,
        check=lambda network: {"accuracy": next(found), "stability": 0.7},
    )
    assert (fitted.steps, fitted.best_step, fitted.found["accuracy"]) == (25, 10, 0.6)


def test_a_loss_that_is_no_number_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"step 0: wanted a number for loss_bad, got nan; a lower rate may"):
        fit(
            small(),
            {"bad": lambda outputs, batch: outputs.of("labeled").sum() * float("nan")},
            batches,
            CONFIG,
            folder=tmp_path,
        )


def test_a_checkpoint_of_another_network_or_none_is_said(tmp_path: Path) -> None:
    config = TrainingConfig(steps=2, learning_rate=0.1)
    fit(small(), TERMS, batches, config, folder=tmp_path)
    with pytest.raises(WeightsError, match=r"checkpoint\.pt: wanted the checkpoint of this network, got ano"):
        fit(nn.Conv2d(3, 2, 1), TERMS, batches, config, folder=tmp_path, resume=True)
    (tmp_path / CHECKPOINT).write_bytes(b"nothing")
    with pytest.raises(
        WeightsError, match=r"checkpoint\.pt: wanted a checkpoint of training, got a file tha"
    ):
        fit(small(), TERMS, batches, config, folder=tmp_path, resume=True)


_TWO = """
import json, sys
from functools import partial
sys.path[:0] = [{tests!r}]
from pathlib import Path
from test_loop import CONFIG_OF_PROCESSES, TERMS, batches, small, weights_of
from steadymask.training.loop import fabric_of, fit
fabric = fabric_of(CONFIG_OF_PROCESSES, device="cpu", processes=2)
fabric.launch()
network = small(norm=False)
read = partial(batches, rank=fabric.global_rank, processes=2)
fit(network, TERMS, read, CONFIG_OF_PROCESSES, folder=Path({folder!r}), fabric=fabric)
if fabric.is_global_zero:
    Path({folder!r}, "weights.json").write_text(json.dumps(weights_of(network)))
"""
CONFIG_OF_PROCESSES = TrainingConfig(steps=3, learning_rate=0.1, schedule=Constant(), accumulate=2)


def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    alone = small(norm=False)
    fit(alone, TERMS, batches, CONFIG_OF_PROCESSES, folder=tmp_path / "alone")
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
