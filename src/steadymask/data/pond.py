"""A garden pond seen from above: a koi (1), a turtle (2) and a floating leaf (3) over a floor of pebbles.

The koi swims under the leaf and under the turtle; koi and turtle come in from outside. All motion is a
function of time without end and without memory, so that any moment can be drawn by itself.

Lengths are in units of 1/360 of the picture's height, times in seconds; the origin is the picture's middle.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steadymask.data.placement import Array, Chain, Number, Placement
from steadymask.data.pond_pictures import (
    paint_fin,
    paint_floor,
    paint_head,
    paint_koi,
    paint_leaf,
    paint_paddle,
    paint_shell,
    paint_tail,
)

NAMES = {1: "koi", 2: "turtle", 3: "leaf"}
_PAN = (24.0, 13.0)  # how far the camera strays, right and down
_ZOOM = 0.05


@dataclass(frozen=True, eq=False)
class Layer:
    """One flat picture that moves: a body, a fin.

    Args:
        picture: `h w 4`, RGB times alpha, and alpha, in [0, 1]; the origin is its centre.
        detail: picture elements per unit.
        placement: where it lies at a time in seconds, seen through the camera, in the pond's units.
    """

    picture: Array
    detail: float
    placement: Callable[[float], Chain]


@dataclass(frozen=True, eq=False)
class Thing:
    """An object: its layers from the lowest to the highest.

    Args:
        label: its id; 0 is the floor.
        layers: what it is made of.
        height: how far it floats above what lies below; its shadow falls as far to the right and down.
    """

    label: int
    layers: tuple[Layer, ...]
    height: Number = 0


def build_pond(*, aspect: float, detail: float, seed: int) -> tuple[Thing, ...]:
    """Paint the pond's things, from the floor to the surface.

    Args:
        aspect: width over height of the pictures to come.
        detail: picture elements per unit; twice the pictures' own number gives sharp ones.
        seed: of all patterns, and of where in its slow drift the camera begins.
    """
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * math.pi)

    def placed(*inner: Callable[[float], Placement]) -> Callable[[float], Chain]:
        return lambda time: Chain((*(link(time) for link in inner), _camera(time, phase=phase)))

    def floor_size(half: Number, pan: Number) -> float:
        return 2 * (half / (1 - _ZOOM) * 1.05 + pan + 8)

    floor = paint_floor(
        floor_size(180, _PAN[1] + 8 * aspect), floor_size(180 * aspect, _PAN[0]), detail=0.6 * detail, rng=rng
    )
    koi = paint_koi(detail=detail, rng=rng)
    fin = paint_fin(detail=detail, rng=rng)
    leaf = paint_leaf(detail=detail, rng=rng)
    shell, paddle = paint_shell(detail=detail, rng=rng), paint_paddle(detail=detail, rng=rng)
    head, tail = paint_head(detail=detail, rng=rng), paint_tail(detail=detail, rng=rng)
    fins = [(_turned(fin, side), _fin(side)) for side in (-1, 1)]
    legs = [(_turned(paddle, side), _leg(front, side)) for front in (True, False) for side in (-1, 1)]
    return (
        Thing(0, (Layer(floor, 0.6 * detail, placed()),)),
        Thing(
            1,
            (
                *(Layer(picture, detail, placed(hinge, _koi)) for picture, hinge in fins),
                Layer(koi, detail, placed(_koi)),
            ),
            height=13,
        ),
        Thing(
            2,
            (
                *(Layer(picture, detail, placed(hinge, _turtle)) for picture, hinge in legs),
                Layer(tail, detail, placed(_turtle_tail, _turtle)),
                Layer(head, detail, placed(_turtle_head, _turtle)),
                Layer(shell, detail, placed(_turtle)),
            ),
            height=17,
        ),
        Thing(3, (Layer(leaf, detail, placed(_leaf)),), height=24),
    )


def _turned(picture: Array, side: int) -> Array:
    """The picture of a right limb, or its mirror image for the left (`side` −1)."""
    return picture if side > 0 else np.ascontiguousarray(picture[::-1])


def _camera(time: float, *, phase: float) -> Placement:
    x = _PAN[0] * math.sin(0.80 * time + phase)
    y = _PAN[1] * math.sin(0.62 * time + 1.3 * phase)
    angle = 0.018 * math.sin(0.7 * time + phase)
    scale = 1 + _ZOOM * math.sin(0.9 * time - 0.8 + phase)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    return Placement(x=-(cos * x - sin * y), y=-(sin * x + cos * y), angle=angle, scale=scale)


def _along(path: Callable[[float], tuple[float, float]], time: float) -> tuple[float, float, float]:
    """Where a swimmer is and which way it looks."""
    (x, y), (ahead_x, ahead_y) = path(time), path(time + 0.05)
    return x, y, math.atan2(ahead_y - y, ahead_x - x)


def _koi_path(time: float) -> tuple[float, float]:
    turn = 0.46 * time + 0.2
    return -330 * math.cos(turn) + 10, 95 - 125 * math.sin(turn) + 10 * math.sin(2.1 * time)


def _turtle_path(time: float) -> tuple[float, float]:
    turn = 0.36 * time + 0.2
    return 400 * math.cos(turn) + 6 * math.sin(4.4 * time), 205 * math.sin(turn - 0.2) - 112


def _koi(time: float) -> Placement:
    x, y, angle = _along(_koi_path, time)
    beat = 5.6 * time

    def sway(along: Array) -> Array:
        reach = (100 - along) / 200
        return np.asarray((1 + 11 * reach * reach) * np.sin(0.021 * along + beat) + 0.0007 * along * along)

    return Placement(x=x, y=y, angle=angle, scale=1.25, sway=sway)


def _fin(side: int) -> Callable[[float], Placement]:
    return lambda time: Placement(x=44, y=19 * side, angle=side * (0.10 + 0.28 * math.sin(3.1 * time + side)))


def _turtle(time: float) -> Placement:
    x, y, angle = _along(_turtle_path, time)
    return Placement(x=x, y=y, angle=angle + 0.08 * math.sin(4.4 * time), scale=1.2)


def _leg(front: bool, side: int) -> Callable[[float], Placement]:
    def placement(time: float) -> Placement:
        stroke = math.sin(4.4 * time + (0 if front else math.pi) + 0.4 * side)
        if front:
            return Placement(x=28, y=side * 24, angle=side * (-0.35 + 0.55 * stroke))
        return Placement(x=-28, y=side * 22, angle=side * (0.45 + 0.4 * stroke), scale=0.72)

    return placement


def _turtle_head(time: float) -> Placement:
    return Placement(x=40 + 2 * math.sin(4.4 * time), angle=0.22 * math.sin(1.9 * time))


def _turtle_tail(time: float) -> Placement:
    return Placement(x=-44, angle=0.3 * math.sin(3.6 * time))


def _leaf(time: float) -> Placement:
    def curl(along: Array) -> Array:
        return np.asarray(3.2 * np.sin(0.050 * along + 2.3 * time))

    return Placement(
        x=-36 + 26 * math.sin(0.5 * time),
        y=18 + 15 * math.sin(0.8 * time + 1),
        scale=1.2,
        angle=0.5 + 0.24 * time + 0.1 * math.sin(1.7 * time),
        sway=curl,
        ripple=lambda y: 3.0 * np.sin(0.045 * y + 1.9 * time),
    )
