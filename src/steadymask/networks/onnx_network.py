"""Networks of other programs, as ONNX files; they give masks and cannot be trained."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from steadymask.errors import WeightsError, require
from steadymask.networks.normalization import IMAGENET_MEAN, IMAGENET_STD, Normalization
from steadymask.networks.optional import optional
from steadymask.networks.resized import resized

_LEAST = 1e-7


@dataclass(frozen=True, kw_only=True)
class OnnxNetworkConfig:
    """What an ONNX file does not say about itself.

    Args:
        mean: subtracted from RGB in [0, 1]; ImageNet's unless told.
        std: what it is then divided by, both as R, G, B. For colors up to 255: mean 0, std 1 / 255.
        bgr: the network wants blue first.
        size: (h, w) that frames are resized to; None: the size the file was made for, else the frames' own.
        gives: "logits", or "probs" that already sum to 1 (a single output: the probability of the object).
        output: name of the output to take; None: the first.
    """

    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    bgr: bool = False
    size: tuple[int, int] | None = None
    gives: Literal["logits", "probs"] = "logits"
    output: str | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        require(all(map(isfinite, self.mean)), f"mean: wanted numbers, got {self.mean}")
        positive = all(isfinite(each) and each > 0 for each in self.std)
        require(positive, f"std: wanted positive numbers, got {self.std}")
        require(
            self.size is None or min(self.size) >= 1, f"size: wanted at least 1 pixel a side, got {self.size}"
        )


class OnnxNetwork(nn.Module):
    """An ONNX file under the contract of our networks, for inference only, on the processor.

    It has one input of three colors, `b c h w` or `b h w c`, and its output is laid out likewise. Logits are
    enlarged with `align_corners=False`, which most programs do. There is no features layer. It takes as many
    threads as PyTorch has when it is opened.

    Args:
        path: the file.
        config: what it does not say about itself.

    Raises:
        WeightsError: no such file, no ONNX, or no network from colors to classes.
        InputError: onnxruntime is not installed.
    """

    def __init__(self, path: Path, config: OnnxNetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or OnnxNetworkConfig()
        self.normalization = Normalization(config.mean, config.std)
        self._path = path
        self._session = _opened(path)
        self._input, shape = _only_input(self._session, path)
        self._last = shape[1] != 3 and shape[3] == 3
        fixed = shape[1:3] if self._last else shape[2:]
        self._size = config.size or _whole(fixed)
        self._single = shape[0] == 1
        self._output = _known_output(self._session, path, config.output)

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Segment RGB frames in [0, 1]; logits of their size, without a gradient."""
        own = (frames.shape[2], frames.shape[3])
        size = self._size or own
        inputs = self.normalization(frames.detach())
        if size != own:
            inputs = resized(inputs, size, align_corners=False)
        if self.config.bgr:
            inputs = inputs.flip(1)
        if self._last:
            inputs = inputs.permute(0, 2, 3, 1)
        parts = inputs.split(1) if self._single else (inputs,)
        found = torch.cat([self._run(each) for each in parts])
        return resized(_as_logits(found, self.config.gives), own, align_corners=False).to(frames.device)

    def _run(self, inputs: Tensor) -> Tensor:
        [found] = self._session.run([self._output], {self._input: inputs.contiguous().cpu().float().numpy()})
        output = torch.from_numpy(found.copy()).float()
        if output.ndim != 4:
            raise WeightsError(
                f"{self._path}: {self._output}: wanted an output of 4 axes (batch, classes, height, width), "
                f"got {output.ndim}"
            )
        return output.permute(0, 3, 1, 2) if self._last else output


def _as_logits(x: Float[Tensor, "b k i j"], gives: Literal["logits", "probs"]) -> Tensor:
    if gives == "logits":
        return x
    return torch.logit(x, eps=_LEAST) if x.shape[1] == 1 else x.clamp(min=_LEAST).log()


def _opened(path: Path) -> Any:  # noqa: ANN401  # onnxruntime has no types
    onnxruntime = optional("onnxruntime", extra="onnx")
    if not path.is_file():
        raise WeightsError(f"{path}: wanted an ONNX file, got no such file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime"):
            raise
        line = str(error).splitlines()[0]
        raise WeightsError(f"{path}: cannot be read as ONNX ({line:.120})") from error


def _only_input(session: Any, path: Path) -> tuple[str, list[Any]]:  # noqa: ANN401  # the same
    inputs = session.get_inputs()
    shapes = [list(each.shape) for each in inputs]
    if len(inputs) != 1 or len(shapes[0]) != 4 or 3 not in (shapes[0][1], shapes[0][3]):
        raise WeightsError(f"{path}: wanted one input of 3 colors and 4 axes, got {shapes}")
    return inputs[0].name, shapes[0]


def _whole(sides: list[Any]) -> tuple[int, int] | None:
    """The size, where the file says numbers; a name stands for any size."""
    return (sides[0], sides[1]) if all(isinstance(each, int) for each in sides) else None


def _known_output(session: Any, path: Path, wanted: str | None) -> str:  # noqa: ANN401  # the same
    names = [each.name for each in session.get_outputs()]
    if wanted is not None and wanted not in names:
        raise WeightsError(f"{path}: output: wanted one of {', '.join(names)}, got {wanted!r}")
    return wanted or names[0]
