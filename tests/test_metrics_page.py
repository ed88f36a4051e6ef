"""What docs/metrics.md shows as a program runs, with torchmetrics where it is installed."""

import math
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
import torch

from steadymask.metrics.agreement import Agreement
from steadymask.metrics.temporal_consistency import temporal_consistency, temporal_consistency_sums

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
CLASSES = 3


class StandIn:
    """The little that the program asks of torchmetrics.Metric."""

    def __init__(self) -> None:
        self._defaults: dict[str, torch.Tensor] = {}

    def add_state(self, name: str, default: torch.Tensor, *, dist_reduce_fx: str) -> None:
        assert dist_reduce_fx == "sum"
        self._defaults[name] = default
        setattr(self, name, default.clone())

    def reset(self) -> None:
        for name, default in self._defaults.items():
            setattr(self, name, default.clone())


@pytest.fixture
def metric(monkeypatch):
    """The program's class."""
    if find_spec("torchmetrics") is None:
        stand_in = ModuleType("torchmetrics")
        stand_in.Metric = StandIn
        monkeypatch.setitem(sys.modules, "torchmetrics", stand_in)
    [program] = re.findall(r"```python\n(import torch\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, type] = {}
    exec(compile(program, str(PAGE), "exec"), names)
    return names["TemporalConsistency"](CLASSES)


def pairs(seed: int, count: int = 4):
    """Labels of a frame and the one before, flow and visibility."""
    draw = torch.Generator().manual_seed(seed)
    for _ in range(count):
        labels, before = torch.randint(0, CLASSES, (2, 12, 16), generator=draw)
        flow = torch.randn(2, 12, 16, generator=draw)
        yield labels, before, flow, torch.rand(12, 16, generator=draw) < 0.8


def pooled(some) -> float:
    nothing = torch.zeros(CLASSES, dtype=torch.int64)
    sums = Agreement(pixels=nothing, lost=nothing, gained=nothing)
    for labels, before, flow, visible in some:
        sums += temporal_consistency_sums(labels, before, flow, visible=visible, classes=CLASSES)
    return temporal_consistency(sums)


def test_the_metric_of_the_page_pools_pairs_and_forgets_when_reset(metric):
    for pair in pairs(seed=1):
        metric.update(*pair)
    assert metric.compute().item() == pytest.approx(pooled(pairs(seed=1)))
    metric.reset()
    for pair in pairs(seed=2):
        metric.update(*pair)
    assert metric.compute().item() == pytest.approx(pooled(pairs(seed=2)))


@pytest.mark.filterwarnings("ignore:The ``compute`` method:UserWarning")  # that is what is tried
def test_the_metric_of_the_page_is_undefined_before_any_pair(metric):
    assert math.isnan(metric.compute().item())
