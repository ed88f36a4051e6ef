"""One training run: its phases one after the other, each to be taken up again where it was stopped."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from lightning_fabric import Fabric

from steadymask.arrays import FlowEstimator
from steadymask.data.batch import Batch
from steadymask.data.batches import Batches
from steadymask.data.cached_flow import cache_flow
from steadymask.data.read_ahead import read_ahead
from steadymask.data.training_data import TrainingData
from steadymask.data.unpacked_data import unpacked_data
from steadymask.io.manifest import read_json, write_json
from steadymask.io.place import missing_folders
from steadymask.io.unfinished import remove
from steadymask.io.weights import WeightsOf, read_weights, write_weights
from steadymask.kept_memory import keep_freed_memory
from steadymask.networks.refiner import Refiner
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.trained import Trained
from steadymask.tasks.training_folder import (
    FLOWS,
    FRAMES,
    MANIFEST,
    PSEUDO_LABELS,
    WEIGHTS,
    TrainingFolder,
)
from steadymask.tasks.training_settings import settings_of
from steadymask.training.kept import Fitted
from steadymask.training.loop import CHECKPOINT, ReadBatch, fabric_of, fit
from steadymask.training.pseudo_labels import frames_to_label, with_pseudo_labels
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.validation import Validation

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
    def _folder(self) -> TrainingFolder:
        settings = settings_of(
            self.name, self.recipe, self.inputs, device=self.device, processes=_started("WORLD_SIZE")
        )
        return TrainingFolder(path=self.out, settings=settings)

    def done(self, *, resume: bool, overwrite: bool, progress: Progress) -> Trained:
        """Do what is left to do."""
        manifest = self._folder.finished if resume else None
        if manifest is not None:
            return self._described(manifest, seconds=None)
        self._check()
        begun = perf_counter()
        fabric = self._fabric(self.recipe.phases[0])
        with missing_folders(self.out):
            if fabric.is_global_zero:
                self._folder.begin(resume=resume, overwrite=overwrite)
            fabric.barrier()
            found = self._kept_if_worth(fabric, resume=resume, progress=progress)
            phases = {phase.name: asdict(each) for phase, each in zip(self.recipe.phases, found, strict=True)}
            if fabric.is_global_zero:
                write_weights(self.out / WEIGHTS, self.recipe.network.state_dict(), of=self._weights_of)
                self._folder.finish(phases)
            fabric.barrier()
        return self._described({"phases": phases}, seconds=perf_counter() - begun)

    def _check(self) -> None:
        """Find what no phase can be trained with, before anything is replaced."""
        recipe, wanted = self.recipe, self.recipe.pseudo_labels
        labeled = recipe.data.labeled
        if wanted is not None:
            labeled += wanted.images + frames_to_label(recipe.data.videos, wanted.frames_per_video)
        for phase in recipe.phases:
            self._batches(phase, replace(recipe.data, labeled=labeled), recipe.flow)

    def _batches(
        self, phase: Phase, data: TrainingData, flow: FlowEstimator, fabric: Fabric | None = None
    ) -> Batches:
        return Batches(
            data=data,
            settings=phase.batch,
            augmentation=phase.augmentation,
            flows=flow,
            rank=0 if fabric is None else fabric.global_rank,
            processes=_started("WORLD_SIZE"),
        )

    def _kept_if_worth(self, fabric: Fabric, *, resume: bool, progress: Progress) -> list[Fitted]:
        """Train; after an error nothing stays of a run that has not come far, which may be tried anew."""
        try:
            return self._train(resume=resume, progress=progress if fabric.is_global_zero else silent)
        except Exception:
            if fabric.is_global_zero and not self._folder.is_worth_keeping:
                remove(self.out)
            raise

    def _train(self, *, resume: bool, progress: Progress) -> list[Fitted]:
        keep_freed_memory()
        self.recipe.network.to(memory_format=torch.channels_last)  # the faster layout
        recipe, data = self.recipe, self._data(progress)
        flow = cache_flow(self.flows or self.out / FLOWS, recipe.flow, half=recipe.half_flow)
        check = None if recipe.held_out is None else Validation(data=recipe.held_out, flow=flow)
        found: list[Fitted] = []
        for phase in recipe.phases:
            folder = self.out / phase.name
            done = read_json(folder / MANIFEST) if resume else None
            if done is not None:
                read_weights(folder / WEIGHTS).load_into(recipe.network)
                found.append(Fitted(**done))
                continue
            fabric = self._fabric(phase)
            with _ahead(self._batches(phase, data, flow, fabric)) as ahead:
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
        fabric = fabric_of(
            phase.config, device=self.device, processes=here, machines=_started("WORLD_SIZE") // here
        )
        fabric.launch()
        return fabric

    def _data(self, progress: Progress) -> TrainingData:
        """What is learned from, all of it on disk: one process writes, then all read."""
        fabric = self._fabric(self.recipe.phases[0])
        if fabric.is_global_zero:
            self._prepared(progress)
        fabric.barrier()
        return self._prepared(silent)

    def _prepared(self, progress: Progress) -> TrainingData:
        """Video files as pictures, and the teacher's labels if there are any."""
        recipe, wanted = self.recipe, self.recipe.pseudo_labels
        frames = () if wanted is None else frames_to_label(recipe.data.videos, wanted.frames_per_video)
        settings = [phase.batch for phase in recipe.phases]
        data = unpacked_data(recipe.data, self.out / FRAMES, settings, labeled=frames)
        if wanted is None or recipe.teacher is None:
            return data
        teacher = recipe.teacher.network.to(self.device).eval()
        return with_pseudo_labels(data, wanted, teacher, self.out / PSEUDO_LABELS, progress=progress)

    def _keep(self, fabric: Fabric, folder: Path, fitted: Fitted) -> None:
        """Note that a phase is finished: its weights, then what was found."""
        if fabric.is_global_zero:
            write_weights(folder / WEIGHTS, self.recipe.network.state_dict(), of=self._weights_of)
            write_json(folder / MANIFEST, asdict(fitted))
            (folder / CHECKPOINT).unlink(missing_ok=True)
        fabric.barrier()

    @property
    def _weights_of(self) -> WeightsOf | None:
        network = self.recipe.network
        if not isinstance(network, SegmentationNetwork | Refiner):
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
