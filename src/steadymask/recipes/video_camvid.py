"""PSPNet with MobileNetV2 on CamVid, after Cityscapes: teacher and students of paper 3."""

from dataclasses import replace

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.camvid import camvid_training
from steadymask.data.training_data import TrainingData
from steadymask.data.video_folder import unlabeled_videos
from steadymask.networks.pspnet import PSPNetConfig
from steadymask.recipes.encoders import gone_on
from steadymask.recipes.epochs import steps_of
from steadymask.recipes.given import Given
from steadymask.recipes.video_cityscapes import ENCODERS, PSPNetName
from steadymask.recipes.video_parts import (
    Part,
    auxiliary_of,
    config_of,
    layers_of,
    require_parts,
    see_motion,
    taught,
    terms_of,
)
from steadymask.training.pseudo_labels import PseudoLabels
from steadymask.training.recipe import Phase, Recipe

_EPOCHS, _BATCH, _REACH = 200, 8, 3
_LEARNED_FROM = 50  # frames of `val` at 15 Hz; consistency is measured on the others
_FPS = 30.0


def video_camvid(
    given: Given,
    *,
    network: PSPNetName = "pspnet-mobilenetv2",
    parts: tuple[Part, ...] = ("PF", "MF", "TL", "PL"),
) -> Recipe:
    """PSPNet with MobileNetV2 on CamVid, after Cityscapes: the rows of paper 3's table VII.

    `steadymask train pspnet101-camvid-teacher --data CamVid --weights
    pspnet101-cityscapes-teacher/weights.safetensors --out teacher`, then
    `steadymask train pspnet-mobilenetv2-camvid-full --data CamVid --weights
    pspnet-mobilenetv2-cityscapes-full/weights.safetensors --teacher teacher/weights.safetensors --out full`
    (labels alone: `pspnet-mobilenetv2-camvid`, TL: `-temporal`)

    Args:
        given: what the user gave; the weights are those of the same network for Cityscapes. The recordings
            may be given as videos, else the first 50 frames of `val` are what moves.
        network: that learns.
        parts: of the method.

    Hardware: 4 Tesla V100, as printed. Hours: not printed; about 1 with labels or TL, 4 with a teacher,
    estimated as docs/train.md says.

    Expected (table VII; mIoU and temporal consistency): labels alone 74.4, 76.8; TL 76.3, 77.6; full 78.2,
    77.9.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, sections IV-A and IV-C:
        as on Cityscapes, 640 × 640, weights for Cityscapes first.
    Deviates: as `video_cityscapes`. CamVid as published for learning has a frame a second, so that labels and
        motion come from different frames: 8 labeled pictures and 8 pairs a batch, with pseudo labels 8
        triplets around these. Epochs are not printed: 200. The recording at 15 Hz is that of `val`, not
        seq05 of `test`.
    """
    require_parts(parts)
    data = _data(given, videos=bool(parts))
    config = PSPNetConfig(classes=len(data.classes), encoder=ENCODERS[network])
    before = f"{network}-cityscapes" + ("-teacher" if network == "pspnet101" else "")
    learning = gone_on(given.weights, data.classes, config, of=before)
    teacher = taught(given, data.classes, parts)
    moving, around = see_motion(parts), see_motion(parts) and "PL" in parts
    phase = Phase(
        name="student" if network != "pspnet101" else "teacher",
        config=config_of(given, steps_of(_EPOCHS, len(data.labeled), batch=_BATCH)),
        batch=BatchSettings(
            labeled=_BATCH,
            pairs=_BATCH if moving and not around else 0,
            triplets=_BATCH if around else 0,
            pairs_per_video=None,
            gaps=tuple(gap for gap in range(-_REACH, _REACH + 1) if gap),
            reach=_REACH,
            seed=given.seed,
        ),
        augmentation=augmentation(),
        terms=terms_of(parts, learning, teacher),
        layers=layers_of(learning, parts),
        everything=bool(auxiliary_of(learning)),
    )
    pseudo = PseudoLabels(share=0.5) if "PL" in parts else None
    return Recipe(network=learning, data=data, teacher=teacher, pseudo_labels=pseudo, phases=(phase,))


def pspnet101_camvid(given: Given, *, temporal: bool = True) -> Recipe:
    """PSPNet with ResNet-101 on CamVid with the temporal loss, after Cityscapes: the teacher of its students.

    `steadymask train pspnet101-camvid-teacher --data CamVid --weights
    pspnet101-cityscapes-teacher/weights.safetensors --out teacher` (labels alone: `pspnet101-camvid`)

    Args:
        given: what the user gave; the weights are those of `pspnet101-cityscapes-teacher`.
        temporal: learn from pairs of frames too.

    Hardware: 4 Tesla V100, as printed. Hours: not printed; about 7 (labels alone: 2), estimated as
    docs/train.md says.

    Expected (table VII; mIoU and temporal consistency): 79.4, 78.6; labels alone 77.6, 77.1.

    Source: as `video_camvid`, step 1 of algorithm 1.
    Deviates: as `video_camvid`.
    """
    return video_camvid(given, network="pspnet101", parts=("TL",) if temporal else ())


def augmentation() -> Augmentation:
    """640 × 640 pixels of half to 2.1 times the picture, mirrored."""
    return Augmentation(size=(640, 640), scales=(0.5, 2.1), brightness=0.0, contrast=0.0, saturation=0.0)


def _data(given: Given, *, videos: bool) -> TrainingData:
    if given.videos is None and videos:
        data = camvid_training(given.folder, "train", videos="val")
        video = data.videos[0]
        return replace(data, videos=(video.between(0, min(_LEARNED_FROM, video.count)),))
    data = camvid_training(given.folder, "train", videos=None)
    if given.videos is None or not videos:
        return data
    return replace(data, videos=unlabeled_videos(given.videos, fps=_FPS))
