"""Per-frame networks on Cityscapes that learn from its snippets: teachers and students of paper 3."""

from collections.abc import Mapping
from typing import Literal

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.cityscapes import cityscapes_training
from steadymask.errors import WeightsError
from steadymask.networks.bisenetv2 import BiSeNetV2, BiSeNetV2Config
from steadymask.networks.espnetv2 import ESPNetV2
from steadymask.networks.pspnet import PSPNetConfig
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.networks.timm_encoder import EncoderName
from steadymask.recipes.encoders import begun
from steadymask.recipes.epochs import steps_of
from steadymask.recipes.given import Given
from steadymask.recipes.start import started
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

PSPNetName = Literal["pspnet18", "pspnet101", "pspnet-mobilenetv2", "pspnet-hrnet"]
NetworkName = PSPNetName | Literal["bisenetv2", "espnetv2"]

ENCODERS: Mapping[PSPNetName, EncoderName] = {
    "pspnet18": "resnet18",
    "pspnet101": "resnet101",
    "pspnet-mobilenetv2": "mobilenetv2",
    "pspnet-hrnet": "hrnet_w18_small_v2",
}
_EPOCHS, _BATCH, _REACH = 200, 8, 3
_LABELED_A_SNIPPET = 8  # 7 of them between two frames: with 2975 snippets 20,825, the paper's 20K


def video_cityscapes(
    given: Given,
    *,
    network: NetworkName = "pspnet18",
    parts: tuple[Part, ...] = ("PF", "MF", "TL", "PL"),
    random_sampling: bool = True,
) -> Recipe:
    """Per-frame students on Cityscapes: each row of paper 3's tables I, II, III and V.

    `steadymask train pspnet101-cityscapes-teacher --data Cityscapes --out teacher`, then
    `steadymask train pspnet18-cityscapes-full --data Cityscapes --teacher teacher/weights.safetensors
    --out full`

    Networks: `pspnet18`, `pspnet-mobilenetv2`, `pspnet-hrnet`, `bisenetv2`, `espnetv2` (from `--weights
    espnetv2_s_2.0_city_1024x512.pth`). After `-cityscapes` comes nothing (labels alone), `-temporal` (TL),
    `-conference` (SF, PF, MF, TL: the earlier paper) or `-full` (PF, MF, TL, PL); BiSeNetV2 and ESPNetV2
    have the first and the last. PSPNet18 has all rows of table I: a nothing, b `-pair-wise`,
    c `-multi-frame`, d `-distillation`, e `-temporal`, f `-distillation-temporal`, g `-single-frame`,
    h `-single-frame-temporal`, i `-conference`, j `-pseudo`, k `-pseudo-temporal`, l `-full`; and those of
    table II without random sampling: `-temporal-next`, `-distillation-next`, `-full-next`. Table III is row
    b with the weights of `pspnet101-cityscapes` as the teacher.

    Args:
        given: what the user gave; the weights are the encoder's for ImageNet, fetched where none are given
            (BiSeNetV2 begins without); the teacher is what `pspnet101-cityscapes-teacher` wrote.
        network: that learns.
        parts: of the method.
        random_sampling: the frames of a triplet lie one to three frames apart, at random; else one.

    Hardware: 4 Tesla V100, as printed. Hours: not printed; PSPNet18 about 6 with labels alone, 18 with TL, 47
    with a teacher; the others 29 to 34 with a teacher, estimated as docs/train.md says; pseudo labels take
    about 35 more on one of them.

    Expected (mIoU and temporal consistency of val): tables I and V, PSPNet18 a 69.79, 68.50; b 70.32, 70.10;
    c 70.38, 69.78; d 71.16, 70.21; e 70.67, 70.46; f 71.57, 70.61; g 70.85, 69.20; h 71.36, 70.13; i 73.06,
    70.56; j 74.31, 69.76; k 74.82, 70.25; l 75.90, 70.67. Table II, next frames: TL 70.04, 70.21;
    distillation 70.94, 69.98; all 75.71, 70.63. Table III, teacher without TL: 70.26, 69.27. Table V, labels
    alone, TL, conference, full: MobileNetV2 70.2, 68.4; 70.7, 70.4; 73.9, 69.9; 75.5, 70.4; HRNet-w18 75.6,
    69.1; 76.4, 69.6; 76.6, 70.1; 78.6, 70.6; labels alone and full: BiSeNetV2 71.3, 67.2; 72.8, 68.7;
    ESPNetV2 66.0, 62.5; 71.5, 67.3. HarDNet is not among our networks.

    Source: Liu et al., Efficient video segmentation models with per-frame inference, section IV-A: 200
        epochs, 8 triplets a batch, SGD at 0.01 with the power 0.9, 769 × 769, scales 0.5 to 2.1, mirrored,
        λ 0.1; weight decay 1e-4, gaps up to 3 and the auxiliary head's 0.4 are those of the published code.
    Deviates: pseudo labels are those of 8 frames of each snippet, not of train-extra, half of all labels;
        epochs count true labels. The temporal loss is the mean over both neighbors of a labeled frame. Flow
        is DIS, not FlowNet2. BiSeNetV2 and ESPNetV2 are trained as the others, where the paper trains them as
        their own papers do; each process normalizes its own share of a batch.
    """
    require_parts(parts)
    data = cityscapes_training(given.folder)
    learning = _network(given, network, data.classes)
    teacher = taught(given, data.classes, parts)
    moving = see_motion(parts)
    phase = Phase(
        name="student" if network != "pspnet101" else "teacher",
        config=config_of(given, steps_of(_EPOCHS, len(data.labeled), batch=_BATCH)),
        batch=BatchSettings(
            labeled=0 if moving else _BATCH,
            triplets=_BATCH if moving else 0,
            reach=_REACH if random_sampling else 1,
            seed=given.seed,
        ),
        augmentation=augmentation(),
        terms=terms_of(parts, learning, teacher, part="center" if moving else "labeled"),
        layers=layers_of(learning, parts),
        everything=bool(auxiliary_of(learning)),
    )
    pseudo = PseudoLabels(frames_per_video=_LABELED_A_SNIPPET, share=0.5) if "PL" in parts else None
    return Recipe(network=learning, data=data, teacher=teacher, pseudo_labels=pseudo, phases=(phase,))


def pspnet101_cityscapes(given: Given, *, temporal: bool = True) -> Recipe:
    """PSPNet with ResNet-101 on Cityscapes with the temporal loss: the teacher of paper 3's students.

    `steadymask train pspnet101-cityscapes-teacher --data Cityscapes --out teacher` (labels alone:
    `pspnet101-cityscapes`)

    Args:
        given: what the user gave; the weights are the encoder's for ImageNet, fetched where none are given.
        temporal: learn from triplets; else from labeled frames alone.

    Hardware: 4 Tesla V100, as printed. Hours: not printed; about 87 (labels alone: 29), estimated as
    docs/train.md says.

    Expected (table III; mIoU and temporal consistency of val): 79.53, 71.68; labels alone 78.84, 69.71.

    Source: as `video_cityscapes`, step 1 of algorithm 1.
    Deviates: as `video_cityscapes`. Algorithm 1 prints no weight of the temporal loss for teachers: 0.1.
    """
    return video_cityscapes(given, network="pspnet101", parts=("TL",) if temporal else ())


def augmentation() -> Augmentation:
    """769 × 769 pixels of half to 2.1 times the picture, mirrored."""
    return Augmentation(size=(769, 769), scales=(0.5, 2.1), brightness=0.0, contrast=0.0, saturation=0.0)


def _network(given: Given, name: NetworkName, classes: tuple[str, ...]) -> SegmentationNetwork:
    if name == "bisenetv2":
        if given.weights is None:
            return BiSeNetV2(BiSeNetV2Config(classes=len(classes)))
        return _of(BiSeNetV2, given, classes)
    if name == "espnetv2":
        return _of(ESPNetV2, given, classes)
    return begun(given.weights, classes, PSPNetConfig(classes=len(classes), encoder=ENCODERS[name]))


def _of(kind: type[SegmentationNetwork], given: Given, classes: tuple[str, ...]) -> SegmentationNetwork:
    expected = "weights of ESPNetV2 for Cityscapes, such as espnetv2_s_2.0_city_1024x512.pth"
    network = started(given.weights, classes, expected=expected)
    if not isinstance(network, kind):
        raise WeightsError(f"{given.weights}: wanted weights of {kind.name}, got weights of {network.name}")
    return network
