"""A network and data of the user's own: what fits goes in, what does not is said."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import espnetv2

from small_data_sets import box, write_labels, write_picture
from small_training_data import frame_folder, image_folder, plain_clips, video_file
from steadymask.errors import InputError, VideoError
from steadymask.recipes.given import Given
from steadymask.recipes.own import own
from steadymask.recipes.start import open_weights
from steadymask.tasks.train import train
from steadymask.training.terms import Coherent, Supervised, Temporal

SIZE = (24, 32)
TWO = box((1, 2, 9, 2, 9), (2, 12, 20, 12, 25), size=SIZE)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    image_folder(tmp_path / "folder", {"x": TWO, "y": TWO})
    plain_clips(tmp_path / "clips", {"a": [TWO] * 3})
    espnetv2(tmp_path / "fish.safetensors", 2, ("water", "fish"))
    espnetv2(tmp_path / "three.safetensors", 3)
    return tmp_path


def given(desk: Path, data: str = "folder", weights: str = "fish", **more: object) -> Given:
    return Given(data=desk / data, weights=desk / f"{weights}.safetensors", **more)


@pytest.mark.parametrize("data", ["folder", "clips"])
def test_the_network_stays_what_it_is_and_names_the_classes(desk: Path, data: str) -> None:
    recipe = own(given(desk, data), loss="coherent")
    assert recipe.data.classes == ("water", "fish")
    state = open_weights(desk / "fish.safetensors")[0].state_dict()
    assert all(torch.equal(value, state[key]) for key, value in recipe.network.state_dict().items())
    labels = recipe.data.labeled[0].labels()
    assert torch.equal(labels, torch.from_numpy((TWO > 0).astype(np.int32)))  # all objects are the one class


def test_ids_are_the_classes_of_a_network_of_several(desk: Path) -> None:
    write_labels(desk / "folder" / "masks" / "x.png", TWO, palette=False)  # grey levels are ids too
    recipe = own(given(desk, weights="three"), loss="temporal")
    assert recipe.data.classes == ("0", "1", "2")
    for image in recipe.data.labeled:
        assert torch.equal(image.labels(), torch.from_numpy(TWO.astype(np.int32)))


def test_pairs_come_from_videos_and_else_from_stills(desk: Path) -> None:
    frame_folder(desk / "more" / "v", 3, SIZE)
    frame_folder(desk / "more" / "a", 3, SIZE)

    def counts(made: Given) -> tuple[int, int, int, list[str]]:
        recipe = own(made, loss="coherent")
        batch = recipe.phases[0].batch
        return batch.labeled, batch.pairs, batch.stills, [each.name for each in recipe.data.videos]

    assert counts(given(desk)) == (4, 0, 2, [])
    assert counts(given(desk, videos=desk / "more")) == (4, 2, 0, ["videos/a", "videos/v"])
    assert counts(given(desk, "clips")) == (4, 2, 0, ["a"])
    assert counts(given(desk, "clips", videos=desk / "more")) == (4, 2, 0, ["a", "videos/a", "videos/v"])


def test_the_losses_are_those_of_the_papers(desk: Path) -> None:
    (coherent,), (temporal,) = (own(given(desk), loss=loss).phases for loss in ("coherent", "temporal"))
    assert (coherent.name, temporal.name) == ("coherent", "temporal")
    assert coherent.terms["supervised"] == temporal.terms["supervised"] == Supervised(kind="both")
    assert temporal.terms["temporal"] == Temporal(weight=0.1, both_ways=True)
    term = coherent.terms["coherent"]
    assert isinstance(term, Coherent)
    assert (term.boundary_weight, term.width, term.threshold) == (1.0, 15, 0.05)
    assert term.global_weight * SIZE[0] * SIZE[1] == pytest.approx(5e-5 * 473**2)


@pytest.mark.parametrize(
    ("size", "crop"),
    [
        ((24, 32), (24, 32)),
        ((241, 427), (240, 424)),
        ((480, 854), (272, 480)),
        ((1920, 1080), (480, 272)),
        ((3, 5), (8, 8)),
    ],
)
def test_a_step_sees_as_much_as_a_picture_has_within_reason(
    size: tuple[int, int], crop: tuple[int, int], desk: Path
) -> None:
    write_picture(desk / "folder" / "images" / "x.jpg", size)
    assert own(given(desk), loss="temporal").phases[0].augmentation.size == crop


def test_what_does_not_fit_is_said(desk: Path) -> None:
    with pytest.raises(
        InputError, match=r"three\.safetensors: wanted a network of 2 classes as clips has, got 3"
    ):
        own(given(desk, "clips", "three"), loss="coherent")
    frame_folder(desk / "bare" / "videos" / "v", 3)
    with pytest.raises(
        VideoError, match="bare: wanted images/ and masks/, or frames/ and truth/, got neither"
    ):
        own(given(desk, "bare"), loss="coherent")
    write_labels(desk / "folder" / "masks" / "x.png", TWO + 1)
    recipe = own(given(desk, weights="three"), loss="coherent")
    with pytest.raises(InputError, match=r"x\.png: wanted ids of 3 classes, 0 to 2, got 3"):
        recipe.data.labeled[0].labels()


@pytest.mark.parametrize("loss", ["coherent", "temporal"])
def test_a_network_of_ones_own_is_trained_on_video_files(desk: Path, loss: str) -> None:
    frames = [
        np.roll(np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8), at, 1) for at in range(6)
    ]
    video_file(desk / "more" / "v.mkv", frames)
    settings = {"data": desk / "folder", "weights": desk / "fish.safetensors", "device": "cpu", "steps": 2}
    done = train(f"own-{loss}", out=desk / "steady", videos=desk / "more", **settings)
    assert open_weights(done.weights)[1] == ("water", "fish")
    assert len([*(desk / "steady" / "frames" / "videos" / "v").iterdir()]) == 6
    columns = (desk / "steady" / loss / "log.csv").read_text().splitlines()[0]
    assert columns == f"step,learning_rate,loss_supervised,loss_{loss}"
    # And without any video.
    train(f"own-{loss}", out=desk / "stills", **settings)
    made = json.loads((desk / "stills" / "manifest.json").read_text())["made"]
    assert (made["phases"][0]["batch"]["stills"], made["data"]["videos"]) == (2, {})
