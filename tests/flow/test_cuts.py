"""The detector of cuts on drawn scenes, and on real clips."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from steadymask.errors import InputError
from steadymask.flow.cuts import CutDetector, color_change, structure_loss, thumbnail
from steadymask.flow.dis import one_thread
from steadymask.tasks.scenes import SceneStarts
from world import Disk, World

SIZE = (144, 256)


def scene(seed: int, *, speed: float = 1, fast: float = 2, frames: int = 8) -> list[torch.Tensor]:
    """A pan over a texture, with one object on its own way, in colors of its own."""
    world = World(
        size=SIZE,
        ground=(speed, 0),
        disks=(Disk(center=(60, 70), radius=24, velocity=(fast, 1)),),
        seed=seed,
    )
    tint = torch.rand(3, 1, 1, generator=torch.Generator().manual_seed(seed))
    return [(world.picture(t) * (0.3 + 0.7 * tint)).round().to(torch.uint8) for t in range(frames)]


def cuts_in(pictures: list[torch.Tensor]) -> list[int]:
    starts = SceneStarts()
    with one_thread():
        assert [index for index, picture in enumerate(pictures) if starts(index, picture)] == [
            0,
            *starts.found,
        ]
    return starts.found


def test_every_cut_between_different_scenes_is_found() -> None:
    scenes = [scene(seed) for seed in range(5)]
    assert cuts_in([picture for each in scenes for picture in each]) == [8, 16, 24, 32]


def test_a_scene_of_one_frame_is_a_scene() -> None:
    first, flash, last = scene(0), scene(1), scene(2)
    assert cuts_in([*first, flash[0], *last]) == [8, 9]


@pytest.mark.parametrize("speed", [0, 3, 9])
def test_a_pan_is_no_cut(speed: float) -> None:
    assert cuts_in(scene(3, speed=speed)) == []


def test_a_fast_object_is_no_cut() -> None:
    assert cuts_in(scene(4, fast=28)) == []


@pytest.mark.parametrize("sigma", [5, 25])
def test_noise_is_no_cut(sigma: float) -> None:
    generator = torch.Generator().manual_seed(0)
    noisy = [
        (picture + sigma * torch.randn(picture.shape, generator=generator)).clamp(0, 255).to(torch.uint8)
        for picture in scene(5)
    ]
    assert cuts_in(noisy) == []


@pytest.mark.parametrize("gain", [0.6, 1.5])
def test_a_change_of_brightness_is_no_cut(gain: float) -> None:
    pictures = scene(6)
    pictures[4:] = [(gain * picture.float()).clamp(0, 255).to(torch.uint8) for picture in pictures[4:]]
    assert cuts_in(pictures) == []


def test_the_same_picture_has_no_new_colors_and_all_of_its_structure() -> None:
    picture = thumbnail(scene(7)[0])
    assert color_change(picture, picture) == pytest.approx(0, abs=1e-6)
    assert structure_loss(picture, picture, torch.zeros(2, *picture.shape[1:])) < 0.1  # the noise term


def test_all_colors_are_new_between_black_and_white() -> None:
    black, white = (torch.full((3, *SIZE), value, dtype=torch.uint8) for value in (0, 255))
    assert color_change(black, white) == 1


def test_unrelated_pictures_share_no_structure() -> None:
    a, b = (thumbnail(scene(seed)[0]) for seed in (8, 9))
    assert structure_loss(a, b, torch.zeros(2, *a.shape[1:])) > 0.8


@pytest.mark.parametrize("size", [SIZE, (480, 854), (1080, 1920), (40, 60), (61, 35)])
def test_a_thumbnail_is_about_the_mean_and_its_own_thumbnail(size: tuple[int, int]) -> None:
    picture = torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    small = thumbnail(picture)
    assert thumbnail(small) is small
    assert abs(small.float().mean() - picture.float().mean()) < 3


def test_frames_that_are_known_to_begin_a_scene_are_not_looked_for_again() -> None:
    pictures = [*scene(0), *scene(1)]
    starts = SceneStarts(found=[8])
    assert [index for index in range(5, 16) if starts(index, pictures[index])] == [8]
    assert starts.found == [8]


def test_a_list_of_cuts_stands_above_what_is_seen() -> None:
    pictures = [*scene(0), *scene(1)]
    starts = SceneStarts(given=frozenset({3}))
    assert [index for index, picture in enumerate(pictures) if starts(index, picture)] == [0, 3]


@pytest.mark.parametrize("name", ["colors", "structure"])
def test_a_wrong_setting_is_named(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: wanted"):
        CutDetector(**{name: 1.5})


def test_real_clips_are_cut_where_they_meet_and_nowhere_else(data: Path) -> None:
    pictures, joints = [], []
    for name in ("blackswan", "drift-straight", "breakdance", "libby"):
        joints.append(len(pictures))
        for file in sorted((data / "davis-dev-480p" / "frames" / name).glob("*.jpg"))[:12]:
            with Image.open(file) as image:
                image.draft("RGB", (427, 240))  # decodes at half size, four times as fast
                pictures.append(torch.from_numpy(np.array(image)).permute(2, 0, 1))
    assert cuts_in(pictures) == joints[1:]
