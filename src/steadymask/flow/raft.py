"""RAFT, a learned flow: torchvision's network, for batches and for pictures."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from steadymask.arrays import Flow, Picture, PictureFlow
from steadymask.errors import InputError, WeightsError, require

RAFTSize = Literal["large", "small"]

_SMALLEST = 128  # pixels a side: four levels of correlation at an eighth of the size
_STEP = 8  # the network works on sides that are multiples of this


@dataclass(frozen=True, kw_only=True, eq=False)
class RAFT:
    """An estimator of flow; `load_raft` makes it.

    Args:
        size: "large" or "small".
        updates: how often the flow is refined.
        weights: SHA-256 of the weights; what is kept on disk is named by it.
        network: torchvision's module, in evaluation mode.

    Source: Teed, Deng, RAFT: recurrent all-pairs field transforms for optical flow (2020).
    """

    size: RAFTSize
    updates: int = 12
    weights: str
    network: nn.Module = field(repr=False)

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.updates >= 1, f"updates: wanted 1 or more, got {self.updates}")

    def __call__(self, picture_i: Picture, picture_j: Picture) -> PictureFlow:
        """Return `flow_ij`, (dx, dy) in pixels, on picture i's grid and device; without gradients."""
        device = next(self.network.parameters()).device
        frames = (picture[None].to(device).float() / 255 for picture in (picture_i, picture_j))
        with torch.no_grad():
            return self.batch(*frames)[0].to(picture_i.device)

    def batch(self, frames_i: Float[Tensor, "b 3 h w"], frames_j: Float[Tensor, "b 3 h w"]) -> Flow:
        """Return `flow_ij` of RGB frames in [0, 1] on the network's device.

        Sides are continued by their border pixels to what the network takes: multiples of 8, at least 128.

        Raises:
            InputError: the frames have two shapes.
        """
        shapes = tuple(frames_i.shape), tuple(frames_j.shape)
        require(shapes[0] == shapes[1], f"frames: wanted one shape, got {shapes[0]} and {shapes[1]}")
        height, width = frames_i.shape[-2:]
        below, right = _missing(height), _missing(width)
        padded = (pad(2 * each - 1, (0, right, 0, below), mode="replicate") for each in (frames_i, frames_j))
        flows: list[Tensor] = self.network(*padded, num_flow_updates=self.updates)
        return flows[-1][..., :height, :width]


def load_raft(
    size: RAFTSize = "large",
    *,
    weights: Path | None = None,
    updates: int = 12,
    device: torch.device | str = "cpu",
) -> RAFT:
    """Load RAFT with given weights, or with those of torchvision, which are fetched once.

    Args:
        size: "large" (20 MB) or "small" (4 MB).
        weights: a state dict saved by PyTorch; None: torchvision's default, from PyTorch's own folder of
            weights or from the net.
        updates: how often the flow is refined.
        device: where it runs.

    Raises:
        InputError: torchvision is not installed, or there is no such size.
        WeightsError: weights are missing or do not fit; the message says which file belongs where.
    """
    require(size in get_args(RAFTSize), f"size: wanted one of {', '.join(get_args(RAFTSize))}, got {size!r}")
    network, url = _network(size)
    path = _fetched(url) if weights is None else weights
    _fill(network, path)
    return RAFT(
        size=size,
        updates=updates,
        weights=hashlib.sha256(path.read_bytes()).hexdigest(),
        network=network.to(device).eval().requires_grad_(False),
    )


def _network(size: RAFTSize) -> tuple[nn.Module, str]:
    """The network without weights, and where torchvision keeps its weights."""
    try:
        from torchvision.models import optical_flow as models  # noqa: PLC0415  # an extra, loaded when asked for
    except ImportError as error:
        raise InputError(
            "RAFT: wanted torchvision, which is not installed; pip install 'steadymask[train]'"
        ) from error
    if size == "large":
        return models.raft_large(weights=None), models.Raft_Large_Weights.DEFAULT.url
    return models.raft_small(weights=None), models.Raft_Small_Weights.DEFAULT.url


def _fetched(url: str) -> Path:
    """Torchvision's file, fetched if it is not there; a file that is cut off is never left under its name."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    if path.exists():
        return path
    digest = path.stem.rsplit("-", 1)[1]  # torchvision's names end with the beginning of the SHA-256
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), digest, progress=False)
    except (OSError, RuntimeError) as error:  # RuntimeError: another digest
        raise WeightsError(
            f"{path}: wanted the weights of RAFT, which cannot be fetched ({error}); "
            f"put {url} there, or name the file in weights"
        ) from error
    return path


def _fill(network: nn.Module, path: Path) -> None:
    """Load a state dict into the network."""
    if not path.is_file():
        raise WeightsError(f"{path}: wanted the weights of RAFT, got no such file")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes torch.load raise nearly anything
        raise WeightsError(
            f"{path}: wanted a state dict saved by PyTorch, got a file that cannot be read"
        ) from error
    wanted = {key: value.shape for key, value in network.state_dict().items()}
    is_state = isinstance(state, dict) and all(isinstance(value, Tensor) for value in state.values())
    got = {key: value.shape for key, value in state.items()} if is_state else {}
    differing = sorted(key for key in wanted.keys() | got.keys() if wanted.get(key) != got.get(key))
    if differing:
        key = differing[0]
        raise WeightsError(
            f"{path}: wanted the weights of this RAFT, got other ones: {len(differing)} of {len(wanted)} "
            f"tensors differ; {key}: wanted {_shape(wanted.get(key))}, got {_shape(got.get(key))}"
        )
    network.load_state_dict(state)


def _shape(shape: torch.Size | None) -> str:
    return "none" if shape is None else str(tuple(shape))


def _missing(length: int) -> int:
    """How many pixels a side lacks."""
    return max(-(-length // _STEP) * _STEP, _SMALLEST) - length
