"""The entries of a file of weights; nothing in the file is run."""

import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from steadymask.errors import WeightsError

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
_NESTED = ("state_dict", "model")
_PARALLEL = "module."


def read_state(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """Read a safetensors file, or a state dict that PyTorch saved.

    Pickles are read with `weights_only=True`. Of a checkpoint the part called `state_dict` or `model` is
    taken; `module.` before every name, which parallel training leaves, goes away.

    Returns:
        The entries, on the CPU, and the metadata; a pickle has none.

    Raises:
        WeightsError: no such file, no weights, or weights that need code to be read.
    """
    if path.suffix not in SUFFIXES:
        raise WeightsError(f"{path}: wanted a file that ends in {', '.join(SUFFIXES)}, got {path.name}")
    if not path.is_file():
        raise WeightsError(f"{path}: wanted a file of weights, got no such file")
    with _named(path):
        state, metadata = _safetensors(path) if path.suffix == SUFFIXES[0] else (_pickled(path), {})
    if all(key.startswith(_PARALLEL) for key in state):
        state = {key.removeprefix(_PARALLEL): value for key, value in state.items()}
    return state, metadata


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what the readers raise into one line that names the file."""
    try:
        yield
    except WeightsError:
        raise
    except pickle.UnpicklingError as error:
        wanted = "wanted weights that can be read without running code"
        raise WeightsError(f"{path}: {wanted}, got a pickle of more than tensors, or none") from error
    except (SafetensorError, OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path}: cannot be read as weights ({line:.120})") from error


def _safetensors(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    with safe_open(path, framework="pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no mapping, despite the name
        metadata = file.metadata() or {}
    if not state:
        raise WeightsError(f"{path}: wanted weights, got an empty file")
    return state, metadata


def _pickled(path: Path) -> dict[str, Tensor]:
    content = torch.load(path, map_location="cpu", weights_only=True)
    for key in _NESTED:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content:
        raise WeightsError(f"{path}: wanted a state dict, got {type(content).__name__}")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise WeightsError(f"{path}: {key}: wanted a tensor, got {type(value).__name__}")
    return content
