"""A network at work on the pictures of a video."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.arrays import Picture
from steadymask.errors import InputError, WeightsError, require
from steadymask.networks.windows import Windows, in_windows


@dataclass(frozen=True, kw_only=True)
class Inference:
    """How a network is run.

    Args:
        network: from frames `b 3 h w`, RGB in [0, 1], to logits `b k h w`; on `device`.
        device: where it computes.
        half: in half precision; a GPU only.
        size: (h, w) that frames are brought to for it; None: their own.
        windows: how frames are then cut for it; None: not at all.
        batch: frames at once, or windows of one frame.
    """

    network: nn.Module
    device: torch.device
    half: bool = False
    size: tuple[int, int] | None = None
    windows: Windows | None = None
    batch: int = 1

    def __post_init__(self) -> None:
        """Check the settings."""
        on_gpu = self.device.type == "cuda"
        require(not self.half or on_gpu, f"half: wanted a GPU, got the device {self.device}")
        require(
            self.size is None or min(self.size) >= 1, f"size: wanted at least 1 pixel a side, got {self.size}"
        )

    @property
    def frames_at_once(self) -> int:
        """How many pictures `probs` is to be given."""
        return self.batch if self.windows is None else 1

    def probs(self, pictures: Sequence[Picture]) -> Float[Tensor, "b k h w"]:
        """The classes' probabilities at the pictures' own size, on `device`; one logit becomes two classes.

        Frames are brought to `size` with a filter against aliasing; probabilities come back bilinearly, after
        those of windows have been blended.

        Raises:
            InputError: the network cannot segment frames of this size, or so many of them at once.
            WeightsError: it gives something that is no number.
        """
        stacked = torch.stack(list(pictures))
        own = (stacked.shape[2], stacked.shape[3])
        size = self.size or own
        with torch.inference_mode(), self._named(size):
            frames = stacked.to(self.device).float() / 255
            if size != own:
                frames = F.interpolate(frames, size, mode="bilinear", antialias=True)
            if self.windows is None:
                probs = self._probs(frames)
            else:
                probs = in_windows(self._probs, frames, self.windows, at_once=self.batch)
            # Of numbers from 0 to 1 the sum is finite; to look at each would take thirty times as long.
            finite = bool(probs.sum().isfinite())
            if size != own:
                probs = F.interpolate(probs, own, mode="bilinear")
        if not finite:
            raise WeightsError("model: wanted numbers for every pixel, got NaN or infinity")
        return probs

    def _probs(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        with torch.autocast(self.device.type, torch.float16, enabled=self.half):
            logits: Tensor = self.network(frames)
        return _probabilities(logits.float())

    @contextmanager
    def _named(self, size: tuple[int, int]) -> Iterator[None]:
        """Turn what PyTorch and ONNX Runtime raise into one line that names the setting."""
        what, (h, w) = ("size", size) if self.windows is None else ("window", self.windows.size)
        try:
            yield
        except torch.cuda.OutOfMemoryError as error:
            many = f"{self.batch} of {h} x {w}"
            raise InputError(f"batch, {what}: wanted what fits into the GPU's memory, got {many}") from error
        except Exception as error:
            if not isinstance(error, RuntimeError) and not type(error).__module__.startswith("onnxruntime"):
                raise
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(
                f"{what}: wanted one that the network can segment, got {h} x {w} ({line:.160})"
            ) from error


def device_named(name: str) -> torch.device:
    """The device of this name; "auto" is a GPU where there is one, else the processor.

    Raises:
        InputError: there is none such.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"device: wanted auto, cpu, cuda or cuda:N, got {name!r}") from error
    require(device.type in ("cpu", "cuda"), f"device: wanted auto, cpu, cuda or cuda:N, got {name!r}")
    there = device.type == "cpu" or (device.index or 0) < torch.cuda.device_count()
    require(there, f"device: wanted one of {torch.cuda.device_count()} GPUs that PyTorch sees, got {name!r}")
    return device


def _probabilities(logits: Float[Tensor, "b outputs h w"]) -> Float[Tensor, "b k h w"]:
    if logits.shape[1] > 1:
        return logits.softmax(1)
    one = logits.sigmoid()
    return torch.cat((1 - one, one), 1)
