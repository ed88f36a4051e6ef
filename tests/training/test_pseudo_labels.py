"""Labels of a teacher: what it says where it is sure, void elsewhere, mixed with the truth."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import InputError
from steadymask.training.pseudo_labels import PseudoLabels, mixed, pseudo_label, with_pseudo_labels
from steadymask.training.test_time_augmentation import TestTimeAugmentation

ONCE = TestTimeAugmentation(scales=(1.0,), flip=False)
SIZE = (4, 6)


class Brightness(nn.Module):
    """As sure of class 1 as red is bright: its probability is the red value."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.anything = nn.Parameter(torch.zeros(1))

    def forward(self, frames: Tensor) -> Tensor:
        self.asked += 1
        red = frames[:, :1]
        return torch.cat((1 - red, red), 1).clamp(1e-6).log()


def picture(index: int) -> Tensor:
    generator = torch.Generator().manual_seed(index)
    return torch.randint(0, 256, (3, *SIZE), generator=generator, dtype=torch.uint8)


def image(name: str, index: int = 0) -> LabeledImage:
    return LabeledImage(
        name=name, picture=lambda: picture(index), labels=lambda: torch.zeros(SIZE, dtype=torch.int32)
    )


def data(videos: int = 1) -> TrainingData:
    made = tuple(UnlabeledVideo(name=f"v{at}", count=5, fps=24.0, frame=picture) for at in range(videos))
    return TrainingData(name="data", classes=("no", "yes"), labeled=(image("t"),), videos=made)


@settings(deadline=None, derandomize=True)
@given(threshold=st.floats(0, 0.99))
def test_void_is_exactly_where_the_teacher_is_less_sure(threshold: float) -> None:
    wanted = PseudoLabels(threshold=threshold, augmentation=ONCE)
    shown = picture(3)
    labels = pseudo_label(Brightness(), shown, wanted, classes=2)
    red = (shown[0].float() / 255).clamp(1e-6, 1 - 1e-6)
    surest = torch.maximum(red, 1 - red)
    close = (surest - threshold).abs() < 1e-5
    assert torch.equal((labels == -1) | close, (surest < threshold) | close)
    known = labels >= 0
    assert torch.equal(labels[known], (red > 0.5)[known].int())
    assert labels.dtype == torch.int32


@settings(deadline=None, derandomize=True)
@given(truth=st.integers(1, 40), pseudo=st.integers(1, 40), share=st.floats(0.05, 0.95))
def test_the_mixture_has_the_stated_share_and_all_there_is(truth: int, pseudo: int, share: float) -> None:
    real, made = ([image(f"{what}{at}") for at in range(n)] for what, n in (("t", truth), ("p", pseudo)))
    found = Counter(each.name for each in mixed(real, made, share=share))
    assert {*found} == {each.name for each in (*real, *made)}
    labeled = sum(count for name, count in found.items() if name.startswith("p"))
    # What is counted in whole pictures is at most one of the kind that is repeated off.
    total = found.total()
    assert abs(labeled - share * total) <= 1 / (1 - max(share, 1 - share)) * 0.5 + 1e-6
    for what in "tp":
        times = [count for name, count in found.items() if name.startswith(what)]
        assert max(times) - min(times) <= 1  # all come equally often


def test_without_truth_all_labels_are_the_teachers() -> None:
    assert [each.name for each in mixed((), [image("p")], share=0.1)] == ["p"]


def test_labels_lie_on_disk_and_are_made_once(tmp_path: Path) -> None:
    wanted = PseudoLabels(frames_per_video=2, images=(image("still", 7),), threshold=0.7, augmentation=ONCE)
    teacher, told = Brightness(), list[tuple[str, int, int]]()
    settings = {"progress": lambda *all: told.append(all)}
    found = with_pseudo_labels(data(2), wanted, teacher, tmp_path, **settings)
    assert told == [("pseudo labels", at, 5) for at in range(1, 6)]
    assert teacher.asked == 5
    made = {each.name: each for each in found.labeled if each.name != "t"}
    assert [*made] == ["still", "v0/000000", "v0/000003", "v1/000000", "v1/000003"]
    for name, index in (("still", 7), ("v1/000003", 3)):
        shown, labels = made[name].read()
        assert torch.equal(shown, picture(index))
        assert torch.equal(labels, pseudo_label(teacher, shown, wanted, classes=2))
        assert bool((labels == -1).any())  # else it proves little
    assert made["v1/000003"].video is found.videos[1]
    asked, before = teacher.asked, {each: each.stat().st_mtime_ns for each in tmp_path.iterdir()}
    with_pseudo_labels(data(2), wanted, teacher, tmp_path)
    assert teacher.asked == asked
    assert {each: each.stat().st_mtime_ns for each in tmp_path.iterdir()} == before


def test_pictures_of_one_name_have_labels_of_their_own(tmp_path: Path) -> None:
    """Names are for messages: two folders may have a 0001 each, and a/b-c looks like a-b/c in a file name."""
    same = (image("a/b-c", 1), image("a-b/c", 2), image("a-b/c", 3))
    wanted = PseudoLabels(images=same, frames_per_video=1, augmentation=ONCE)
    found = with_pseudo_labels(data(), wanted, Brightness(), tmp_path)
    for each, index in zip(
        [each for each in found.labeled if each.name in ("a/b-c", "a-b/c")], (1, 2, 3), strict=True
    ):
        assert torch.equal(each.labels(), pseudo_label(Brightness(), picture(index), wanted, classes=2))


def test_what_cannot_be_labeled_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="data: wanted videos or pictures to label, got none"):
        with_pseudo_labels(data(0), PseudoLabels(), Brightness(), tmp_path)
    three = replace(data(), classes=("a", "b", "c"))
    with pytest.raises(InputError, match="teacher: wanted 3 classes as the data has, got 2"):
        with_pseudo_labels(three, PseudoLabels(), Brightness(), tmp_path)
    many = replace(data(), classes=tuple(map(str, range(256))))
    with pytest.raises(InputError, match="data: wanted at most 255 classes to label, got 256"):
        with_pseudo_labels(many, PseudoLabels(), Brightness(), tmp_path)
    assert list(tmp_path.iterdir()) == []
    for wrong in ({"share": 0.0}, {"share": 1.0}, {"threshold": 1.0}, {"threshold": -0.1}):
        with pytest.raises(InputError, match=f"{next(iter(wrong))}: wanted a number in "):
            PseudoLabels(**wrong)
