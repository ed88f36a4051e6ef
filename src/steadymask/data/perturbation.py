"""What happens from one frame of a synthetic sequence to the next: a push, a turn, a zoom, or a cover."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from steadymask.data.occluder import Occluder
from steadymask.data.similarity import Similarity, settled, turned

Kind = Literal["translation", "rotation", "scaling", "occlusion"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class Severity:
    """How strong one perturbation is; its direction and place are drawn.

    Args:
        translation: length of the push, as a share of the picture's shorter side.
        rotation: angle in degrees, about the picture's center.
        scaling: how much larger (or, by the same factor, smaller) the picture becomes, 0.1 for a tenth.
        occlusion: radius of the disk, as a share of the picture's shorter side.
    """

    translation: float
    rotation: float
    scaling: float
    occlusion: float


SEVERITIES = (
    Severity(translation=0.25 / 224, rotation=0.25, scaling=0.00625, occlusion=0.02),
    Severity(translation=0.50 / 224, rotation=0.50, scaling=0.01250, occlusion=0.04),
    Severity(translation=1.00 / 224, rotation=1.00, scaling=0.02500, occlusion=0.06),  # ImageNet-P's steps
    Severity(translation=2.00 / 224, rotation=2.00, scaling=0.05000, occlusion=0.08),
    Severity(translation=3.00 / 224, rotation=3.00, scaling=0.07500, occlusion=0.10),
    Severity(translation=4.00 / 224, rotation=4.00, scaling=0.10000, occlusion=0.12),
)
"""The six severities, 1 first.

Neither paper prints their strengths. The third is the step between two frames of ImageNet-P (1 pixel of 224,
1 degree, 2.5 %); the others are a quarter, half, two, three and four times that step. Covers are our choice.

Source: Hendrycks, Dietterich, Benchmarking neural network robustness to common corruptions and perturbations
    (2019); Qian et al., Coherent loss: a generic framework for stable video segmentation, section "Metric".
"""


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """What happens between two frames.

    Args:
        kind: what it is.
        motion: where points of the earlier frame lie in the later one.
        occluder: what comes to lie on the scene, in pixels of the later frame; None: nothing.
    """

    kind: Kind
    motion: Similarity
    occluder: Occluder | None = None


def draw_perturbation(
    random: np.random.Generator, severity: Severity, *, kinds: Sequence[Kind], size: tuple[int, int]
) -> Perturbation:
    """Draw a kind, then its direction or place.

    Args:
        random: where numbers come from.
        severity: how strong it is.
        kinds: those to choose from, each with equal chance.
        size: (h, w) of the picture.
    """
    kind = kinds[int(random.integers(len(kinds)))]
    if kind == "occlusion":
        return Perturbation(kind=kind, motion=Similarity(), occluder=_occluder(random, severity, size))
    return Perturbation(kind=kind, motion=_motion(random, kind, severity, size))


def _motion(random: np.random.Generator, kind: Kind, severity: Severity, size: tuple[int, int]) -> Similarity:
    if kind == "translation":
        angle, length = 2 * math.pi * float(random.random()), severity.translation * min(size)
        return Similarity(right=settled(length * math.cos(angle)), down=settled(length * math.sin(angle)))
    sign = -1 if int(random.integers(2)) else 1
    center = (size[1] - 1) / 2, (size[0] - 1) / 2
    if kind == "rotation":
        return turned(angle=sign * math.radians(severity.rotation), scale=1.0, center=center)
    return turned(angle=0.0, scale=float((1 + severity.scaling) ** sign), center=center)


def _occluder(random: np.random.Generator, severity: Severity, size: tuple[int, int]) -> Occluder:
    height, width = size
    red, green, blue = random.integers(0, 256, size=3).tolist()
    return Occluder(
        x=float(random.random()) * (width - 1),
        y=float(random.random()) * (height - 1),
        radius=max(severity.occlusion * min(size), 1.0),
        color=(red, green, blue),
    )
