"""PSPNet with ResNet-50 on Cityscapes: supervised, then with the coherent loss, as paper 1 prints it."""

from dataclasses import replace

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.cityscapes import cityscapes_training
from steadymask.data.video_folder import unlabeled_videos
from steadymask.errors import InputError
from steadymask.networks.pspnet import PSPNetConfig
from steadymask.recipes.encoders import begun, gone_on
from steadymask.recipes.epochs import steps_of
from steadymask.recipes.given import Given
from steadymask.training.config import TrainingConfig
from steadymask.training.outputs import Term
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.terms import Coherent, Supervised

_CONFIG = PSPNetConfig(classes=19, encoder="resnet50")
_EPOCHS, _COHERENT_EPOCHS = 200, 20
_LABELED, _LABELED_OF_COHERENT, _PAIRS = 16, 12, 6
_VIDEOS = 2  # of the three published: the third is for the test
_FPS = 17.0


def pspnet_cityscapes(given: Given) -> Recipe:
    """PSPNet with ResNet-50, supervised on Cityscapes: what its coherent phase starts from.

    `steadymask train pspnet50-cityscapes --data Cityscapes --out pspnet50-cityscapes`

    Args:
        given: what the user gave; the weights are the encoder's for ImageNet, fetched where none are given.

    Hardware: not printed; the settings were published for 8 GPUs. Hours: not printed; about 95 on one Tesla
    P40, estimated as docs/train.md says.

    Expected (tables 4 and 6; mIoU, mean and pixel accuracy of val, STB global and local of the synthetic
    set): 77.02, 84.17, 95.90, 93.06, 90.22.

    Source: Qian et al., Coherent loss, "Video semantic segmentation": "the official baseline"; its settings
        are those of cityscapes_pspnet50.yaml in github.com/hszhao/semseg: 713 × 713, 16 a batch, 200 epochs,
        SGD at 0.01 with the power 0.9, weight decay 1e-4, scales 0.5 to 2, auxiliary head 0.4.
    Deviates: pictures are not rotated; each process normalizes its own share of a batch.
    """
    data = cityscapes_training(given.folder)
    phase = Phase(
        name="supervised",
        config=TrainingConfig(
            steps=steps_of(_EPOCHS, len(data.labeled), batch=_LABELED),
            learning_rate=1e-2,
            weight_decay=1e-4,
            seed=given.seed,
        ),
        batch=BatchSettings(labeled=_LABELED, seed=given.seed),
        augmentation=augmentation(),
        terms=_labels(),
        everything=True,
    )
    return Recipe(network=begun(given.weights, data.classes, _CONFIG), data=data, phases=(phase,))


def pspnet_cityscapes_coherent(given: Given) -> Recipe:
    """PSPNet with ResNet-50 on Cityscapes and two of its demo videos with the coherent loss.

    `steadymask train pspnet50-cityscapes-coherent --data Cityscapes --videos leftImg8bit/demoVideo
    --weights pspnet50-cityscapes/weights.safetensors --out pspnet50-cityscapes-coherent`

    Args:
        given: what the user gave; of the videos, stuttgart_00 to 02 as published, the first two by name are
            learned from. The weights are those of `pspnet50-cityscapes`.

    Hardware: not printed. Hours: not printed; about 19 on one Tesla P40, estimated as docs/train.md says.

    Expected (tables 4 and 6; mIoU of val, STB global and local of the synthetic set): 77.88, 93.08, 91.63.

    Source: Qian et al., Coherent loss, "Video semantic segmentation": 20 epochs, θ 15, γ 0.3, α 2e-2, β 0.3.
    Deviates: rate and batch are not printed: 1e-4, 12 labeled pictures and 6 pairs, as for VHS. β is taken
        for the mean over pixels, where alone it is of the size of the other terms. The last weights are kept,
        not the best on val. Flow is DIS, not the paper's own.
    """
    if given.videos is None:
        raise InputError("videos: wanted the folder of the demo videos of Cityscapes, got none")
    data = cityscapes_training(given.folder)
    videos = sorted(unlabeled_videos(given.videos, fps=_FPS), key=lambda video: video.name)
    data = replace(data, videos=tuple(videos[:_VIDEOS]))
    network = gone_on(given.weights, data.classes, _CONFIG, of="pspnet50-cityscapes")
    coherent = Coherent(boundary_weight=2e-2, global_weight=0.3, width=15, threshold=0.3, reduction="mean")
    phase = Phase(
        name="coherent",
        config=TrainingConfig(
            steps=steps_of(_COHERENT_EPOCHS, len(data.labeled), batch=_LABELED_OF_COHERENT),
            learning_rate=1e-4,
            weight_decay=1e-4,
            seed=given.seed,
        ),
        batch=BatchSettings(labeled=_LABELED_OF_COHERENT, pairs=_PAIRS, seed=given.seed),
        augmentation=augmentation(),
        terms={**_labels(), "coherent": coherent},
        everything=True,
    )
    return Recipe(network=network, data=data, phases=(phase,))


def augmentation() -> Augmentation:
    """713 × 713 pixels of half to twice the picture, mirrored."""
    return Augmentation(size=(713, 713), scales=(0.5, 2.0), brightness=0.0, contrast=0.0, saturation=0.0)


def _labels() -> dict[str, Term]:
    return {"supervised": Supervised(), "auxiliary": Supervised(output="auxiliary", weight=0.4)}
