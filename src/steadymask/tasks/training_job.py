"""One training run: its phases one after the other, each to be taken up again where it was stopped."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from steadymask.data.batch import Batch
from steadymask.data.batches import Batches
from steadymask.data.cached_flow import cache_flow
from steadymask.data.read_ahead import read_ahead
from steadymask.data.training_data import TrainingData
from steadymask.errors import InputError
from steadymask.io.manifest import identity, plain, read_json, versions, write_json
from steadymask.io.place import missing_folders, require_free
from steadymask.io.unfinished import remove
from steadymask.io.weights import WeightsOf, read_weights, write_weights
from steadymask.kept_memory import keep_freed_memory
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.tasks.progress import Progress
from steadymask.tasks.trained import Trained
from steadymask.training.kept import Fitted
from steadymask.training.loop import CHECKPOINT, ReadBatch, fabric_of, fit
from steadymask.training.pseudo_labels import with_pseudo_labels
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.validation import Validation

WEIGHTS = "weights.safetensors"
_MANIFEST, _BEGUN = "manifest.json", "begun.json"
_READERS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingJob:
    """One training run: all that the result depends on."""

    name: str
    recipe: Recipe
    inputs: Mapping[str, Path | None]
    out: Path
    device: torch.device
    flows: Path | None

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Inputs, settings and versions: what decides the result."""
        data = self.recipe.data
        settings: dict[str, Any] = plain(
            {
                "task": "train",
                "recipe": self.name,
                "inputs": {name: path and identity(path) for name, path in self.inputs.items()},
                "data": {
                    "name": data.name,
                    "classes": list(data.classes),
                    "labeled": len(data.labeled),
                    "videos": {video.name: video.count for video in data.videos},
                },
                "phases": [_described(each) for each in self.recipe.phases],
                "device": self.device.type,
                "processes": _started("WORLD_SIZE"),
                "versions": versions(),
            }
        )
        return settings

    def done(self, *, resume: bool, overwrite: bool, progress: Progress) -> Trained:
        """Do what is left to do."""
        manifest = read_json(self.out / _MANIFEST)
        if resume and manifest is not None and manifest.get("made") == self.settings:
            return self._described(manifest, seconds=None)
        begun = perf_counter()
        fabric = self._fabric(self.recipe.phases[0])
        fabric.launch()
        with missing_folders(self.out):
            if fabric.is_global_zero:
                self._begin(resume=resume, overwrite=overwrite)
            fabric.barrier()
            found = self._train(resume=resume, progress=progress)
            if fabric.is_global_zero:
                self._finish(found)
            fabric.barrier()
        return self._described(read_json(self.out / _MANIFEST) or {}, seconds=perf_counter() - begun)

    def _begin(self, *, resume: bool, overwrite: bool) -> None:
        """Make the folder, or check that it is this run's."""
        before = read_json(self.out / _BEGUN)
        if resume and before is not None:
            if before != self.settings:
                changed = [key for key in self.settings if before.get(key) != self.settings[key]]
                raise InputError(
                    f"{self.out}: resume: wanted the same {', '.join(changed)} as before, got others"
                )
            return
        marker = self.out / (_BEGUN if before is not None else _MANIFEST)
        require_free(str(self.out), self.out, marker=marker, overwrite=overwrite, known=self._known)
        remove(self.out)
        self.out.mkdir()
        write_json(self.out / _BEGUN, self.settings)

    @property
    def _known(self) -> tuple[str, ...]:
        """All that lies in such a folder."""
        phases = (phase.name for phase in self.recipe.phases)
        return (WEIGHTS, _MANIFEST, _BEGUN, "flows", "pseudo-labels", *phases)

    def _train(self, *, resume: bool, progress: Progress) -> list[Fitted]:
        keep_freed_memory()
        self.recipe.network.to(memory_format=torch.channels_last)  # a fifth faster
        recipe, data = self.recipe, self._data(progress)
        flow = cache_flow(self.flows or self.out / "flows", recipe.flow)
        check = None if recipe.held_out is None else Validation(data=recipe.held_out, flow=flow)
        found: list[Fitted] = []
        for phase in recipe.phases:
            folder = self.out / phase.name
            done = read_json(folder / _MANIFEST) if resume else None
            if done is not None:
                read_weights(folder / WEIGHTS).load_into(recipe.network)
                found.append(Fitted(**done))
                continue
            fabric = self._fabric(phase)
            batches = Batches(
                data=data,
                settings=phase.batch,
                augmentation=phase.augmentation,
                flows=flow,
                rank=fabric.global_rank,
                processes=fabric.world_size,
            )
            with _ahead(batches) as ahead:
                fitted = fit(
                    recipe.network,
                    phase.terms,
                    ahead,
                    phase.config,
                    folder=folder,
                    fabric=fabric,
                    layers=phase.layers,
                    everything=phase.everything,
                    teacher=recipe.teacher,
                    check=check,
                    resume=resume,
                    progress=lambda _, done, of, name=phase.name: progress(name, done, of),  # type: ignore[misc]
                )
            found.append(fitted)
            self._keep(fabric, folder, fitted)
        return found

    def _fabric(self, phase: Phase) -> Fabric:
        here = _started("LOCAL_WORLD_SIZE")
        return fabric_of(
            phase.config, device=self.device, processes=here, machines=_started("WORLD_SIZE") // here
        )

    def _data(self, progress: Progress) -> TrainingData:
        """What is learned from, with the teacher's labels if there are any."""
        recipe = self.recipe
        if recipe.pseudo_labels is None or recipe.teacher is None:
            return recipe.data
        teacher = recipe.teacher.network.to(self.device).eval()
        folder = self.out / "pseudo-labels"
        return with_pseudo_labels(recipe.data, recipe.pseudo_labels, teacher, folder, progress=progress)

    def _keep(self, fabric: Fabric, folder: Path, fitted: Fitted) -> None:
        """Note that a phase is finished: its weights, then what was found."""
        if fabric.is_global_zero:
            write_weights(folder / WEIGHTS, self.recipe.network.state_dict(), of=self._weights_of)
            write_json(folder / _MANIFEST, asdict(fitted))
            (folder / CHECKPOINT).unlink(missing_ok=True)
        fabric.barrier()

    def _finish(self, found: list[Fitted]) -> None:
        write_weights(self.out / WEIGHTS, self.recipe.network.state_dict(), of=self._weights_of)
        phases = {phase.name: asdict(each) for phase, each in zip(self.recipe.phases, found, strict=True)}
        write_json(self.out / _MANIFEST, {"made": self.settings, "phases": phases})
        (self.out / _BEGUN).unlink(missing_ok=True)

    @property
    def _weights_of(self) -> WeightsOf | None:
        network = self.recipe.network
        if not isinstance(network, SegmentationNetwork):
            return None
        config = asdict(network.config)
        return WeightsOf(network=network.name, config=config, classes=self.recipe.data.classes)

    def _described(self, manifest: dict[str, Any], *, seconds: float | None) -> Trained:
        phases = [*manifest.get("phases", {}).values()]
        return Trained(
            recipe=self.name,
            weights=self.out / WEIGHTS,
            steps=sum(each["steps"] for each in phases),
            found=phases[-1]["found"] if phases else {},
            parameters=sum(each.numel() for each in self.recipe.network.parameters()),
            seconds=seconds,
        )


@contextmanager
def _ahead(batches: Batches) -> Iterator[ReadBatch]:
    """The batches, asked for in order, each read while the one before is learned from."""
    reading: list[Iterator[Batch]] = []

    def read(number: int) -> Batch:
        if not reading:
            reading.append(read_ahead(batches, count(number), threads=_READERS))
        return next(reading[0])

    try:
        yield read
    finally:
        for each in reading:
            each.close()  # type: ignore[attr-defined]  # a generator


def _started(what: str) -> int:
    """How many processes `torchrun` has started: WORLD_SIZE in all, LOCAL_WORLD_SIZE on this machine."""
    return int(os.environ.get(what, "1"))


def _described(phase: Phase) -> dict[str, Any]:
    terms = {name: _settings(term) for name, term in phase.terms.items()}
    return {
        "name": phase.name,
        "config": _settings(phase.config),
        "batch": asdict(phase.batch),
        "augmentation": asdict(phase.augmentation),
        "terms": terms,
        "everything": phase.everything,
    }


def _settings(value: object) -> Any:  # noqa: ANN401  # what JSON holds has no narrower type
    """Of a dataclass its name and fields, of a module what its text says."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"name": type(value).__name__, **{key: _settings(each) for key, each in vars(value).items()}}
    if isinstance(value, nn.Module):
        return repr(value)
    return value
