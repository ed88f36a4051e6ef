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


@dataclass(frozen=True, kw_only=True)
class Inference:
    """How a network is run.

    Args:
        network: from frames `b 3 h w`, RGB in [0, 1], to logits `b k h w`; on `device`.
        device: where it computes.
        half: in half precision; a GPU only.
        size: (h, w) that frames are brought to for it; None: their own.
    """

    network: nn.Module
    device: torch.device
    half: bool = False
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        on_gpu = self.device.type == "cuda"
        require(not self.half or on_gpu, f"half: wanted a GPU, got the device {self.device}")
        require(
            self.size is None or min(self.size) >= 1, f"size: wanted at least 1 pixel a side, got {self.size}"
        )

    def probs(self, pictures: Sequence[Picture]) -> Float[Tensor, "b k h w"]:
        """The classes' probabilities at the pictures' own size, on `device`; one logit becomes two classes.

        Frames are brought to `size` with a filter against aliasing; probabilities come back bilinearly.

        Raises:
            InputError: the network cannot segment frames of this size, or so many of them at once.
            WeightsError: it gives something that is no number.
        """
        stacked = torch.stack(list(pictures))
        own = (stacked.shape[2], stacked.shape[3])
        size = self.size or own
        with torch.inference_mode(), _named(size, len(pictures)):
            frames = stacked.to(self.device).float() / 255
            if size != own:
                frames = F.interpolate(frames, size, mode="bilinear", antialias=True)
            with torch.autocast(self.device.type, torch.float16, enabled=self.half):
                logits: Tensor = self.network(frames)
            probs = _probabilities(logits.float())
            if size != own:
                probs = F.interpolate(probs, own, mode="bilinear")
            finite = bool(probs.isfinite().all())
        if not finite:
            raise WeightsError("model: wanted numbers for every pixel, got NaN or infinity")
        return probs


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


@contextmanager
def _named(size: tuple[int, int], batch: int) -> Iterator[None]:
    """Turn what PyTorch and ONNX Runtime raise into one line that names the setting."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        frames = f"{batch} frames of {size[0]} x {size[1]}"
        raise InputError(f"batch: wanted frames that fit into the GPU's memory, got {frames}") from error
    except Exception as error:
        if not isinstance(error, RuntimeError) and not type(error).__module__.startswith("onnxruntime"):
            raise
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"size: wanted one that the network can segment, got {size[0]} x {size[1]} ({line:.160})"
        ) from error
