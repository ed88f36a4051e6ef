"""PSPNet with ResNet-18 on 300VW-Mask, with all labels and with a tenth: teachers and students of paper 3."""

from dataclasses import replace
from typing import Literal

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.face_masks import face_masks_training
from steadymask.data.training_data import LabeledImage, TrainingData, with_few_labels
from steadymask.networks.pspnet import PSPNetConfig
from steadymask.recipes.encoders import begun
from steadymask.recipes.epochs import steps_of
from steadymask.recipes.given import Given
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

_EPOCHS, _BATCH, _REACH = 80, 16, 3
_FEW = 10  # one label in so many


def video_face_masks(
    given: Given,
    *,
    encoder: Literal["resnet18", "resnet50"] = "resnet18",
    parts: tuple[Part, ...] = ("PF", "MF", "TL"),
    few_labels: bool = False,
) -> Recipe:
    """PSPNet with ResNet-18 on 300VW-Mask, with all labels or a tenth of them: paper 3's table VIII.

    `steadymask train pspnet50-face-masks-teacher --data 300VW-Mask-Dataset --out teacher`, then
    `steadymask train pspnet18-face-masks-video --data 300VW-Mask-Dataset
    --teacher teacher/weights.safetensors --out video` (labels alone: `pspnet18-face-masks`; a tenth of the
    labels, the same for teacher and student with one `--seed`: each name with `-tenth`)

    Args:
        given: what the user gave; the weights are the encoder's for ImageNet, fetched where none are given.
        encoder: a ResNet; 50 is the teacher's.
        parts: of the method; PL labels the frames whose labels were taken away.
        few_labels: every tenth label is kept, drawn at random.

    Hardware: 4 Tesla V100, as printed. Hours: not printed; about 4 with labels alone, 25 with a teacher,
    estimated as docs/train.md says; with a tenth of the labels alone a tenth.

    Expected (table VIII; mIoU without background, temporal consistency): labels alone 59.04, 69.72; video
    67.62, 71.33; of a tenth of the labels 50.81, 69.09; 67.41, 71.27.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, section IV-D: 385 × 385,
        80 epochs, 16 pictures a batch; the rest as on Cityscapes.
    Deviates: as `video_cityscapes`. The 619 sequences of the list train_per10 are taken for the printed 619.
        Truth and pseudo labels make up a half each, and epochs count both.
    """
    require_parts(parts)
    data, others = _data(given, few_labels=few_labels)
    learning = begun(given.weights, data.classes, PSPNetConfig(classes=len(data.classes), encoder=encoder))
    teacher = taught(given, data.classes, parts)
    moving, pseudo = see_motion(parts), "PL" in parts
    pictures = len(data.labeled) + (len(others) if pseudo else 0)
    phase = Phase(
        name="student" if encoder == "resnet18" else "teacher",
        config=config_of(given, steps_of(_EPOCHS, pictures, batch=_BATCH)),
        batch=BatchSettings(
            labeled=0 if moving else _BATCH,
            triplets=_BATCH if moving else 0,
            reach=_REACH,
            seed=given.seed,
        ),
        augmentation=augmentation(),
        terms=terms_of(parts, learning, teacher, part="center" if moving else "labeled"),
        layers=layers_of(learning, parts),
        everything=bool(auxiliary_of(learning)),
    )
    labels = PseudoLabels(images=others, share=0.5) if pseudo else None
    return Recipe(network=learning, data=data, teacher=teacher, pseudo_labels=labels, phases=(phase,))


def pspnet50_face_masks(given: Given, *, few_labels: bool = False) -> Recipe:
    """PSPNet with ResNet-50 on 300VW-Mask with the temporal loss: the teacher of its students.

    `steadymask train pspnet50-face-masks-teacher --data 300VW-Mask-Dataset --out teacher` (a tenth of the
    labels: `pspnet50-face-masks-teacher-tenth`)

    Args:
        given: what the user gave; the weights are the encoder's for ImageNet, fetched where none are given.
        few_labels: every tenth label is kept, drawn at random.

    Hardware: 4 Tesla V100, as printed. Hours: not printed; about 39 (a tenth of the labels: 4), estimated as
    docs/train.md says.

    Expected (table VIII; mIoU without background, temporal consistency): 67.61, 71.31; of a tenth of the
    labels 65.74, 70.77.

    Source: as `video_face_masks`, step 1 of algorithm 1.
    Deviates: as `video_face_masks`.
    """
    return video_face_masks(given, encoder="resnet50", parts=("TL",), few_labels=few_labels)


def augmentation() -> Augmentation:
    """385 × 385 pixels of half to 2.1 times the picture, mirrored."""
    return Augmentation(size=(385, 385), scales=(0.5, 2.1), brightness=0.0, contrast=0.0, saturation=0.0)


def _data(given: Given, *, few_labels: bool) -> tuple[TrainingData, tuple[LabeledImage, ...]]:
    """What is learned, and the frames whose labels were taken away. These know their videos themselves."""
    data = replace(face_masks_training(given.folder), videos=())
    if not few_labels:
        return data, ()
    return with_few_labels(data, max(round(len(data.labeled) / _FEW), 1), seed=given.seed)
