"""The multi-frame refiner on the frames of DAVIS, without a label: masks of a network that sees one frame."""

from dataclasses import replace
from typing import Literal

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.corruption import Corruption
from steadymask.data.davis import davis_training
from steadymask.data.given_masks import with_masks
from steadymask.data.reading import Reading
from steadymask.data.training_data import TrainingData
from steadymask.errors import InputError
from steadymask.networks.refiner import Encoder, Refiner, RefinerConfig
from steadymask.recipes.given import Given
from steadymask.recipes.start import open_refiner
from steadymask.training.config import TrainingConfig
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.schedule import Constant, Poly
from steadymask.training.terms import GroupInconsistent

Rate = Literal["ours", "printed"]

_SIZE = (192, 336)  # of what is cut out of frames of 240 x 427


def refiner_davis(
    given: Given,
    *,
    rate: Rate = "ours",
    encoder: Encoder = "small",
    frames: int = 7,
    teacher_weight: float = 1.0,
) -> Recipe:
    """The refiner of paper 2 on DAVIS 2016, taught by masks of any network: no label is looked at.

    `steadymask train refiner-davis --data davis-train-240p --masks predictions --out refiner`

    Each batch holds two groups of consecutive frames, drawn at random; all masks of a frame are one object.
    The masks of half the groups fail further before the refiner sees them: parts and whole objects blink,
    edges jitter, masks leak. What it is bound to are the masks as they were given.

    Args:
        given: what the user gave; masks of each frame of some clips, by the names of these clips; weights, if
            any, of a refiner of the same settings, to go on from.
        rate: of learning: ours, or Adam at 1e-5 as printed.
        encoder: `small`, or two ResNet-50 as in the paper.
        frames: T, of a group.
        teacher_weight: w_D, which the paper does not tell.

    Hardware: two processor cores with the small encoder, a GPU with the other. Expected: not yet measured.

    Source: Azulay et al., Temporally stable video segmentation without video annotations, section 5.1: seven
        consecutive frames, inconsistency over all pairs plus cross-entropy to the teacher, Adam at 1e-5.
    Deviates: begins at random, so that its rate is 1e-3, which rises over 50 steps and falls to 0, with decay
        of the weights and gradients of norm 1 at most; DIS on frames of half the size in place of the
        paper's flow; masks that fail more than they did; 2000 steps, as the paper tells no number.
    """
    data = _data(given)
    network = _network(given, RefinerConfig(frames=frames, encoder=encoder))
    phase = Phase(
        name="refine",
        config=_config(rate, seed=given.seed),
        batch=BatchSettings(
            labeled=0,
            groups=2,
            group_frames=frames,
            corruption=Corruption(),
            corrupted=0.5,
            seed=given.seed,
        ),
        augmentation=Augmentation(size=_SIZE, scales=(0.75, 1.5), base="own"),
        terms={"inconsistency": GroupInconsistent(teacher_weight=teacher_weight)},
    )
    return Recipe(network=network, data=data, phases=(phase,), half_flow=True)


def _config(rate: Rate, *, seed: int) -> TrainingConfig:
    steps = 2000
    if rate == "printed":
        return TrainingConfig(
            steps=steps,
            learning_rate=1e-5,
            optimizer="adamw",
            weight_decay=0.0,  # which makes it Adam
            schedule=Constant(),
            seed=seed,
        )
    return TrainingConfig(
        steps=steps,
        learning_rate=1e-3,
        optimizer="adamw",
        weight_decay=1e-4,
        schedule=Poly(power=0.9),
        warm_up=50,
        clip=1.0,
        seed=seed,
    )


def _data(given: Given) -> TrainingData:
    if given.masks is None:
        raise InputError("masks: wanted a folder with the masks of each clip, got none")
    videos = replace(davis_training(given.folder), labeled=())
    return with_masks(videos, given.masks, reading=Reading(merge_objects=True))


def _network(given: Given, config: RefinerConfig) -> Refiner:
    if given.weights is None:
        return Refiner(config)
    network = open_refiner(given.weights)
    if network.config != config:
        raise InputError(f"{given.weights}: wanted a refiner of {config}, got one of {network.config}")
    return network
