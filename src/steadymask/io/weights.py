"""Weights of networks: safetensors that say what they are of, and state dicts of PyTorch."""

import json
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from steadymask.errors import WeightsError, require
from steadymask.io.unfinished import write_file
from steadymask.state_dict import load_exactly

_SUFFIXES = (".safetensors", ".pth", ".pt")
_KEY = "steadymask"
_NESTED = ("state_dict", "model")
_MODULE = "module."


@dataclass(frozen=True, kw_only=True)
class WeightsOf:
    """What weights are of.

    Args:
        network: its name.
        config: its settings, as JSON has them.
        classes: names of what its outputs tell apart, in order; empty where they have none.
    """

    network: str
    config: Mapping[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Weights as a file holds them.

    Args:
        path: the file.
        state: the entries, on the CPU.
        of: what they are of; None where the file does not say (a state dict of PyTorch).
    """

    path: Path
    state: Mapping[str, Tensor]
    of: WeightsOf | None

    def load_into(self, network: nn.Module, *, name: str | None = None) -> None:
        """Give a network these weights, all of them; it stays as it was if they do not fit.

        Args:
            network: the one they are for.
            name: of the network; compared with what the file says it is of. None: not compared.

        Raises:
            WeightsError: they are of another network, an entry is missing, has another shape or is one too
                many; the message names file and entry, what was wanted and what came.
        """
        if self.of is not None and name is not None and self.of.network != name:
            raise WeightsError(f"{self.path}: wanted weights of {name}, got weights of {self.of.network}")
        load_exactly(network, self.state, where=str(self.path))


def read_weights(path: Path) -> Weights:
    """Read a safetensors file, or a state dict that PyTorch saved (`.pth`, `.pt`).

    Nothing in the file is run: pickles are read with `weights_only=True`. Of a checkpoint the part called
    `state_dict` or `model` is taken; `module.` before every name, which parallel training leaves, goes away.

    Raises:
        WeightsError: no such file, no weights, or weights that need code to be read.
    """
    if path.suffix not in _SUFFIXES:
        raise WeightsError(f"{path}: wanted a file that ends in {', '.join(_SUFFIXES)}, got {path.name}")
    if not path.is_file():
        raise WeightsError(f"{path}: wanted a file of weights, got no such file")
    with _named(path):
        state, of = _read_safetensors(path) if path.suffix == ".safetensors" else (_read_pickle(path), None)
    if all(key.startswith(_MODULE) for key in state):
        state = {key.removeprefix(_MODULE): value for key, value in state.items()}
    return Weights(path=path, state=state, of=of)


def write_weights(path: Path, state: Mapping[str, Tensor], *, of: WeightsOf | None = None) -> None:
    """Write weights; the file appears finished or not at all, and the same weights give the same bytes.

    Args:
        path: ends in `.safetensors`, or in `.pth` for programs that read only state dicts of PyTorch.
        state: the entries.
        of: what they are of; `.pth` cannot say it.

    Raises:
        InputError: the path has another ending.
        VideoError: the file cannot be written.
    """
    require(path.suffix in _SUFFIXES, f"{path}: wanted a path that ends in {', '.join(_SUFFIXES)}")
    # Copies: safetensors refuses tensors that share memory or are not laid out row by row.
    own = {
        key: value.detach().cpu().clone(memory_format=torch.contiguous_format) for key, value in state.items()
    }
    if path.suffix == ".safetensors":
        write_file(path, save(own, metadata={} if of is None else {_KEY: _text(of)}))
        return
    content = BytesIO()
    torch.save(own, content)
    write_file(path, content.getvalue())


def _text(of: WeightsOf) -> str:
    content = {"network": of.network, "config": dict(of.config), "classes": list(of.classes)}
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what the readers raise into one line that names the file."""
    try:
        yield
    except WeightsError:
        raise
    except pickle.UnpicklingError as error:
        reason = "a pickle with more than tensors in it, or none"
        raise WeightsError(
            f"{path}: wanted weights that can be read without running code, got {reason}"
        ) from error
    except (SafetensorError, OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path}: cannot be read as weights ({line:.120})") from error


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], WeightsOf | None]:
    with safe_open(path, framework="pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # no mapping, despite the name
        metadata = file.metadata() or {}
    if not state:
        raise WeightsError(f"{path}: wanted weights, got an empty file")
    return state, _parsed(path, metadata[_KEY]) if _KEY in metadata else None


def _parsed(path: Path, text: str) -> WeightsOf:
    content = json.loads(text)
    try:
        return WeightsOf(
            network=str(content["network"]),
            config=dict(content["config"]),
            classes=tuple(str(each) for each in content["classes"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path}: wanted network, config and classes in its metadata, got {text:.80}"
        ) from error


def _read_pickle(path: Path) -> dict[str, Tensor]:
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
