"""A network of the user's own, on data of the user's own: the coherent or the temporal loss on top."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.training_clips import OBJECT
from steadymask.data.training_data import TrainingData
from steadymask.data.video_folder import unlabeled_videos
from steadymask.errors import InputError, require
from steadymask.recipes.given import Given
from steadymask.recipes.labeled_folder import labeled_folder
from steadymask.recipes.start import open_weights, two_outputs
from steadymask.training.config import TrainingConfig
from steadymask.training.outputs import Term
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.schedule import Poly
from steadymask.training.terms import Coherent, Supervised, Temporal

Loss = Literal["coherent", "temporal"]

_LONGEST = 480  # pixels of the longer side that a step sees
_MULTIPLE = 8


def own(given: Given, *, loss: Loss) -> Recipe:
    """A trained network goes on with the coherent loss of paper 1, or the temporal loss of paper 3.

    `steadymask train own-coherent --weights mine.safetensors --data folder --videos more --out steady`

    Each batch holds four labeled pictures and two pairs of frames: of the videos, without any of the pictures
    themselves, moved at random. The data is a plain folder `images/` and `masks/`, whose ids are the
    network's classes; or, for a network of background and object, clips as `frames/CLIP` and `truth/CLIP`, or
    DAVIS. The crop is as large as the first picture, up to 480 pixels on the longer side.

    Args:
        given: what the user gave; the weights are any that `segment --model` takes but ONNX.
        loss: beside the supervised one.

    Hardware: any; hours have not been measured. Expected: fewer flickering pixels at about the accuracy as
    before; look at both with `score --truth`.

    Source: Qian et al., Coherent loss (θ 15, γ 0.05, α 1, β 5e-5 for 473 × 473 pixels); Liu et al., Efficient
        video segmentation models with per-frame inference (λ 0.1).
    Deviates: 300 steps at the rate 1e-3, whatever the network; the temporal loss goes both ways.
    """
    if given.weights is None:
        raise InputError("weights: wanted those of your network, got none")
    network, names = open_weights(given.weights)
    network = two_outputs(network)
    data = _data(given, names or _numbered(network.config.classes), given.weights)
    augmentation = _augmentation(data)
    moving = bool(data.videos)
    phase = Phase(
        name=loss,
        config=TrainingConfig(
            steps=60 if given.fitted else 300,
            learning_rate=1e-3,
            schedule=Poly(power=0.9),
            warm_up=10,
            seed=given.seed,
        ),
        batch=BatchSettings(labeled=4, pairs=2 if moving else 0, stills=0 if moving else 2, seed=given.seed),
        augmentation=augmentation,
        terms=_terms(loss, augmentation.size),
    )
    return Recipe(network=network, data=data, phases=(phase,))


def _terms(loss: Loss, size: tuple[int, int]) -> Mapping[str, Term]:
    supervised = Supervised(kind="both")
    if loss == "temporal":
        return {"supervised": supervised, "temporal": Temporal(weight=0.1, both_ways=True)}
    budget = 473**2 / (size[0] * size[1])  # the printed weight of the global term is for 473 x 473 pixels
    return {"supervised": supervised, "coherent": Coherent(global_weight=5e-5 * budget)}


def _data(given: Given, classes: tuple[str, ...], weights: Path) -> TrainingData:
    """What is learned from, with the names that the network has for its classes."""
    data = given.fitted or labeled_folder(given.folder, classes)
    require(
        len(data.classes) == len(classes),
        f"{weights}: wanted a network of {len(data.classes)} classes as {data.name} has, got {len(classes)}",
    )
    require(bool(data.labeled), f"{data.name}: wanted labeled pictures, got none")
    videos = data.videos
    if given.videos is not None:
        place = given.videos
        videos += tuple(replace(each, name=f"videos/{each.name}") for each in unlabeled_videos(place))
    return replace(data, classes=classes, videos=videos)


def _numbered(classes: int) -> tuple[str, ...]:
    return OBJECT if classes == len(OBJECT) else tuple(map(str, range(classes)))


def _augmentation(data: TrainingData) -> Augmentation:
    _, height, width = data.labeled[0].picture().shape
    shrunk = min(1.0, _LONGEST / max(height, width))
    rows, columns = (max(round(side * shrunk / _MULTIPLE), 1) * _MULTIPLE for side in (height, width))
    return Augmentation(size=(rows, columns), scales=(0.75, 1.5), base="own")
