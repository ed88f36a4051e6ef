"""ESPNetV2 on CamVid: temporal loss, distillation and pseudo labels in a budget for two processor cores."""

from collections.abc import Mapping
from dataclasses import replace

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.camvid import camvid_training
from steadymask.data.training_data import LabeledImage, TrainingData, with_few_labels
from steadymask.networks.espnetv2 import ESPNetV2
from steadymask.recipes.given import Given
from steadymask.recipes.start import started, teacher_from
from steadymask.recipes.video_parts import Part, require_parts
from steadymask.training.config import TrainingConfig
from steadymask.training.distillation import MultiFrame, PairWiseFrames, SingleFrame
from steadymask.training.outputs import Term
from steadymask.training.pseudo_labels import PseudoLabels
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.schedule import Poly
from steadymask.training.terms import Supervised, Temporal

_LEARNED_FROM = 50  # frames of the recording at 15 Hz; consistency is measured on the others
_STEPS = 300
_SIZE = (240, 320)  # of what is cut out of pictures of 360 x 480
_START = "weights of ESPNetV2 for Cityscapes, such as espnetv2_s_1.0_city_512x256.pth"
_LAYER = ESPNetV2.features_layer


def espnetv2_camvid(
    given: Given,
    *,
    parts: tuple[Part, ...] = ("PF", "MF", "TL", "PL"),
    random_sampling: bool = True,
    labels: int | None = None,
) -> Recipe:
    """ESPNetV2 on CamVid with temporal loss, distillation and pseudo labels: paper 3's student.

    `steadymask train espnetv2-camvid-full --data CamVid --weights espnetv2_s_1.0_city_512x256.pth
    --teacher teacher/weights.safetensors --out full`

    Each batch holds four labeled pictures and two pairs (with pseudo labels, two triplets around
    pseudo-labeled frames) of the first 50 frames of `val`.

    Args:
        given: what the user gave; the teacher is what `espnetv2-camvid-teacher` wrote.
        parts: of the method.
        random_sampling: frames of a pair or triplet lie one to three frames apart, at random; else one.
        labels: so many labeled pictures, drawn at random; with PL the others get pseudo labels. None: all.

    Hardware: a processor. Neither hours nor the score to expect have been measured yet.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, algorithm 1, λ = 0.1,
        the rate 0.01 with the power 0.9.
    Deviates: 300 steps of 240 x 320 pixels; the recording at 15 Hz is that of `val`, not seq05 of `test`.
    """
    require_parts(parts)
    data, others = _data(given), tuple[LabeledImage, ...]()
    if labels is not None:
        data, others = with_few_labels(data, labels, seed=given.seed)
    needed = any(each != "TL" for each in parts)
    moving = bool({"PF", "MF", "TL"}.intersection(parts))
    around = moving and "PL" in parts
    gaps = (-3, -2, -1, 1, 2, 3) if random_sampling else (1,)
    terms = {"supervised": Supervised()} | {name: _term(name) for name in parts if name != "PL"}
    return Recipe(
        network=started(given.weights, data.classes, expected=_START),
        data=data,
        teacher=teacher_from(given.teacher, data.classes) if needed else None,
        pseudo_labels=PseudoLabels(images=others, share=0.5) if "PL" in parts else None,
        phases=(
            Phase(
                name="student",
                config=_config(given),
                batch=BatchSettings(
                    labeled=4,
                    pairs=2 if moving and not around else 0,
                    triplets=2 if around else 0,
                    pairs_per_video=None,
                    gaps=gaps,
                    reach=3 if random_sampling else 1,
                    seed=given.seed,
                ),
                augmentation=augmentation(),
                terms=terms,
                layers=(_LAYER,) if {"SF", "MF"}.intersection(parts) else (),
            ),
        ),
    )


def espnetv2_camvid_teacher(given: Given, *, temporal: bool = True, labels: int | None = None) -> Recipe:
    """ESPNetV2 of twice the width on CamVid with the temporal loss: paper 3's teacher.

    `steadymask train espnetv2-camvid-teacher --data CamVid --weights espnetv2_s_2.0_city_1024x512.pth
    --out teacher`

    Args:
        given: what the user gave.
        temporal: learn from pairs of the first 50 frames of `val` too.
        labels: so many labeled pictures, drawn at random; None: all.

    Hardware: a processor. Neither hours nor the score to expect have been measured yet.

    Source: as `espnetv2_camvid`, step 1 of the algorithm.
    """
    data = _data(given)
    if labels is not None:
        data, _ = with_few_labels(data, labels, seed=given.seed)
    terms: dict[str, Term] = {"supervised": Supervised()}
    if temporal:
        terms["TL"] = _term("TL")
    phase = Phase(
        name="teacher",
        config=_config(given),
        batch=BatchSettings(
            labeled=4,
            pairs=2 if temporal else 0,
            pairs_per_video=None,
            gaps=(-3, -2, -1, 1, 2, 3),
            seed=given.seed,
        ),
        augmentation=augmentation(),
        terms=terms,
    )
    start = started(
        given.weights, data.classes, expected=_START.replace("1.0_city_512x256", "2.0_city_1024x512")
    )
    return Recipe(network=start, data=data, phases=(phase,))


def augmentation() -> Augmentation:
    """Half to twice the pictures' size, and mirrored."""
    return Augmentation(size=_SIZE, scales=(0.5, 2.0), base="own")


def _config(given: Given) -> TrainingConfig:
    return TrainingConfig(
        steps=_STEPS, learning_rate=1e-2, schedule=Poly(power=0.9), warm_up=20, seed=given.seed
    )


def _data(given: Given) -> TrainingData:
    data = camvid_training(given.folder, "train", videos="val")
    video = data.videos[0]
    return replace(data, videos=(video.between(0, min(_LEARNED_FROM, video.count)),))


def _term(name: Part) -> Term:
    made: Mapping[Part, Term] = {
        "SF": SingleFrame(layer=_LAYER, teacher_layer=_LAYER),
        "PF": PairWiseFrames(),
        "MF": MultiFrame(layer=_LAYER, teacher_layer=_LAYER),
        "TL": Temporal(both_ways=True),
    }
    return made[name]
