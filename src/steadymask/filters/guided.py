"""Weighted guided filter: masks that follow the picture's edges, in one frame or over a few."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from steadymask.arrays import PictureProbs
from steadymask.errors import require
from steadymask.filters.confidence import probability_to_confidence
from steadymask.filters.guided_model import fit, predict
from steadymask.filters.guided_windows import BoxWindows, PyramidWindows, Windows
from steadymask.filters.normalize import normalize
from steadymask.filters.run import State, Window
from steadymask.filters.without_motion import WithoutMotion

_WINDOWS: dict[str, Callable[..., Windows]] = {"box": BoxWindows, "pyramid": PyramidWindows}


def guided_filter(
    guide: Float[Tensor, "t 3 h w"],
    maps: Float[Tensor, "t k h w"],
    weights: Float[Tensor, "t k h w"] | None = None,
    *,
    windows: Windows,
    frames: int = 1,
    epsilon: float | tuple[float, float, float] = 1e-2,
) -> Float[Tensor, "t k h w"]:
    """Filter a whole scene at once; `GuidedFilter` does the same frame by frame.

    In time the window of frame s holds the frames `s − frames//2 … s + (frames − 1)//2` that the scene has. A
    pixel combines all windows that hold its frame, so t is made of frames `t − frames + 1 … t + frames − 1`.

    Args:
        guide: RGB in [0, 1].
        maps: masks, each filtered by itself; the result may leave their range.
        weights: positive, for each pixel of each map; None: 1.
        windows: the windows in the picture.
        frames: length of the windows in time; 1 filters each frame by itself.
        epsilon: contrast of the guide below which a mask does not follow it, squared in the formula; one for
            all colours or one for each.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, section 5.4; Liba
        et al., Sky optimization (2020), section 3.2.
    """
    if weights is not None:
        require(bool((weights > 0).all()), f"weights: wanted positive numbers, got {float(weights.min())}")
    models = []
    for s in range(len(guide)):
        there = slice(max(0, s - frames // 2), s + (frames - 1) // 2 + 1)
        models.append(
            _fit(guide[there], maps[there], None if weights is None else weights[there], windows, epsilon)
        )
    filtered = []
    for t, picture in enumerate(guide):
        there = slice(max(0, t - (frames - 1) // 2), t + frames // 2 + 1)
        near = None if weights is None else weights[there]
        filtered.append(_combined(models[there], near, windows, picture))
    return torch.stack(filtered)


def _fit(
    guide: Float[Tensor, "t 3 h w"],
    maps: Float[Tensor, "t k h w"],
    weights: Float[Tensor, "t k h w"] | None,
    windows: Windows,
    epsilon: float | tuple[float, float, float],
) -> Float[Tensor, "k 4 i j"]:
    epsilons = epsilon if isinstance(epsilon, tuple) else (epsilon,) * 3
    if weights is None:
        return fit(guide, maps, None, windows=windows, epsilon=epsilons)
    each = [
        fit(guide, maps[:, k : k + 1], weights[:, k], windows=windows, epsilon=epsilons)
        for k in range(maps.shape[1])
    ]
    return torch.cat(each)


def _combined(
    models: Sequence[Float[Tensor, "k 4 i j"]],
    weights: Float[Tensor, "s k h w"] | None,
    windows: Windows,
    guide: Float[Tensor, "3 h w"],
) -> Float[Tensor, "k h w"]:
    size = (guide.shape[1], guide.shape[2])
    filtered = []
    for k in range(len(models[0])):
        near = None if weights is None else list(weights[:, k])
        filtered.append(predict(windows.combine([each[k] for each in models], near, size), guide))
    return torch.stack(filtered)


@dataclass(frozen=True, kw_only=True)
class GuidedFilter(WithoutMotion):
    """Weighted guided filter of every class, in the picture (`frames=1`) or over the picture and time.

    Of two classes only the second is filtered, the first is the rest; of more, each is, and the results are
    scaled to sum 1.

    Args:
        size: width of the windows in pixels.
        frames: length of the windows in time; the filter sees `frames − 1` frames to either side.
        epsilon: contrast of the picture, in [0, 1], below which masks do not follow it.
        windows: "box" (one for every pixel) or "pyramid" (one for every `size` × `size` pixels, soft).
        weights: "confidence" makes doubtful pixels of soft masks count less; "one" does not.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, section 5.4 (8
        pixels, 4 frames).
    """

    size: int = 8
    frames: int = 4
    epsilon: float = 1e-2
    windows: Literal["box", "pyramid"] = "box"
    weights: Literal["confidence", "one"] = "confidence"

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.size >= 1, f"size: wanted at least 1 pixel, got {self.size}")
        require(self.frames >= 1, f"frames: wanted at least 1, got {self.frames}")
        require(self.epsilon > 0, f"epsilon: wanted a positive number, got {self.epsilon}")
        require(self.windows in _WINDOWS, f"windows: wanted box or pyramid, got {self.windows!r}")
        require(
            self.weights in ("confidence", "one"), f"weights: wanted confidence or one, got {self.weights!r}"
        )

    @property
    def delay(self) -> int:
        """Frames of look-ahead."""
        return self.frames - 1

    def step(self, state: State, window: Window) -> tuple[State, PictureProbs]:
        """Filter frame `window.t`."""
        anchors = _there(window, window.t - (self.frames - 1) // 2, window.t + self.frames // 2)
        models = [window.once("model", s, partial(self._model, window, s)) for s in anchors]
        probs = window.probs(window.t)
        weights = self._weights(window, anchors)
        filtered = _combined(models, weights, self._windows, _guide(window, window.t))
        window.drop("model", before=window.t + 1 - (self.frames - 1) // 2)
        if len(probs) == 2:
            inside = filtered.clamp(0, 1)
            return state, torch.cat((1 - inside, inside))
        return state, normalize(filtered, otherwise=probs)

    @property
    def _windows(self) -> Windows:
        return _WINDOWS[self.windows](size=self.size)

    def _model(self, window: Window, s: int) -> Float[Tensor, "k 4 h w"]:
        there = _there(window, s - self.frames // 2, s + (self.frames - 1) // 2)
        guide = torch.stack([_guide(window, index) for index in there])
        maps = torch.stack([_maps(window, index) for index in there])
        return _fit(guide, maps, self._weights(window, there), self._windows, self.epsilon)

    def _weights(self, window: Window, there: Sequence[int]) -> Float[Tensor, "t k h w"] | None:
        """The weights of some frames; None if all are 1: the classes then share most of the work."""
        if self.weights == "one":
            return None
        frames = [
            window.once("weights", index, partial(probability_to_confidence, _maps(window, index)))
            for index in there
        ]
        hard = [
            window.once("hard", index, partial(_all_one, frame))
            for index, frame in zip(there, frames, strict=True)
        ]
        return None if all(hard) else torch.stack(frames)


def _there(window: Window, first: int, last: int) -> list[int]:
    return [index for index in range(first, last + 1) if index in window.masks]


def _guide(window: Window, index: int) -> Float[Tensor, "3 h w"]:
    return window.once("guide", index, lambda: window.picture(index).to(window.probs(index).dtype) / 255)


def _maps(window: Window, index: int) -> Float[Tensor, "k h w"]:
    probs = window.probs(index)
    return probs[1:] if len(probs) == 2 else probs


def _all_one(weights: Float[Tensor, "k h w"]) -> Bool[Tensor, ""]:
    return (weights == 1).all()
