"""A look at a network: right everywhere is 1, a still video is 1, and looks without a number do no harm."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import InputError
from steadymask.training.looks import Looks
from steadymask.training.validation import Validation
from world import World

SIZE = (8, 10)


class Red(nn.Module):
    """Class 1 where red is bright."""

    def __init__(self, *, turned: bool = False) -> None:
        super().__init__()
        self.anything = nn.Parameter(torch.zeros(1))
        self.turned = turned

    def forward(self, frames: Tensor) -> Tensor:
        both = torch.cat((1 - frames[:, :1], frames[:, :1]), 1)
        return both.flip(1) if self.turned else both


def still(picture_i: Tensor, picture_j: Tensor) -> Tensor:
    return torch.zeros(2, *picture_i.shape[1:])


def picture(index: int) -> Tensor:
    return torch.randint(0, 2, (3, *SIZE), generator=torch.Generator().manual_seed(index)).byte() * 255


def image(index: int) -> LabeledImage:
    shown = picture(index)
    return LabeledImage(name=str(index), picture=lambda: shown, labels=(shown[0] > 0).int)


def video(*indices: int) -> UnlabeledVideo:
    return UnlabeledVideo(name="v", count=len(indices), fps=24.0, frame=lambda at: picture(indices[at]))


def data(count: int = 3, **more: object) -> TrainingData:
    held = TrainingData(
        name="held", classes=("no", "yes"), labeled=tuple(map(image, range(count))), videos=(video(0, 0, 0),)
    )
    return replace(held, **more)


def test_a_network_that_is_right_everywhere_has_accuracy_1() -> None:
    look = Validation(data=data(), flow=still)
    assert look(Red())["accuracy"] == 1
    assert look(Red(turned=True))["accuracy"] == 0


def test_a_still_video_has_stability_1_whatever_the_network_says() -> None:
    torch.manual_seed(0)
    look = Validation(data=data(), flow=still)
    for network in (Red(), Red(turned=True), nn.Conv2d(3, 2, 3, padding=1)):
        with torch.no_grad():
            assert look(network)["stability"] == 1


def test_what_flickers_has_not() -> None:
    flickering = data(videos=(video(0, 1, 0, 1),))
    assert Validation(data=flickering, flow=still)(Red())["stability"] < 0.6
    # Every second pair alone: 0 to 1, and then over.
    assert Validation(data=flickering, flow=still, pairs_per_video=1)(Red())["stability"] < 0.6


def test_motion_that_the_flow_explains_costs_nothing() -> None:
    world = World(disks=())
    frames = UnlabeledVideo(name="w", count=4, fps=24.0, frame=world.picture)
    moved = {
        (world.picture(i).sum().item(), world.picture(j).sum().item()): (i, j)
        for i in range(4)
        for j in range(4)
    }

    def flow(picture_i: Tensor, picture_j: Tensor) -> Tensor:
        return world.flow(*moved[picture_i.sum().item(), picture_j.sum().item()])

    look = Validation(data=data(videos=(frames,)), flow=flow)
    assert look(Red())["stability"] == 1
    assert Validation(data=data(videos=(frames,)), flow=still)(Red())["stability"] < 0.95


def test_pictures_are_looked_at_equally_far_from_each_other() -> None:
    seen: list[int] = []

    def noted(index: int) -> LabeledImage:
        whole = image(index)
        return replace(whole, picture=lambda: (seen.append(index), whole.picture())[1])

    Validation(data=data(labeled=tuple(map(noted, range(10)))), flow=still, most_images=4)(Red())
    assert seen == [0, 3, 6, 9]
    with pytest.raises(InputError, match="most_images: wanted at least 1, got 0"):
        Validation(data=data(), flow=still, most_images=0)


def test_one_without_the_other_is_no_look() -> None:
    for half in ({"labeled": ()}, {"videos": ()}):
        with pytest.raises(InputError, match="held: wanted labeled pictures and videos to look at, got one"):
            Validation(data=data(**half), flow=still)


def test_a_look_that_finds_no_number_does_not_hide_those_after_it() -> None:
    looks = Looks(patience=0)
    weights = {"x": torch.zeros(1)}
    looks.add(1, {"accuracy": 0.5, "stability": float("nan")}, weights)
    looks.add(2, {"accuracy": 0.9, "stability": 0.9}, weights)
    assert looks.best_step == 2
    looks.add(3, {"accuracy": float("nan"), "stability": 0.9}, weights)
    assert looks.best_step == 2
