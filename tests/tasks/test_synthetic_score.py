"""The stability rate on synthetic sequences: of the truth, of masks that stand still, of noise."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from small_clips import write_masks
from steadymask.data.objects import Objects
from steadymask.data.reading import Reading
from steadymask.data.synthetic import Synthesis, SyntheticFrame, synthesize_sequence
from steadymask.data.synthetic_folder import find_sequences
from steadymask.errors import InputError, VideoError
from steadymask.tasks.synthesize import synthesize
from steadymask.tasks.synthetic_score import (
    SyntheticSums,
    score_synthetic,
    sequence_sums,
    synthetic_scores,
    synthetic_sums,
)
from world import Disk, World

WORLD = World(
    size=(96, 128),
    disks=(
        Disk(center=(40, 44), radius=22, velocity=(0, 0)),
        Disk(center=(88, 52), radius=16, velocity=(0, 0)),
    ),
)
IDS = Objects(ids=(1, 2))


def frames(severity: int, how: Synthesis | None = None) -> list[SyntheticFrame]:
    return list(synthesize_sequence(WORLD.picture(0), WORLD.labels(0), severity=severity, settings=how))


def scores(
    made: list[SyntheticFrame], predictions: list[Tensor], *, tracked: bool = False
) -> dict[str, float]:
    more = {} if tracked else {"tracker": None}
    return synthetic_scores(synthetic_sums(made, predictions, objects=IDS, of_truth=IDS, **more))


@pytest.mark.parametrize("tracked", [False, True])
def test_the_truth_is_almost_fully_stable(tracked: bool) -> None:
    made = frames(4)
    found = scores(made, [each.labels for each in made], tracked=tracked)
    assert found["stability_rate_global"] > 0.99
    assert found["stability_rate_local"] > 0.97
    assert found["jaccard"] == 1


def test_the_truth_under_covers_alone_is_fully_stable() -> None:
    """Nothing is rounded to other pixels then, so that the rate is exactly one."""
    still = frames(6, Synthesis(kinds=("occlusion",)))
    found = scores(still, [each.labels for each in still])
    assert (found["stability_rate_global"], found["stability_rate_local"]) == (1, 1)


def test_labels_drawn_at_random_are_stable_by_chance_only() -> None:
    made, generator = frames(3), torch.Generator().manual_seed(0)
    noise = [torch.randint(0, 3, WORLD.size, generator=generator, dtype=torch.int32) for _ in made]
    found = scores(made, noise)
    assert found["stability_rate_global"] == pytest.approx(1 / 3, abs=0.01)
    assert found["stability_rate_local"] == pytest.approx(1 / 3, abs=0.02)
    assert found["jaccard"] < 0.3


@pytest.mark.parametrize("severity", [3, 4, 5])
def test_disks_that_stand_still_lose_the_crescents_that_moved(severity: int) -> None:
    """Closed form: pushed by d, a disk of radius r leaves crescents of 4 r d, in a band of 8 r · 15.

    The band is 15 wide along rows and columns, by 4/π wider on the mean over a circle's directions. Labels
    are brought from the nearest pixel, so that d is the push in whole pixels.
    """
    made = frames(severity, Synthesis(kinds=("translation",), frames=7))
    found = scores(made, [WORLD.labels(0)] * len(made))
    pushes = [each.motion.forward for each in made if each.motion is not None]
    length = sum(math.hypot(round(each.right), round(each.down)) for each in pushes) / len(pushes)
    local, everywhere = length / (2 * 15), 4 * length * (22 + 16) / (96 * 128)
    assert found["stability_rate_local"] == pytest.approx(1 - local, abs=0.004)
    assert found["stability_rate_global"] == pytest.approx(1 - everywhere, abs=0.002)
    assert (length > 0) == (severity > 3)


def test_an_empty_mask_is_stable_and_worthless() -> None:
    made = frames(2)
    found = scores(made, [torch.zeros(WORLD.size, dtype=torch.int32)] * len(made))
    assert (found["stability_rate_global"], found["jaccard"]) == (1, 0)


def test_void_truth_and_untracked_pixels_do_not_count() -> None:
    """A prediction that is wrong only there is fully stable."""
    made = frames(6, Synthesis(kinds=("occlusion",), void_occluders=True))
    generator = torch.Generator().manual_seed(0)
    at_random = [torch.randint(0, 3, WORLD.size, generator=generator, dtype=torch.int32) for _ in made]
    spoiled = [
        torch.where(each.labels < 0, noise, each.labels) for each, noise in zip(made, at_random, strict=True)
    ]
    assert any((each.labels < 0).any() for each in made)
    assert scores(made, spoiled)["stability_rate_global"] == 1

    def lost(picture_i: Tensor, picture_j: Tensor) -> Tensor:
        flow = torch.zeros(2, *WORLD.size)
        flow[0, :, 64:] = 500.0  # leads out of the picture
        return flow

    half = [each.labels.clone() for each in made]
    for each, noise in zip(half, at_random, strict=True):
        each[:, 64:] = noise[:, 64:]
    sums = synthetic_sums(made, half, objects=IDS, of_truth=IDS, tracker=lost)
    assert synthetic_scores(sums)["stability_rate_global"] == 1
    assert scores(made, half)["stability_rate_global"] < 0.9


def test_sequences_pool_pair_by_pair_and_nothing_is_nan() -> None:
    made = [frames(k) for k in (2, 5)]
    still = [[WORLD.labels(0)] * len(each) for each in made]
    sums = [
        synthetic_sums(a, b, objects=IDS, of_truth=IDS, tracker=None)
        for a, b in zip(made, still, strict=True)
    ]
    pooled, each = synthetic_scores(sums[0] + sums[1]), [synthetic_scores(one) for one in sums]
    for key, value in pooled.items():
        assert value == pytest.approx((each[0][key] + each[1][key]) / 2)
    assert all(math.isnan(value) for value in synthetic_scores(SyntheticSums()).values())


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes of three frames, and predictions: the truth."""
    box = tmp_path_factory.mktemp("scored")
    write_masks(box / "m", [WORLD.labels(0)])
    for scene in ("bear", "dog"):
        picture = box / f"{scene}.png"
        Image.fromarray(WORLD.picture(0).permute(1, 2, 0).numpy()).save(picture)
        synthesize(picture, box / "m" / "00000.png", box / "made" / scene, frames=3)
        for k in range(1, 7):
            name = f"{scene}/severity-{k}"
            shutil.copytree(box / "made" / name / "truth", box / "predicted" / name)
    return box


def test_a_folder_is_scored_by_sequence_severity_and_pooled(box: Path) -> None:
    found = score_synthetic(box / "made", box / "predicted", tracker=None)
    assert list(found.sequences) == [
        f"{scene}/severity-{k}" for scene in ("bear", "dog") for k in range(1, 7)
    ]
    assert list(found.severities) == [1, 2, 3, 4, 5, 6]
    for key, value in found.overall.items():
        assert value == pytest.approx(np.mean([each[key] for each in found.sequences.values()]))
        of_two = [found.sequences[f"{scene}/severity-2"][key] for scene in ("bear", "dog")]
        assert found.severities[2][key] == pytest.approx(np.mean(of_two))
    one = find_sequences(box / "made")[0]
    alone = synthetic_scores(sequence_sums(one, Reading().masks(box / "predicted" / one.name), tracker=None))
    assert alone == found.sequences[one.name]


def test_the_generic_estimator_takes_part_unless_told(box: Path) -> None:
    calls = []

    def still(picture_i: Tensor, picture_j: Tensor) -> Tensor:
        calls.append(picture_i)
        return torch.zeros(2, *WORLD.size)

    score_synthetic(box / "made" / "bear", box / "predicted" / "bear", tracker=still)
    assert len(calls) == 6 * 2 * 2  # two pairs a sequence, there and back


def test_merging_objects_merges_the_truth_as_well(box: Path) -> None:
    found = score_synthetic(
        box / "made", box / "predicted", reading=Reading(merge_objects=True), tracker=None
    )
    assert found.overall["jaccard"] == 1


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a sequence": (
        shutil.rmtree,
        "severity-3: wanted the masks of the sequence severity-3, got no such folder",
    ),
    "a mask": (lambda p: (p / "00001.png").unlink(), "wanted a mask for each of 3 frames, got 2"),
}


@pytest.mark.parametrize("what", BAD)
def test_predictions_that_lack_something_are_named(what: str, box: Path, tmp_path: Path) -> None:
    spoil, message = BAD[what]
    predicted = tmp_path / "predicted"
    shutil.copytree(box / "predicted" / "bear", predicted)
    spoil(predicted / "severity-3")
    with pytest.raises((InputError, VideoError), match=message):
        score_synthetic(box / "made" / "bear", predicted, tracker=None)
