"""What a network learns from, whatever data set it comes from."""

import pickle
from dataclasses import replace

import pytest
import torch

from steadymask.data.training_data import (
    LabeledImage,
    TrainingData,
    UnlabeledVideo,
    together,
    with_few_labels,
)
from steadymask.errors import InputError


def numbered_frame(index: int) -> torch.Tensor:
    return torch.full((3, 2, 4), index, dtype=torch.uint8)


def zeros() -> torch.Tensor:
    return torch.zeros(2, 4, dtype=torch.int32)


def picture() -> torch.Tensor:
    return numbered_frame(7)


def video(**changed: object) -> UnlabeledVideo:
    return UnlabeledVideo(**({"name": "dog", "count": 10, "fps": 24.0, "frame": numbered_frame} | changed))


def image(name: str) -> LabeledImage:
    return LabeledImage(name=name, picture=picture, labels=zeros)


def data(name: str, count: int, classes: tuple[str, ...] = ("background", "object")) -> TrainingData:
    labeled = tuple(image(f"{name}{number}") for number in range(count))
    return TrainingData(name=name, classes=classes, labeled=labeled, videos=(video(name=name),))


def test_a_part_of_a_video_counts_its_frames_anew_and_keeps_its_cuts():
    part = video(cuts=frozenset({2, 5, 8})).between(2, 8)
    assert (part.name, part.count, part.cuts) == ("dog-2-8", 6, {3})
    assert [int(part.frame(index)[0, 0, 0]) for index in (0, 5)] == [2, 7]
    assert int(part.between(1, 3).frame(1)[0, 0, 0]) == 4


def test_a_cut_parts_the_frames_before_it_from_those_from_it_on():
    cut = video(cuts=frozenset({4}))
    assert cut.same_scene(3, 2)
    assert cut.same_scene(4, 9)
    assert not cut.same_scene(3, 4)
    assert not cut.same_scene(4, 3)
    assert not cut.same_scene(9, 10)
    assert not cut.same_scene(-1, 1)


def test_sources_of_the_same_classes_are_learned_together():
    both = together(data("a", 2), data("b", 1))
    assert both.name == "a + b"
    assert [each.name for each in both.labeled] == ["a0", "a1", "b0"]
    assert [each.name for each in both.videos] == ["a/a", "b/b"]
    inside = replace(data("d", 1), labeled=(replace(image("x"), video=video(), index=4),))
    assert together(inside, data("b", 1)).labeled[0].video.name == "d/dog"
    with pytest.raises(InputError, match=r"c: wanted the classes of a \(background, object\), got x, y"):
        together(data("a", 2), data("c", 1, ("x", "y")))


def test_a_few_labels_are_kept_and_more_keep_those():
    everything = data("a", 20)
    few, others = with_few_labels(everything, 5, seed=3)
    more, _ = with_few_labels(everything, 9, seed=3)
    assert len(few.labeled) == 5
    assert {*few.labeled, *others} == {*everything.labeled}
    assert {each.name for each in few.labeled} < {each.name for each in more.labeled}
    assert few.labeled != with_few_labels(everything, 5, seed=4)[0].labeled
    assert few.videos == everything.videos
    with pytest.raises(InputError, match="count: wanted 1 to 20 labeled pictures, got 21"):
        with_few_labels(everything, 21)


def test_a_picture_and_labels_of_another_size_are_refused():
    found = LabeledImage(name="bus", picture=lambda: torch.zeros(3, 3, 4, dtype=torch.uint8), labels=zeros)
    with pytest.raises(InputError, match=r"bus: wanted labels of height x width 3 x 4 .*, got 2 x 4"):
        found.read()
    assert [tuple(each.shape) for each in image("a").read()] == [(3, 2, 4), (2, 4)]


def test_data_can_be_handed_to_another_process():
    everything = data("a", 2)
    again = pickle.loads(pickle.dumps(everything))
    assert again.videos[0].between(1, 4).frame(2).equal(numbered_frame(3))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: video(count=0), "dog: wanted at least one frame, got 0"),
        (lambda: video(fps=0.0), "dog: fps: wanted a number above 0, got 0.0"),
        (lambda: video().between(3, 3), "dog: wanted 0 <= start < stop <= 10, got 3 and 3"),
        (
            lambda: TrainingData(name="a", classes=("x", "y")),
            "a: wanted labeled pictures or videos, got none",
        ),
        (
            lambda: TrainingData(name="a", classes=("x", "y"), videos=(video(), video(fps=3.0))),
            "a: wanted one video of each name, got two called dog",
        ),
        (lambda: data("a", 1, ("x",)), "a: wanted at least two classes, got 1"),
        (
            lambda: LabeledImage(name="a", picture=picture, labels=zeros, index=1),
            "a: wanted video and index, or neither, got one of them",
        ),
        (
            lambda: LabeledImage(name="a", picture=picture, labels=zeros, video=video(), index=10),
            "a: index: wanted 0 to 9, got 10",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_line(wrong, message):
    with pytest.raises(InputError, match=message):
        wrong()
