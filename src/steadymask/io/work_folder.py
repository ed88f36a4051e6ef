"""Finished frames of a run that may be interrupted: where they wait, and where to go on."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from steadymask.errors import InputError, VideoError
from steadymask.io.lock import alone
from steadymask.io.manifest import read_json, write_json
from steadymask.io.place import full
from steadymask.io.unfinished import remove, unfinished

_SETTINGS = "settings.json"
_STATE = "state.safetensors"
_PLACING = "placing.json"
_LOCK = "lock"


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
        try:
            with safetensors.safe_open(str(self.path / _STATE), framework="pt") as file:
                metadata = file.metadata()
                state = tuple(file.get_tensor(key) for key in sorted(file.keys()))
        except safetensors.SafetensorError:  # the system went down before it was on the disk
            return None
        return int(metadata["index"]), state, json.loads(metadata["cuts"])

    def begin_placing(self) -> None:
        """Note that from now on what lies at the result's place may be its own."""
        write_json(self.path / _PLACING, {})

    @property
    def is_placing(self) -> bool:
        """Whether the work was interrupted while its result was put in its place."""
        return (self.path / _PLACING).exists()

    @property
    def has_state(self) -> bool:
        """Whether something was kept that a later run can go on from."""
        return (self.path / _STATE).exists()

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def open_work_folder(out: Path, settings: dict[str, Any], *, resume: bool) -> Iterator[WorkFolder]:
    """Give the work folder of the result `out`; what an interrupted run left is kept or cleared away.

    Args:
        out: the result, a file or folder.
        settings: inputs and settings that finished frames depend on.
        resume: go on from what is there.

    Raises:
        InputError: what is there was made from other inputs or with other settings, or another run is at it.
        VideoError: the folder cannot be made.
    """
    work = WorkFolder(path=work_path(out))
    with ExitStack() as stack:
        try:
            work.path.mkdir(parents=True, exist_ok=True)
            stack.enter_context(alone(out, work.path / _LOCK))
            kept = _read_settings(work.path / _SETTINGS) if resume else None
            if kept is not None:
                _check_same(out, kept, settings)
            else:
                _begin(work, settings)
            work.frames.mkdir(exist_ok=True)
        except OSError as error:
            if isinstance(error, VideoError):
                raise
            raise VideoError(f"{out}: cannot be made: {error.strerror or error}") from error
        yield work


def _begin(work: WorkFolder, settings: dict[str, Any]) -> None:
    """Clear away what is there, but for the lock; without settings, nothing is finished."""
    for path in work.path.iterdir():
        if path.name != _LOCK:
            remove(path)
    try:
        write_json(work.path / _SETTINGS, settings)
    except VideoError:
        work.remove()
        raise


def _read_settings(path: Path) -> dict[str, Any] | None:
    """None where the system went down before they were on the disk."""
    return read_json(path) if path.exists() and path.stat().st_size else None


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
