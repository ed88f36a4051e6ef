"""Finished frames of a run that may be interrupted: where they wait, and where to go on."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from steadymask.errors import InputError, VideoError
from steadymask.io.manifest import read_json, write_json
from steadymask.io.place import full
from steadymask.io.unfinished import unfinished

_SETTINGS = "settings.json"
_STATE = "state.safetensors"


@dataclass(frozen=True, kw_only=True)
class WorkFolder:
    """A hidden folder beside a result, with its finished frames and the state of the filter.

    Args:
        path: the folder.
    """

    path: Path

    @property
    def frames(self) -> Path:
        """Where finished frames lie."""
        return self.path / "frames"

    def save_state(self, index: int, state: Sequence[Tensor], cuts: Sequence[int]) -> None:
        """Keep what the filter knows after frame `index`; the frames up to it must be finished.

        Raises:
            VideoError: it cannot be written.
        """
        tensors = {f"{number:02d}": each.contiguous() for number, each in enumerate(state)}
        metadata = {"index": str(index), "cuts": json.dumps(list(cuts))}
        with unfinished(self.path / _STATE) as temporary:
            temporary.write_bytes(safetensors.torch.save(tensors, metadata))

    def load_state(self) -> tuple[int, tuple[Tensor, ...], list[int]] | None:
        """The frame, the state after it and the cuts up to it, as kept last; None if nothing was."""
        if not self.has_state:
            return None
        with safetensors.safe_open(str(self.path / _STATE), framework="pt") as file:
            metadata = file.metadata()
            state = tuple(file.get_tensor(key) for key in sorted(file.keys()))
        return int(metadata["index"]), state, json.loads(metadata["cuts"])

    @property
    def has_state(self) -> bool:
        """Whether something was kept that a later run can go on from."""
        return (self.path / _STATE).exists()

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


def open_work_folder(out: Path, settings: dict[str, Any], *, resume: bool) -> WorkFolder:
    """The work folder of the result `out`; what an interrupted run left is kept or cleared away.

    Args:
        out: the result, a file or folder.
        settings: inputs and settings that finished frames depend on.
        resume: go on from what is there.

    Raises:
        InputError: what is there was made from other inputs or with other settings.
        VideoError: the folder cannot be made.
    """
    work = WorkFolder(path=work_path(out))
    kept = read_json(work.path / _SETTINGS) if resume else None  # without settings, nothing is finished
    if kept is None:
        work.remove()
    else:
        _check_same(out, kept, settings)
    try:
        work.frames.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"{out}: cannot be made: {error.strerror or error}") from error
    if kept is None:
        write_json(work.path / _SETTINGS, settings)
    return work


def work_path(out: Path) -> Path:
    """Where the unfinished work on `out` lies."""
    place = full(out)
    return place.with_name(f".{place.name}.unfinished")


def _check_same(out: Path, kept: dict[str, Any], wanted: dict[str, Any]) -> None:
    differing = [key for key in sorted({*kept, *wanted}) if kept.get(key) != wanted.get(key)]
    if differing:
        raise InputError(
            f"{out}: wanted to resume with the same inputs and settings, got another {', '.join(differing)}; "
            "start anew with --overwrite"
        )
