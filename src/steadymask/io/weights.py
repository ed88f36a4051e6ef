"""Weights of networks: safetensors that say what they are of, and state dicts of PyTorch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from steadymask.errors import WeightsError, require
from steadymask.io.unfinished import write_file
from steadymask.state_dict import load_exactly
from steadymask.state_file import read_state

_WRITTEN = (".safetensors", ".pth")
_KEY = "steadymask"


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
    """Read a safetensors file, or a state dict that PyTorch saved (`.pth`, `.pt`, `.bin`); no code is run.

    Raises:
        WeightsError: no such file, no weights, or weights that need code to be read.
    """
    state, metadata = read_state(path)
    of = _parsed(path, metadata[_KEY]) if _KEY in metadata else None
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
    require(path.suffix in _WRITTEN, f"{path}: wanted a path that ends in {', '.join(_WRITTEN)}")
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


def _parsed(path: Path, text: str) -> WeightsOf:
    try:
        content = json.loads(text)
        return WeightsOf(
            network=str(content["network"]),
            config=dict(content["config"]),
            classes=tuple(str(each) for each in content["classes"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        wanted = "wanted network, config and classes in its metadata"
        raise WeightsError(f"{path}: {wanted}, got {text:.80}") from error
