"""A clip drawn by ourselves, with its exact labels, flow and visibility."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import cv2
import numpy as np
import torch
from jaxtyping import Bool
from numpy.typing import NDArray
from torch import Tensor

from steadymask.arrays import Picture, PictureFlow, PictureLabels
from steadymask.data.placement import Array, Number, Points
from steadymask.data.pond import Layer, Thing, build_pond
from steadymask.errors import require

_UNITS = 360  # the pond's units per picture height
_SAMPLES = (
    (-0.375, 0.125),
    (0.125, 0.375),
    (0.375, -0.125),
    (-0.125, -0.375),
)  # rotated grid, within a pixel
_SHADOW = 0.42
_SUN_DEPTH = 260.0  # how strongly the rippled surface bends the light on the floor
_WAVES = tuple(
    (0.031 * 1.33**n, 2.39996 * n, 0.9 + 0.23 * n) for n in range(7)
)  # wave number, direction, 1/s


@dataclass(frozen=True, kw_only=True, eq=False)
class RenderedFrame:
    """One frame of a drawn clip.

    A pixel's flow is the motion of the point at the pixel's centre. It is visible in the other frame where
    that point still lies inside the picture, with nothing on top of it (nor a limb of the same object).

    Args:
        index: 0 for the first frame.
        picture: RGB.
        labels: object ids by what lies at each pixel's centre; 0 is background.
        flow_next: to frame `index + 1`, which exists even for the last frame.
        flow_previous: to frame `index − 1`, which exists even for the first frame.
        visible_next: on this frame's grid, the pixels also seen in the next frame.
        visible_previous: the same for the previous frame.
    """

    index: int
    picture: Picture
    labels: PictureLabels
    flow_next: PictureFlow
    flow_previous: PictureFlow
    visible_next: Bool[Tensor, "h w"]
    visible_previous: Bool[Tensor, "h w"]


def render_world(
    *,
    size: tuple[int, int] = (360, 640),
    frames: int = 72,
    seed: int = 0,
    fps: float = 24.0,
    shutter: float = 0.35,
    noise: float = 1.8,
) -> Iterator[RenderedFrame]:
    """Draw a garden pond: a koi (1) and a turtle (2) swim, a leaf (3) drifts above, the camera pans.

    Constant memory; the same arguments give the same frames, and a longer clip begins with the shorter one.

    Args:
        size: height and width in pixels; both at least 32.
        frames: how many.
        seed: of all patterns, of the camera's drift and of the noise.
        fps: frames per second.
        shutter: how long a frame is exposed, as a share of the time between frames; 0: no motion blur.
        noise: standard deviation of the sensor's noise, in grey levels of 255.

    Raises:
        InputError: a parameter is out of its range.
    """
    require(min(size) >= 32, f"size: wanted at least 32 by 32 pixels, got {size[0]} by {size[1]}")
    require(frames >= 0, f"frames: wanted 0 or more, got {frames}")
    require(fps > 0, f"fps: wanted a positive number, got {fps}")
    require(0 <= shutter <= 1, f"shutter: wanted a number in [0, 1], got {shutter}")
    require(noise >= 0, f"noise: wanted 0 or more, got {noise}")
    return _render(_Stage(size, seed=seed, fps=fps, shutter=shutter, noise=noise), frames)


def _render(stage: "_Stage", frames: int) -> Iterator[RenderedFrame]:
    for index in range(frames):
        on_top = stage.top_layer(stage.grid, index)
        labels = stage.labels_of_layers[on_top]
        flow_next, visible_next = stage.flow(on_top, index, index + 1)
        flow_previous, visible_previous = stage.flow(on_top, index, index - 1)
        yield RenderedFrame(
            index=index,
            picture=torch.from_numpy(stage.picture(index)).permute(2, 0, 1).contiguous(),
            labels=torch.from_numpy(labels),
            flow_next=torch.from_numpy(flow_next),
            flow_previous=torch.from_numpy(flow_previous),
            visible_next=torch.from_numpy(visible_next),
            visible_previous=torch.from_numpy(visible_previous),
        )


class _Stage:
    """The pond before a camera with pixels: draws any frame, and follows any of its points to another."""

    def __init__(self, size: tuple[int, int], *, seed: int, fps: float, shutter: float, noise: float) -> None:
        self.height, self.width = size
        self.seed, self.fps, self.shutter, self.noise = seed, fps, shutter, noise
        self.scale = self.height / _UNITS
        self.things = build_pond(aspect=self.width / self.height, detail=2 * self.scale, seed=seed)
        self.layers = [layer for thing in self.things for layer in thing.layers]
        self._bounds = lru_cache(maxsize=4 * len(self.layers))(self._measure_bounds)
        self.labels_of_layers = np.array([thing.label for thing in self.things for _ in thing.layers])
        columns, rows = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in (self.width, self.height)))
        self.grid: Points = columns, rows

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Draw frame `index`: the mean of samples across the pixel and the exposure, plus noise."""
        floor = self._floor(index)
        shadows = [self._shadow(thing, index) for thing in self.things[1:]]
        total = np.zeros_like(floor)
        for n, offset in enumerate(_SAMPLES):
            total += self._sample(floor, shadows, index, (n - 1.5) / 4 * self.shutter, offset)
        picture = total[..., :3] * np.float32(255 / len(_SAMPLES))
        rng = np.random.default_rng([self.seed, index])
        picture += self.noise * rng.standard_normal(picture.shape, np.float32)
        return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)

    def top_layer(self, points: Points, index: int, *, slack: int = 0) -> NDArray[np.intp]:
        """Which layer lies on top of each point in frame `index`.

        Args:
            points: pixel coordinates in frame `index`, one for each pixel of the picture.
            index: the frame.
            slack: how far at most a point lies from its pixel.
        """
        on_top = np.zeros(points[0].shape, np.intp)
        for n, layer in enumerate(self.layers[1:], start=1):
            box = self._reach(n, index, slack=slack)
            own = self._inward(layer, index, (points[0][box], points[1][box]))
            on_top[box][_covers(layer, own)] = n
        return on_top

    def flow(self, on_top: NDArray[np.intp], i: int, j: int) -> tuple[Array, NDArray[np.bool_]]:
        """`flow_ij` and `visible_ij` of frame i, whose layers on top are given."""
        x, y = self._outward(self.layers[0], j, self._inward(self.layers[0], i, self.grid))
        for n, layer in enumerate(self.layers[1:], start=1):
            box = self._reach(n, i)
            here = on_top[box] == n
            own = self._inward(layer, i, (self.grid[0][box][here], self.grid[1][box][here]))
            x[box][here], y[box][here] = self._outward(layer, j, own)
        flow = np.stack([x - self.grid[0], y - self.grid[1]])
        inside = (x >= 0) & (x <= self.width - 1) & (y >= 0) & (y <= self.height - 1)
        same = self.top_layer((x, y), j, slack=math.ceil(np.abs(flow).max())) == on_top
        return flow, inside & same

    def _floor(self, index: int) -> Array:
        """The floor in its light; still and soft enough for one sample a frame."""
        floor = self.layers[0]
        drawn = _looked_up(floor, self._inward(floor, index, self.grid), cv2.INTER_CUBIC)
        drawn *= _four(self._sunlight(index))
        return drawn

    def _sample(
        self, floor: Array, shadows: list[Array], index: int, delay: float, offset: tuple[float, float]
    ) -> Array:
        """The picture `delay` frames after `index`, taken at one place within every pixel."""
        canvas = floor.copy()
        layers = enumerate(self.layers[1:], start=1)
        for thing, shadow in zip(self.things[1:], shadows, strict=True):
            canvas *= shadow
            for n, layer in islice(layers, len(thing.layers)):
                box = self._reach(n, index)
                points = self.grid[0][box] + offset[0], self.grid[1][box] + offset[1]
                drawn = _looked_up(layer, self._inward(layer, index + delay, points), cv2.INTER_LINEAR)
                canvas[box] *= _four(1 - drawn[..., 3])
                canvas[box] += drawn
        return canvas

    def _shadow(self, thing: Thing, index: int) -> Array:
        """How much light a thing leaves to what lies below, `h w 4` in (0, 1]; drawn small, since soft."""
        step = 4 * self.scale
        shape = math.ceil(self.height / step) + 1, math.ceil(self.width / step) + 1
        columns, rows = np.meshgrid(*(np.arange(n, dtype=np.float32) * step for n in shape[::-1]))
        fall = thing.height * self.scale
        blocked = np.zeros(shape, np.float32)
        for layer in thing.layers:
            own = self._inward(layer, index, (columns - fall, rows - fall))
            np.maximum(blocked, _looked_up(layer, own, cv2.INTER_LINEAR)[..., 3], out=blocked)
        light = 1 - _SHADOW * cv2.GaussianBlur(blocked, (0, 0), thing.height / 10)
        return _four(np.asarray(cv2.remap(light, self.grid[0] / step, self.grid[1] / step, cv2.INTER_LINEAR)))

    def _sunlight(self, index: int) -> Array:
        """Light on the floor below a rippled surface: it gathers where the surface bends it together."""
        shape = max(self.height // 3, 8), max(self.width // 3, 8)
        columns, rows = np.meshgrid(
            *(
                np.linspace(0, full - 1, n, dtype=np.float32)
                for full, n in zip((self.width, self.height), shape[::-1], strict=True)
            )
        )
        floor = self.layers[0]
        x, y = self._inward(floor, index, (columns, rows))
        xx, xy, yy = (np.zeros(shape, np.float32) for _ in range(3))
        for number, direction, speed in _WAVES:
            a, b = number * np.cos(direction).item(), number * np.sin(direction).item()
            height = np.sin(a * x + b * y + speed * index / self.fps + 5 * direction) * (
                0.6 / number**1.5 / _SUN_DEPTH
            )
            xx -= a * a * height
            xy -= a * b * height
            yy -= b * b * height
        spread = (1 + _SUN_DEPTH * xx) * (1 + _SUN_DEPTH * yy) - (_SUN_DEPTH * xy) ** 2
        light = 1 / np.maximum(np.abs(spread), 0.3)
        light = 0.94 + 0.10 * cv2.GaussianBlur(light, (0, 0), 0.9)
        return np.asarray(cv2.resize(light, (self.width, self.height), interpolation=cv2.INTER_CUBIC))

    def _inward(self, layer: Layer, index: Number, points: Points) -> Points:
        """From pixels of frame `index` to the layer's own plane."""
        x = (points[0] - (self.width - 1) / 2) / self.scale
        y = (points[1] - (self.height - 1) / 2) / self.scale
        return layer.placement(index / self.fps).inward((x, y))

    def _outward(self, layer: Layer, index: Number, points: Points) -> Points:
        """From the layer's own plane to pixels of frame `index`."""
        x, y = layer.placement(index / self.fps).outward(points)
        return x * self.scale + (self.width - 1) / 2, y * self.scale + (self.height - 1) / 2

    def _reach(self, n: int, index: int, *, slack: int = 0) -> tuple[slice, slice]:
        """Rows and columns of the picture that layer `n` can touch, and `slack` pixels more on every side."""
        left, top, right, bottom = self._bounds(n, index)
        return _span(top - slack, bottom + slack, self.height), _span(left - slack, right + slack, self.width)

    def _measure_bounds(self, n: int, index: int) -> tuple[float, float, float, float]:
        layer = self.layers[n]
        rows, columns = layer.picture.shape[:2]
        half = (columns - 1) / 2 / layer.detail, (rows - 1) / 2 / layer.detail
        own = np.meshgrid(*(np.linspace(-n, n, 17, dtype=np.float32) for n in half))
        x, y = self._outward(layer, index, (own[0], own[1]))
        return float(x.min()) - 2, float(y.min()) - 2, float(x.max()) + 2, float(y.max()) + 2


def _span(low: float, high: float, size: int) -> slice:
    """From low to high within a side of the picture; never empty, so that it can be drawn."""
    start = min(max(math.floor(low), 0), size - 1)
    return slice(start, min(max(math.ceil(high) + 1, start + 1), size))


def _four(share: Array) -> Array:
    """One share for each of a picture's four channels; much faster than to let NumPy broadcast."""
    return np.asarray(cv2.merge([share] * 4))


def _looked_up(layer: Layer, own: Points, interpolation: int) -> Array:
    """The layer's picture at points of its own plane; nothing outside it."""
    rows, columns = layer.picture.shape[:2]
    x = own[0] * layer.detail + (columns - 1) / 2
    y = own[1] * layer.detail + (rows - 1) / 2
    drawn = cv2.remap(layer.picture, x, y, interpolation, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(drawn)


def _covers(layer: Layer, own: Points) -> NDArray[np.bool_]:
    """Where a layer's picture is opaque rather than not, by its nearest element."""
    rows, columns = layer.picture.shape[:2]
    x = np.round(own[0] * layer.detail + (columns - 1) / 2).astype(np.intp)
    y = np.round(own[1] * layer.detail + (rows - 1) / 2).astype(np.intp)
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    opaque = layer.picture[np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1), 3] > 0.5
    return np.asarray(inside & opaque)
