"""What the things of the pond look like: pictures painted from noise and outlines, no files.

Every picture is `h w 4` float32, RGB times alpha, and alpha, in [0, 1]; the object's origin is its centre,
x right and y down, and `detail` is its number of picture elements per unit of the object's plane.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import splev, splprep

from steadymask.data.placement import Array, Number

Outline = Sequence[tuple[Number, Number]]
Colour = tuple[Number, Number, Number]

_BODY = ((98, 0), (90, 10), (72, 18), (45, 24), (15, 23), (-15, 17), (-42, 9), (-62, 5))
_TAIL = ((-52, 0), (-60, 5), (-78, 15), (-100, 25), (-112, 26), (-103, 12), (-92, 2))
_FIN = ((2, -5), (2, 6), (-18, 17), (-36, 22), (-43, 18), (-38, 7), (-22, -4))
_PADDLE = ((6, -8), (8, 6), (-2, 24), (-16, 42), (-25, 46), (-26, 38), (-16, 18), (-8, 0))
_LEAF = (
    *((0, -66), (7, -50), (17, -55), (14, -34), (12, -24), (19, -27), (30, -42), (33, -34), (50, -37)),
    *(
        (46, -25),
        (56, -20),
        (44, -8),
        (30, 1),
        (42, 2),
        (40, 9),
        (50, 18),
        (31, 19),
        (17, 16),
        (6, 21),
        (0, 18),
    ),
)
_STONES = (
    *((0.62, 0.56, 0.45), (0.50, 0.48, 0.44), (0.74, 0.69, 0.58), (0.42, 0.41, 0.38), (0.58, 0.47, 0.34)),
    *((0.66, 0.62, 0.55), (0.52, 0.44, 0.35)),
)
_VEINS = ((0, -60), (45, -33), (-45, -33), (45, 17), (-45, 17))


def paint_floor(height: Number, width: Number, *, detail: Number, rng: np.random.Generator) -> Array:
    """Pebbles of two sizes over sand, mossy in places."""
    shape = round(height * detail), round(width * detail)
    gravel, gravel_height = _pebbles(shape, 9 * detail, rng, variety=0.7)
    stones, stones_height = _pebbles(shape, 24 * detail, rng, variety=1.0)
    is_stone = _smoothstep(_noise(shape, 90 * detail, rng) + 0.5 * _noise(shape, 15 * detail, rng), 0.1, 0.25)
    colour = gravel + is_stone[..., None] * (stones - gravel)
    relief = gravel_height + is_stone * (stones_height - gravel_height)
    moss = _smoothstep(_noise(shape, 130 * detail, rng) + 0.5 * _noise(shape, 14 * detail, rng), 0.6, 2.0)
    colour += 0.5 * moss[..., None] * (_rgb(0.25, 0.33, 0.16) - colour)
    grain = 1 + 0.05 * _noise(shape, 1.6 * detail, rng) + 0.05 * _noise(shape, 5 * detail, rng)
    colour *= (relief * grain * (1 + 0.06 * _noise(shape, 150 * detail, rng)))[..., None]
    return _with_alpha(colour * _rgb(0.99, 1.08, 0.99), np.ones(shape, np.float32))


def paint_koi(*, detail: Number, rng: np.random.Generator) -> Array:
    """A fish from above, nose to the right: red patches on pearl white, scales, a fan of a tail, barbels."""
    shape = _canvas(236, 76, detail)
    body, tail = _filled(shape, _mirrored(_BODY), detail), _filled(shape, _mirrored(_TAIL), detail)
    x, y = _plane(shape, detail)
    patches = _noise(shape, 30 * detail, rng) + 0.35 * _noise(shape, 8 * detail, rng)
    red = _smoothstep(patches + 0.5 * (np.abs(x - 45) < 32) - 0.15, 0.0, 0.14) * _smoothstep(x, -75, -60)
    colour = _mix((0.95, 0.91, 0.84), (0.90, 0.30, 0.08), red)
    ink = (
        _smoothstep(_noise(shape, 14 * detail, rng) - 0.1 * np.abs(y) / 6, 1.0, 1.2)
        * _smoothstep(x, -70, -50)
        * _smoothstep(-x, -66, -50)
    )
    colour = colour + (ink * 0.85)[..., None] * (_rgb(0.13, 0.12, 0.14) - colour)
    scales = np.sin(1.15 * x + 0.9 * np.abs(y)) * np.sin(1.15 * x - 0.9 * np.abs(y))
    colour *= (1 + 0.05 * scales * _smoothstep(62 - x, 0, 10))[..., None]
    colour *= (_dome(body, 20 * detail, flat=0.50) * (1 + 0.04 * _noise(shape, 2 * detail, rng)))[..., None]
    colour *= (1 - 0.22 * np.exp(-((np.abs(x - 58) - 0.02 * y**2) ** 2) / 5) * (np.abs(y) < 22))[..., None]
    colour *= (1 - 0.3 * np.exp(-(y**2) / 3) * _smoothstep(x, -45, -35) * _smoothstep(48 - x, 0, 10))[
        ..., None
    ]
    for side in (-1, 1):
        eye = np.hypot(x - 77, y - side * 14.5)
        colour *= _smoothstep(eye, 2.0, 3.4)[..., None]
    rays = 1 + 0.16 * np.sin(26 * np.arctan2(y, x + 44)) + 0.06 * _noise(shape, 3 * detail, rng)
    fan = _mix((0.93, 0.86, 0.78), (0.93, 0.52, 0.28), _smoothstep(-x, 60, 112)) * rays[..., None]
    painted = _over(_with_alpha(fan, tail), _with_alpha(colour, body))
    whiskers = np.zeros(shape, np.float32)
    for side in (-1, 1):
        _stroke(whiskers, [(90, side * 7), (98, side * 12), (103, side * 19)], 1.7, detail)
    return _over(_with_alpha(_mix((0.88, 0.74, 0.62), (0.88, 0.74, 0.62), whiskers), whiskers), painted)


def paint_fin(*, detail: Number, rng: np.random.Generator) -> Array:
    """A pectoral fin, hinged at its origin, spread to the fish's right (down)."""
    shape = _canvas(110, 110, detail)
    x, y = _plane(shape, detail)
    rays = 1 + 0.16 * np.sin(30 * np.arctan2(y + 6, -x + 9)) + 0.05 * _noise(shape, 3 * detail, rng)
    colour = (
        _mix((0.94, 0.70, 0.50), (0.95, 0.91, 0.86), _smoothstep(np.hypot(x, y), 8, 34)) * rays[..., None]
    )
    return _with_alpha(colour, _filled(shape, _FIN, detail))


def paint_leaf(*, detail: Number, rng: np.random.Generator) -> Array:
    """A maple leaf in autumn, its tip up, on a long thin stem."""
    shape = _canvas(150, 210, detail)
    x, y = _plane(shape, detail)
    blade = _filled(shape, _mirrored(_LEAF, across="x"), detail, smooth=False)
    age = 0.55 * _noise(shape, 34 * detail, rng) + 0.25 * _noise(shape, 7 * detail, rng)
    age += 1.45 - cv2.distanceTransform((blade > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / (9 * detail)
    colour = _mix((0.93, 0.60, 0.13), (0.74, 0.15, 0.07), _smoothstep(age, -0.4, 1.5))
    colour *= (1 + 0.07 * _noise(shape, 2 * detail, rng) + 0.08 * _noise(shape, 12 * detail, rng))[..., None]
    veins, ribs = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for tip in _VEINS:
        _stroke(veins, [(0, 18), tip], 1.8, detail)
        for part in (0.3, 0.45, 0.6, 0.75):
            root = np.array([0, 18]) + part * (np.array(tip) - (0, 18))
            for turn in (-0.7, 0.7):
                angle = np.arctan2(tip[1] - 18, tip[0]) + turn
                length = 20 * (1.05 - part)
                end = root + length * np.array([np.cos(angle), np.sin(angle)])
                _stroke(ribs, [tuple(root), tuple(end)], 0.9, detail)
    fold = cv2.GaussianBlur(veins, (0, 0), 3.0 * detail)
    slope = cv2.Sobel(fold, cv2.CV_32F, 1, 1, ksize=3) * detail
    colour *= (1 - 0.5 * fold + 3 * slope)[..., None]
    colour += (0.55 * veins + 0.3 * ribs)[..., None] * (_rgb(0.97, 0.76, 0.36) - colour)
    stem = np.zeros(shape, np.float32)
    _stroke(stem, [(0, 16), (1, 40), (6, 64), (16, 90)], 3.0, detail)
    wood = _mix((0.60, 0.22, 0.10), (0.80, 0.42, 0.18), _smoothstep(-x + 0.15 * y, -6, 8))
    return _over(_with_alpha(wood, stem), _with_alpha(colour, blade))


def paint_shell(*, detail: Number, rng: np.random.Generator) -> Array:
    """A turtle's shell from above, head to the right: scutes with growth rings and a bright rim."""
    shape = _canvas(112, 96, detail)
    x, y = _plane(shape, detail)
    radius = np.hypot(x / 47, y / (38 + 2.5 * np.cos(x / 20)))
    spine = [(u, 0.0) for u in (-36, -18, 0, 18, 35)]
    flanks = [(u, side * 21.0) for u in (-26, -9, 9, 26) for side in (-1, 1)]
    seeds = np.array(spine + flanks, np.float32)
    near = np.sort(np.stack([np.hypot(x - u, y - v) for u, v in seeds]), axis=0)
    seam = near[1] - near[0]
    rim_seam = np.abs(np.sin(12 * np.arctan2(y / 36, x / 45) + 0.8)) * 9
    seam = np.where(
        radius > 0.86, np.minimum(rim_seam, (radius - 0.86) * 60), np.minimum(seam, (0.86 - radius) * 70)
    )
    rings = np.sin(near[0] * 1.5 + 0.6 * _noise(shape, 6 * detail, rng))
    colour = _mix((0.42, 0.31, 0.12), (0.70, 0.57, 0.22), _smoothstep(near[0], 2, 14))
    colour = np.where((radius > 0.86)[..., None], _rgb(0.42, 0.37, 0.15), colour)
    colour *= (
        1 + 0.10 * rings + 0.12 * _noise(shape, 5 * detail, rng) + 0.06 * _noise(shape, 1.7 * detail, rng)
    )[..., None]
    colour += (0.75 * (1 - _smoothstep(seam, 0.6, 2.6)))[..., None] * (_rgb(0.13, 0.10, 0.05) - colour)
    glow = np.exp(-((x - 8) ** 2 / 800 + (y + 13) ** 2 / 240))
    colour = colour * (1.08 - 0.5 * radius**3)[..., None] + 0.16 * glow[..., None]
    return _with_alpha(colour, _smoothstep(-radius, -1.01, -0.98))


def paint_paddle(*, detail: Number, rng: np.random.Generator) -> Array:
    """A turtle's front leg, hinged at its origin, spread to its right (down)."""
    shape = _canvas(116, 116, detail)
    return _skin(shape, _filled(shape, _PADDLE, detail), detail, rng)


def paint_head(*, detail: Number, rng: np.random.Generator) -> Array:
    """A turtle's neck and head, to the right of its origin, with eyes and yellow stripes."""
    shape = _canvas(80, 44, detail)
    outline = ((-8, 0), (-6, 9), (6, 8), (14, 10), (24, 11), (33, 6), (36, 0))
    skin = _skin(shape, _filled(shape, _mirrored(outline), detail), detail, rng)
    x, y = _plane(shape, detail)
    for side in (-1, 1):
        stripe = np.exp(-((y - side * 5.5 - 0.05 * (x - 20) * side) ** 2) / 1.6) * (x < 26) * skin[..., 3]
        skin[..., :3] += (0.7 * stripe)[..., None] * (_rgb(0.85, 0.75, 0.25) - skin[..., :3])
        skin[..., :3] *= _smoothstep(np.hypot(x - 28, y - side * 7), 1.4, 2.6)[..., None]
    return skin


def paint_tail(*, detail: Number, rng: np.random.Generator) -> Array:
    """A turtle's tail, to the left of its origin, thin and pointed."""
    shape = _canvas(64, 24, detail)
    return _skin(
        shape, _filled(shape, _mirrored(((4, 0), (2, 4), (-14, 2), (-27, 0.4))), detail), detail, rng
    )


def _skin(shape: tuple[int, int], alpha: Array, detail: Number, rng: np.random.Generator) -> Array:
    spots = _smoothstep(_noise(shape, 4.5 * detail, rng), 0.5, 0.9)
    colour = _mix((0.31, 0.40, 0.17), (0.80, 0.76, 0.34), 0.75 * spots)
    colour *= (_dome(alpha, 7 * detail, flat=0.55) * (1 + 0.08 * _noise(shape, 1.7 * detail, rng)))[..., None]
    return _with_alpha(colour, alpha)


def _pebbles(
    shape: tuple[int, int], size: Number, rng: np.random.Generator, *, variety: Number
) -> tuple[Array, Array]:
    """Colour and shading of a floor of pebbles about `size` across: rounded cells of a Voronoi diagram."""
    height, width = shape
    rows, columns = np.mgrid[0 : height / size, 0 : width / size] + rng.uniform(
        -0.42, 0.42, (2, *_cells(shape, size))
    )
    at = (
        np.clip((rows * size).astype(int), 0, height - 1),
        np.clip((columns * size).astype(int), 0, width - 1),
    )
    free = np.ones(shape, np.uint8)
    free[at] = 0
    _, cell = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    seam = np.zeros(shape, np.uint8)
    seam[:, 1:] |= cell[:, 1:] != cell[:, :-1]
    seam[1:] |= cell[1:] != cell[:-1]
    apart = cv2.distanceTransform(1 - seam, cv2.DIST_L2, 5) / size
    rounded = cv2.GaussianBlur((apart > 0.06).astype(np.float32), (0, 0), 0.10 * size)
    depth = cv2.distanceTransform((rounded > 0.58).astype(np.uint8), cv2.DIST_L2, 5) / size
    dome = cv2.GaussianBlur(np.sqrt(np.clip(depth, 0, 0.42) / 0.42), (0, 0), 0.3 + 0.02 * size)
    slope = cv2.Sobel(dome, cv2.CV_32F, 1, 0) + cv2.Sobel(dome, cv2.CV_32F, 0, 1)
    shade = np.clip(0.42 + 0.58 * dome + 0.010 * slope * size, 0.3, 1.2)
    colours = np.array(_STONES, np.float32)[rng.integers(0, len(_STONES), cell.max() + 1)]
    colours *= rng.uniform(0.75, 1.15, (len(colours), 1)).astype(np.float32)
    colours += (1 - variety) * (colours.mean(0) - colours)
    return colours[cell], shade


def _cells(shape: tuple[int, int], size: Number) -> tuple[int, int]:
    return int(np.ceil(shape[0] / size)), int(np.ceil(shape[1] / size))


def _noise(shape: tuple[int, int], spacing: Number, rng: np.random.Generator, *, octaves: int = 3) -> Array:
    """Smooth noise about 0 with deviation about 1: each octave has half the spacing and half the height."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        step = max(spacing / 2**octave, 1.0)
        coarse = rng.standard_normal([int(n / step) + 4 for n in shape]).astype(np.float32)
        rows, columns = (np.arange(n, dtype=np.float32) / step + 1 for n in shape)
        x, y = np.meshgrid(columns, rows)
        total += 0.5**octave * cv2.remap(coarse, x, y, cv2.INTER_CUBIC)
    return total


def _canvas(width: Number, height: Number, detail: Number) -> tuple[int, int]:
    return 2 * round(height * detail / 2) + 1, 2 * round(width * detail / 2) + 1


def _plane(shape: tuple[int, int], detail: Number) -> tuple[Array, Array]:
    """The object's own x and y at every element of its picture."""
    rows, columns = (((np.arange(n) - (n - 1) / 2) / detail).astype(np.float32) for n in shape)
    x, y = np.meshgrid(columns, rows)
    return x, y


def _mirrored(half: Outline, *, across: str = "y") -> Outline:
    """A half outline and its mirror image: y negated, or x (`across="x"`)."""
    flip = (1, -1) if across == "y" else (-1, 1)
    inner = [p for p in half if p[flip.index(-1)] != 0]
    return [*half, *[(x * flip[0], y * flip[1]) for x, y in reversed(inner)]]


def _filled(shape: tuple[int, int], outline: Outline, detail: Number, *, smooth: bool = True) -> Array:
    points = np.array(outline, float)
    if smooth:
        knots, _ = splprep([*np.vstack([points, points[:1]]).T], s=0, per=True)
        points = np.stack(splev(np.linspace(0, 1, 400), knots), axis=1)
    alpha = np.zeros(shape, np.uint8)
    cv2.fillPoly(alpha, [_fixed(points, shape, detail)], 255, cv2.LINE_AA, shift=8)
    return cv2.GaussianBlur(alpha, (0, 0), 0.6).astype(np.float32) / 255


def _stroke(onto: Array, line: Outline, width: Number, detail: Number) -> None:
    """Draw a line of even width, smooth when it has more than two points."""
    points = np.array(line, float)
    if len(points) > 2:
        knots, _ = splprep([*points.T], s=0, k=min(3, len(points) - 1))
        points = np.stack(splev(np.linspace(0, 1, 40), knots), axis=1)
    drawn = np.zeros(onto.shape, np.uint8)
    thickness = max(round(width * detail), 1)
    cv2.polylines(drawn, [_fixed(points, onto.shape, detail)], False, 255, thickness, cv2.LINE_AA, shift=8)
    np.maximum(onto, cv2.GaussianBlur(drawn, (0, 0), 0.6).astype(np.float32) / 255, out=onto)


def _fixed(points: NDArray[np.float64], shape: tuple[int, ...], detail: Number) -> NDArray[np.int32]:
    """Points of the object's plane in OpenCV's fixed-point picture coordinates."""
    centre = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    return np.round((points * detail + centre) * 256).astype(np.int32)


def _dome(alpha: Array, radius: Number, *, flat: Number) -> Array:
    """Shading of a rounded body: `flat` at its outline, 1 from `radius` inward."""
    depth = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    height = np.sqrt(np.clip(1 - (1 - np.clip(depth / radius, 0, 1)) ** 2, 0, 1))
    return np.asarray(cv2.GaussianBlur(flat + (1.05 - flat) * height, (0, 0), 0.08 * radius))


def _smoothstep(x: Array, low: Number, high: Number) -> Array:
    ramp = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def _rgb(red: Number, green: Number, blue: Number) -> Array:
    return np.array([red, green, blue], np.float32)


def _mix(a: Colour, b: Colour, share: Array) -> Array:
    return _rgb(*a) + share[..., None] * (_rgb(*b) - _rgb(*a))


def _with_alpha(colour: Array, alpha: Array) -> Array:
    return np.dstack([np.clip(colour, 0, 1) * alpha[..., None], alpha]).astype(np.float32)


def _over(top: Array, bottom: Array) -> Array:
    return top + bottom * (1 - top[..., 3:])
