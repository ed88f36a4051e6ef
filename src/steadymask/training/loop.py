"""The loop of training: batch, forward, losses, backward, step; and what survives an interruption."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from steadymask.data.batch import Batch, to_device
from steadymask.errors import require
from steadymask.training.config import Precision, TrainingConfig
from steadymask.training.everything import Everything
from steadymask.training.kept import Check, Fitted, Kept
from steadymask.training.log import Log
from steadymask.training.looks import Looks
from steadymask.training.outputs import Teacher, Term, predicted
from steadymask.training.weight_average import WeightAverage

ReadBatch = Callable[[int], Batch]
"""The batch of a number, of several processes this one's share; nothing else decides it (`data.batches`)."""


@runtime_checkable
class Bounded(Protocol):
    """A term whose own weights are kept in bounds."""

    def after_step(self) -> None:
        """Bring them back."""
        ...


CHECKPOINT = "checkpoint.pt"
_PRECISIONS: dict[Precision, Any] = {"32": "32-true", "16": "16-mixed", "bf16": "bf16-mixed"}


def fabric_of(
    config: TrainingConfig, *, device: torch.device | str = "cpu", processes: int = 1, machines: int = 1
) -> Fabric:
    """Where to train: on one device, or as one of the processes that `torchrun` has started.

    Args:
        config: whose precision it computes in.
        device: a processor or GPU; of several processes, what each has one of.
        processes: on each machine.
        machines: how many there are.
    """
    place = torch.device(device)
    alone = processes * machines == 1
    return Fabric(
        accelerator=place.type,
        devices=[place.index] if alone and place.index is not None else processes,
        num_nodes=machines,
        strategy="auto" if alone else "ddp_find_unused_parameters_true",  # heads for training alone
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
    everything: bool = False,
    teacher: Teacher | None = None,
    check: Check | None = None,
    resume: bool = False,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Fitted:
    """Train a network in place; at the end it has the best weights that a look found, without one the last.

    The state is kept in the folder every few steps. A run that was stopped and is resumed goes through the
    same numbers as one that was not, on a CPU to the bit: batches, rate and random numbers depend on the step
    alone.

    Args:
        network: from frames `b 3 h w` to logits `b k h w`; for groups see `predicted`.
        terms: the parts of the loss by the names that logs give them; what falls is their sum. One that is a
            module learns too; if it has `after_step`, that is called after each step.
        batches: what is looked at.
        config: everything else.
        folder: for the checkpoint and the log.
        fabric: where to train; None: on one CPU.
        layers: of the network, whose features some of the terms want.
        everything: terms want auxiliary outputs of the network too (see `Everything`).
        teacher: whom terms of distillation ask.
        check: None keeps the last weights.
        resume: go on from the checkpoint in the folder, if there is one.
        progress: told of every step.

    Raises:
        InputError: a loss is no number any more, or the network has no auxiliary outputs.
        WeightsError: the checkpoint cannot be read, or is of another network.
    """
    fabric = fabric or fabric_of(config)
    learning = nn.ModuleDict({name: term for name, term in terms.items() if isinstance(term, nn.Module)})
    learning.to(fabric.device)
    if teacher is not None:
        teacher.network.to(fabric.device).eval()
    asked = Everything(network) if everything else network
    model, optimizer = fabric.setup(asked, _optimizer(network, learning, config))
    average = WeightAverage(network, decay=config.average) if config.average else None
    kept = Kept(
        file=folder / CHECKPOINT,
        network=network,
        learning=learning,
        optimizer=optimizer,
        average=average,
        looks=Looks(patience=config.patience),
    )
    step = kept.restored() if resume else 0
    log = Log(folder, begun_at=step) if fabric.is_global_zero else None
    while step < config.steps and not kept.looks.is_over:
        torch.manual_seed(config.seed * 1_000_003 + step * 1_009 + fabric.global_rank)
        for group in optimizer.param_groups:
            group["lr"] = config.rate(step)
        model.train()
        for part in range(config.accumulate):
            batch = to_device(batches(step * config.accumulate + part), fabric.device)
            with fabric.no_backward_sync(model, enabled=part + 1 < config.accumulate):
                outputs = predicted(model, batch, layers=layers, inner=network, teacher=teacher)
                losses = {name: term(outputs, batch) for name, term in terms.items()}
                fabric.backward(torch.stack([*losses.values()]).sum() / config.accumulate)
        noted = {"learning_rate": config.rate(step)} | _numbers(losses, step)
        _share(fabric, learning)
        if config.clip is not None:  # in 16 bits now and then infinite: the scaler leaves such a step out
            fabric.clip_gradients(model, optimizer, max_norm=config.clip, error_if_nonfinite=False)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        _bound(terms)
        if average is not None:
            average.update()
        step += 1
        if check is not None and _is_due(step, config.steps, every=config.check_every):
            noted |= kept.look(_shared(check, fabric), step)
        if log is not None:
            log.add(step - 1, noted)
            if _is_due(step, config.steps, every=config.keep_every) or kept.looks.is_over:
                kept.write(step)
                log.write()
        progress("train", step, config.steps)
    if log is not None:
        log.close()
    return kept.best(step)


def _optimizer(network: nn.Module, learning: nn.Module, config: TrainingConfig) -> Optimizer:
    """Norms and biases do not decay."""
    everything = (*network.parameters(), *learning.parameters())
    trained = [each for each in everything if each.requires_grad]
    groups = [
        {"params": [each for each in trained if each.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [each for each in trained if each.ndim <= 1], "weight_decay": 0.0},
    ]
    if config.optimizer == "sgd":
        return SGD(groups, lr=config.learning_rate, momentum=config.momentum)
    return AdamW(groups, lr=config.learning_rate)


def _shared(check: Check, fabric: Fabric) -> Check:
    """What the first process finds, for all: by their own statistics they might stop at different steps."""

    def look(network: nn.Module) -> Mapping[str, float]:
        found: Mapping[str, float] = fabric.broadcast(dict(check(network)) if fabric.is_global_zero else {})
        return found

    return look


def _share(fabric: Fabric, learning: nn.Module) -> None:
    """Terms that learn stand in no wrapper that shares gradients out among processes."""
    for each in learning.parameters():
        if each.grad is not None:
            shared = fabric.all_reduce(each.grad, reduce_op="mean")
            each.grad.copy_(shared)  # type: ignore[arg-type]  # a tensor comes back as one


def _bound(terms: Mapping[str, Term]) -> None:
    for term in terms.values():
        if isinstance(term, Bounded):
            term.after_step()


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
