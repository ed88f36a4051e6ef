"""A recipe of a user's own: two phases with all that could make a resumed run differ."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.davis import davis_training
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.recipes.given import Given
from steadymask.training.config import TrainingConfig
from steadymask.training.outputs import Teacher
from steadymask.training.pseudo_labels import PseudoLabels
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.terms import Supervised, Temporal
from steadymask.training.test_time_augmentation import TestTimeAugmentation


@dataclass(frozen=True)
class Width:
    channels: int = 6


class Net(nn.Module):
    def __init__(self, *, norm: bool = True) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, Width().channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(6) if norm else nn.Identity()
        self.drop = nn.Dropout(0.2 if norm else 0.0)
        self.head = nn.Conv2d(6, 2, 1)
        self.unused = nn.Linear(2, 2)  # as heads for training alone are

    def forward(self, frames: Tensor) -> Tensor:
        return self.head(self.drop(self.norm(self.body(frames)).relu()))


def phase(name: str, given: Given, *, pairs: int = 0, keep_every: int = 2) -> Phase:
    terms = {"supervised": Supervised(), "squared": squared}
    return Phase(
        name=name,
        config=TrainingConfig(
            steps=3, learning_rate=0.05, average=0.5, keep_every=keep_every, seed=given.seed
        ),
        batch=BatchSettings(labeled=4, pairs=pairs, pairs_per_video=4, seed=given.seed),
        augmentation=Augmentation(size=(24, 32), scales=(0.75, 1.5)),
        terms=terms | ({"temporal": Temporal()} if pairs else {}),
    )


def squared(outputs, batch) -> Tensor:
    """A term that is a plain function."""
    return 0.01 * outputs.of("labeled").square().mean()


def plain(given: Given) -> Recipe:
    phases = (phase("first", given), phase("second", given, pairs=2))
    return Recipe(network=Net(), data=given.fitted or davis_training(given.folder), phases=phases)


def taught(given: Given) -> Recipe:
    teacher = Teacher(network=Net().eval())
    wanted = PseudoLabels(frames_per_video=2, threshold=0.5, augmentation=TestTimeAugmentation(scales=(1.0,)))
    return replace(plain(given), teacher=teacher, pseudo_labels=wanted)


def looked_at(given: Given) -> Recipe:
    made = plain(given)
    return replace(made, held_out=made.data)


def everything(given: Given) -> Recipe:
    made = taught(given)
    return replace(made, held_out=made.data)


def ours(given: Given) -> Recipe:
    network = ESPNetV2(ESPNetV2Config(classes=2, scale=1.0))
    return replace(plain(given), network=network, phases=(phase("only", given),))


def shared_out(given: Given) -> Recipe:
    """Nothing that several processes would do otherwise: neither norm nor padding."""
    made = plain(given)
    augmentation = Augmentation(size=(24, 32), scales=(1.0, 1.0))
    phases = tuple(replace(each, augmentation=augmentation) for each in made.phases)
    return replace(made, network=Net(norm=False), phases=phases)


def three_classes(given: Given) -> Recipe:
    return replace(ours(given), network=ESPNetV2(ESPNetV2Config(classes=3, scale=1.0)))


def fails(given: Given) -> Recipe:
    return missing(torch)


def nothing(given: Given) -> None:
    return None
