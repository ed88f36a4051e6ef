"""ESPNetV2 on DAVIS: the coherent loss in a budget for two processor cores."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.davis import davis_training
from steadymask.data.training_data import TrainingData
from steadymask.recipes.given import Given
from steadymask.recipes.start import started
from steadymask.training.config import TrainingConfig
from steadymask.training.outputs import Term
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.schedule import Poly
from steadymask.training.terms import Coherent, Supervised, TransformInvariant

Loss = Literal["none", "boundary", "global", "coherent", "transform-invariance"]

_SIZE = (192, 336)  # of what is cut out of frames of 240 x 427
_BUDGET = 473**2 / (_SIZE[0] * _SIZE[1])  # the printed weight of the global term is for 473 x 473 pixels
_START = "weights of ESPNetV2 for PASCAL VOC, such as espnetv2_s_1.0_pascal_256x256.pth"


def espnetv2_davis(given: Given) -> Recipe:
    """ESPNetV2, supervised on DAVIS 2016: what the coherent phase starts from.

    `steadymask train espnetv2-davis --data davis-train-240p --weights espnetv2_s_1.0_pascal_256x256.pth
    --out davis`

    Hardware: one processor core, 17 minutes beside other work. Expected: mean IoU 73.9 (docs/train.md).
    """
    data = _data(given)
    network = started(given.weights, data.classes, expected=_START)
    config = TrainingConfig(
        steps=400, learning_rate=5e-3, schedule=Poly(power=0.9), warm_up=20, seed=given.seed
    )
    phase = Phase(
        name="supervised",
        config=config,
        batch=BatchSettings(labeled=8, seed=given.seed),
        augmentation=augmentation(),
        terms={"supervised": Supervised(kind="both")},
    )
    return Recipe(network=network, data=data, phases=(phase,))


def espnetv2_davis_coherent(given: Given, *, loss: Loss = "coherent") -> Recipe:
    """ESPNetV2 on DAVIS 2016 with the coherent loss of paper 1, after `espnetv2-davis`.

    `steadymask train espnetv2-davis-coherent --data davis-train-240p --weights davis/weights.safetensors
    --out coherent`

    Each batch holds four labeled pictures and two pairs of consecutive frames, 30 pairs a clip.

    Args:
        given: what the user gave; the weights are those of `espnetv2-davis`.
        loss: beside the supervised one.

    Hardware: one processor core, 14 to 25 minutes beside other work. Expected: docs/train.md has all rows,
    of the coherent loss stability 95.1 at edges and mean IoU 75.4.

    Source: Qian et al., Coherent loss, "Experiments on DAVIS": settings of SCHP (θ 15, γ 0.05, α 1, β 5e-5
        for 473 × 473 pixels).
    Deviates: 300 steps in place of 10 epochs, at the rate 1e-3 in place of 1e-4, as there are fewer.
    """
    data = given.fitted or _data(given)
    network = started(given.weights, data.classes, expected="what the recipe espnetv2-davis wrote")
    phase = Phase(
        name=loss,
        config=TrainingConfig(
            steps=60 if given.fitted else 300,
            learning_rate=1e-3,
            schedule=Poly(power=0.9),
            warm_up=10,
            seed=given.seed,
        ),
        batch=BatchSettings(labeled=4, pairs=2 if _needs_pairs(loss) else 0, seed=given.seed),
        augmentation=augmentation(),
        terms=_TERMS[loss],
    )
    return Recipe(network=network, data=data, phases=(phase,))


def augmentation() -> Augmentation:
    """Half to half as much again of the frames' size, and mirrored."""
    return Augmentation(size=_SIZE, scales=(0.75, 1.5), base="own")


def _needs_pairs(loss: Loss) -> bool:
    return loss in ("boundary", "global", "coherent")


_SUPERVISED = Supervised(kind="both")
_COHERENT = Coherent(boundary_weight=1.0, global_weight=5e-5 * _BUDGET, width=15, threshold=5e-2)
_TERMS: Mapping[Loss, Mapping[str, Term]] = {
    "none": {"supervised": _SUPERVISED},
    "boundary": {"supervised": _SUPERVISED, "boundary": replace(_COHERENT, global_weight=0.0)},
    "global": {"supervised": _SUPERVISED, "global": replace(_COHERENT, boundary_weight=0.0)},
    "coherent": {"supervised": _SUPERVISED, "coherent": _COHERENT},
    "transform-invariance": {"supervised": _SUPERVISED, "transform_invariance": TransformInvariant()},
}


def _data(given: Given) -> TrainingData:
    return davis_training(given.folder)
