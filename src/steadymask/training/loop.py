"""The loop of training: batch, forward, losses, backward, step; and what survives an interruption."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from steadymask.data.batch import Batch, to_device
from steadymask.errors import WeightsError, require
from steadymask.training.checkpoint import read_checkpoint, write_checkpoint
from steadymask.training.config import Precision, TrainingConfig
from steadymask.training.log import Log
from steadymask.training.looks import Looks
from steadymask.training.outputs import Term, predicted
from steadymask.training.weight_average import WeightAverage

ReadBatch = Callable[[int], Batch]
"""The batch of a number, of several processes this one's share; nothing else decides it (`data.batches`)."""

Check = Callable[[nn.Module], Mapping[str, float]]
"""Looks at a network on clips held out; `accuracy` and `stability` are among what it finds, higher better."""

CHECKPOINT = "checkpoint.pt"
_PRECISIONS: dict[Precision, Any] = {"32": "32-true", "16": "16-mixed", "bf16": "bf16-mixed"}


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What training came to.

    Args:
        steps: how many were done.
        best_step: how many had been done when the weights were made that the network has now.
        found: by the look at these; empty without one.
    """

    steps: int
    best_step: int
    found: Mapping[str, float]


def fabric_of(config: TrainingConfig, *, device: str = "auto", processes: int = 1) -> Fabric:
    """Where to train: on one device, or as one of the processes that `torchrun` has started."""
    return Fabric(
        accelerator=device,
        devices=processes,
        strategy="ddp" if processes > 1 else "auto",
        precision=_PRECISIONS[config.precision],
    )


def fit(
    network: nn.Module,
    terms: Mapping[str, Term],
    batches: ReadBatch,
    config: TrainingConfig,
    *,
    folder: Path,
    fabric: Fabric | None = None,
    layers: Sequence[str] = (),
    check: Check | None = None,
    resume: bool = False,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Fitted:
    """Train a network in place; at the end it has the best weights that a look found, without one the last.

    The state is kept in the folder every few steps. A run that was stopped and is resumed goes through the
    same numbers as one that was not, on a CPU to the bit: batches, rate and random numbers depend on the step
    alone.

    Args:
        network: from frames `b 3 h w` to logits `b k h w`.
        terms: the parts of the loss by the names that logs give them; what falls is their sum.
        batches: what is looked at.
        config: everything else.
        folder: for the checkpoint and the log.
        fabric: where to train; None: on one CPU.
        layers: of the network, whose features some of the terms want.
        check: None keeps the last weights.
        resume: go on from the checkpoint in the folder, if there is one.
        progress: told of every step.

    Raises:
        InputError: a loss is no number any more.
        WeightsError: the checkpoint cannot be read, or is of another network.
    """
    fabric = fabric or fabric_of(config, device="cpu")
    model, optimizer = fabric.setup(network, _optimizer(network, config))
    average = WeightAverage(network, decay=config.average) if config.average else None
    kept = _Kept(folder / CHECKPOINT, network, optimizer, average, Looks(patience=config.patience))
    step = kept.restored() if resume else 0
    log = Log(folder, begun_at=step) if fabric.is_global_zero else None
    while step < config.steps and not kept.looks.is_over:
        torch.manual_seed(config.seed * 1_000_003 + step * 1_009 + fabric.global_rank)
        for group in optimizer.param_groups:
            group["lr"] = config.rate(step)
        model.train()
        for part in range(config.accumulate):
            number = step * config.accumulate + part
            batch = to_device(batches(number), fabric.device)
            with fabric.no_backward_sync(model, enabled=part + 1 < config.accumulate):
                outputs = predicted(model, batch, layers=layers)
                losses = {name: term(outputs, batch) for name, term in terms.items()}
                fabric.backward(torch.stack([*losses.values()]).sum() / config.accumulate)
        noted = {"learning_rate": config.rate(step)} | _numbers(losses, step)
        if config.clip is not None:  # in 16 bits now and then infinite: the scaler leaves such a step out
            fabric.clip_gradients(model, optimizer, max_norm=config.clip, error_if_nonfinite=False)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if average is not None:
            average.update()
        step += 1
        if check is not None and _is_due(step, config.steps, every=config.check_every):
            noted |= kept.look(check, step)
        if log is not None:
            log.add(step - 1, noted)
            if _is_due(step, config.steps, every=config.keep_every) or kept.looks.is_over:
                kept.write(step)
                log.write()
        progress("train", step, config.steps)
    if log is not None:
        log.close()
    return kept.best(step)


class _Kept:
    """All that a run carries from step to step."""

    def __init__(
        self,
        file: Path,
        network: nn.Module,
        optimizer: Optimizer,
        average: WeightAverage | None,
        looks: Looks,
    ) -> None:
        self._file, self._network, self._optimizer = file, network, optimizer
        self._average, self.looks = average, looks

    def look(self, check: Check, step: int) -> dict[str, float]:
        """Look at the weights that would be kept now."""
        now = {name: each.clone() for name, each in self._network.state_dict().items()}
        weights = self._weights()
        self._network.load_state_dict(weights)
        self._network.eval()
        with torch.no_grad():
            found = dict(check(self._network))
        self._network.load_state_dict(now)
        self.looks.add(step, found, weights)
        return found

    def write(self, step: int) -> None:
        """Write the checkpoint."""
        write_checkpoint(
            self._file,
            {
                "step": step,
                "network": self._network.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "average": self._average.saved() if self._average is not None else None,
                "looks": self.looks.saved(),
            },
        )

    def restored(self) -> int:
        """Read the checkpoint, if there is one; return how many steps are done."""
        if not self._file.exists():
            return 0
        state = read_checkpoint(self._file)
        try:
            self._network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise WeightsError(
                f"{self._file}: wanted the checkpoint of this network, got another ({reason})"
            ) from error
        if self._average is not None and state["average"] is not None:
            self._average.restore(state["average"])
        self.looks.restore(state["looks"])
        return int(state["step"])

    def best(self, step: int) -> Fitted:
        """Give the network its best weights."""
        weights = self.looks.weights
        self._network.load_state_dict(self._weights() if weights is None else weights)
        self._network.eval()
        best_step = step if weights is None else self.looks.best_step
        return Fitted(steps=step, best_step=best_step, found=self.looks.found)

    def _weights(self) -> dict[str, Tensor]:
        return self._network.state_dict() if self._average is None else self._average.state()


def _optimizer(network: nn.Module, config: TrainingConfig) -> Optimizer:
    """Norms and biases do not decay."""
    trained = [each for each in network.parameters() if each.requires_grad]
    groups = [
        {"params": [each for each in trained if each.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [each for each in trained if each.ndim <= 1], "weight_decay": 0.0},
    ]
    if config.optimizer == "sgd":
        return SGD(groups, lr=config.learning_rate, momentum=config.momentum)
    return AdamW(groups, lr=config.learning_rate)


def _is_due(step: int, steps: int, *, every: int) -> bool:
    return step == steps or (every > 0 and step % every == 0)


def _numbers(losses: Mapping[str, Tensor], step: int) -> dict[str, float]:
    found = {f"loss_{name}": float(loss.detach()) for name, loss in losses.items()}
    for name, value in found.items():
        require(
            math.isfinite(value),
            f"step {step}: wanted a number for {name}, got {value}; a lower rate may help",
        )
    return found
