"""What interrupted training goes on from: written whole or not at all."""

from pathlib import Path
from typing import Any

import torch

from steadymask.errors import VideoError, WeightsError
from steadymask.io.unfinished import unfinished


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint over the one before.

    Args:
        path: the file.
        state: tensors, numbers, texts, and lists and dictionaries of these.

    Raises:
        VideoError: the file cannot be written.
    """
    with unfinished(path) as temporary:
        try:
            torch.save(state, temporary)
        except RuntimeError as error:  # what PyTorch makes of a full disk
            reason = str(error).splitlines()[0]
            raise VideoError(f"{path}: cannot be written: is the disk full? ({reason})") from error


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint.

    Raises:
        WeightsError: the file is none, or is damaged.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling raises nearly anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(
            f"{path}: wanted a checkpoint of training, got a file that cannot be read ({reason})"
        ) from error
    if not isinstance(state, dict) or "step" not in state:
        raise WeightsError(f"{path}: wanted a checkpoint of training, got another file")
    return state
