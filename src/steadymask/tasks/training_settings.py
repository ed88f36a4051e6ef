"""All that decides the result of a training run, as JSON has it."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import torch
from torch import nn

from steadymask.data.training_data import TrainingData
from steadymask.io.manifest import identity, plain, versions
from steadymask.training.recipe import Phase, Recipe


def settings_of(
    name: str, recipe: Recipe, inputs: Mapping[str, Path | None], *, device: torch.device, processes: int
) -> dict[str, Any]:
    """Inputs, settings and versions.

    Args:
        name: of the recipe.
        recipe: what it says.
        inputs: files, which are known by their content.
        device: where it is trained.
        processes: on how many.

    Raises:
        VideoError: an input cannot be read.
    """
    settings: dict[str, Any] = plain(
        {
            "task": "train",
            "recipe": name,
            "inputs": {name: path and identity(path) for name, path in inputs.items()},
            "data": _facts(recipe.data),
            "held_out": recipe.held_out and _facts(recipe.held_out),
            "phases": [_described(each) for each in recipe.phases],
            "device": device.type,
            "processes": processes,
            "versions": versions(),
        }
    )
    return settings


def _facts(data: TrainingData) -> dict[str, Any]:
    return {
        "name": data.name,
        "classes": list(data.classes),
        "labeled": len(data.labeled),
        "videos": {video.name: video.count for video in data.videos},
    }


def _described(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "config": _settings(phase.config),
        "batch": asdict(phase.batch),
        "augmentation": asdict(phase.augmentation),
        "terms": {name: _settings(term) for name, term in phase.terms.items()},
        "everything": phase.everything,
    }


def _settings(value: object) -> Any:  # noqa: ANN401  # what JSON holds has no narrower type
    """Of a dataclass its name and fields, of a module what its text says, of anything else its name."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"name": type(value).__name__, **{key: _settings(each) for key, each in vars(value).items()}}
    if isinstance(value, nn.Module):
        return repr(value)
    if isinstance(value, list | tuple):
        return [_settings(each) for each in value]
    if value is None or isinstance(value, bool | int | float | str | Path):
        return value
    named = value if isinstance(value, type | FunctionType) else type(value)
    return f"{named.__module__}.{named.__qualname__}"
