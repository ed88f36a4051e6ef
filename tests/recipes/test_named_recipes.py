"""Every recipe with a name: what it learns from, in what batches, by which terms."""

import re
from pathlib import Path
from typing import Any

import pytest
from small_networks import espnetv2

from small_data_sets import box, camvid
from small_training_data import image_folder, plain_clips
from steadymask.data.batches import BatchSettings
from steadymask.data.camvid import CLASSES
from steadymask.errors import InputError
from steadymask.recipes.by_name import RECIPES
from steadymask.recipes.espnetv2_camvid import espnetv2_camvid, espnetv2_camvid_teacher
from steadymask.recipes.given import Given
from steadymask.training.distillation import MultiFrame, PairWiseFrames, SingleFrame
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.schedule import Poly
from steadymask.training.terms import Coherent, Supervised, Temporal, TransformInvariant

LAYER = "pyramids.3"
SMALL = [name for name in RECIPES if re.match("espnetv2-(davis|camvid)|own-", name)]
"""Those that two processor cores train; the others are those of the papers."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    plain_clips(root / "clips", {"a": [box((1, 2, 5, 2, 5))] * 4, "b": [box((1, 2, 5, 2, 5))] * 3})
    for subset, count in (("train", 6), ("val", 60)):
        camvid(root / "camvid", {f"f_{at:02d}": box((1, 2, 5, 2, 5)) for at in range(count)}, subset=subset)
    image_folder(root / "folder", {"x": box((1, 2, 5, 2, 5)), "y": box()})
    espnetv2(root / "two.safetensors", 2, ("background", "object"))
    espnetv2(root / "eleven.safetensors", 11, CLASSES.names)
    return root


def made(name: str, tree: Path, **more: Any) -> tuple[Recipe, Phase]:
    data = "camvid" if "camvid" in name else "folder" if "own" in name else "clips"
    given = {"data": tree / data, "weights": tree / "two.safetensors", "seed": 5}
    recipe = RECIPES[name](Given(**(given | {"teacher": tree / "eleven.safetensors"} | more)))
    (phase,) = recipe.phases
    return recipe, phase


@pytest.mark.parametrize("name", SMALL)
def test_every_recipe_is_built_for_the_classes_of_its_data(name: str, tree: Path) -> None:
    recipe, phase = made(name, tree)
    assert recipe.network.config.classes == len(recipe.data.classes) == (11 if "camvid" in name else 2)
    assert isinstance(phase.config.schedule, Poly)
    assert phase.config.schedule.power == 0.9
    assert (phase.config.seed, phase.batch.seed, phase.batch.labeled) == (
        5,
        5,
        8 if name == "espnetv2-davis" else 4,
    )
    assert phase.config.steps == (400 if name == "espnetv2-davis" else 300)
    assert phase.augmentation.base == "own"
    assert "supervised" in phase.terms
    assert {*phase.layers} == {
        each.layer for each in phase.terms.values() if isinstance(each, (SingleFrame, MultiFrame))
    }
    for where in phase.layers:
        recipe.network.get_submodule(where)


@pytest.mark.parametrize(
    ("name", "terms", "pairs"),
    [
        ("espnetv2-davis", {}, 0),
        ("espnetv2-davis-continued", {}, 0),
        ("espnetv2-davis-boundary", {"boundary": (1.0, 0.0)}, 2),
        ("espnetv2-davis-global", {"global": (0.0, 1.0)}, 2),
        ("espnetv2-davis-coherent", {"coherent": (1.0, 1.0)}, 2),
        ("espnetv2-davis-transform-invariance", {"transform_invariance": None}, 0),
    ],
)
def test_the_coherent_loss_stands_as_it_is_printed(
    name: str, terms: dict[str, tuple[float, float] | None], pairs: int, tree: Path
) -> None:
    """θ 15, γ 0.05, α 1, β 5e-5 of 473 x 473 pixels; about 30 pairs a video of consecutive frames."""
    recipe, phase = made(name, tree)
    height, width = phase.augmentation.size
    assert (height, width, phase.augmentation.scales) == (192, 336, (0.75, 1.5))
    assert phase.terms["supervised"] == Supervised(kind="both")
    assert {*phase.terms} == {"supervised", *terms}
    for key, weights in terms.items():
        term = phase.terms[key]
        if weights is None:
            assert isinstance(term, TransformInvariant)
            continue
        assert isinstance(term, Coherent)
        assert (term.width, term.threshold, term.boundary_weight) == (15, 0.05, weights[0])
        assert term.global_weight * height * width / 473**2 == pytest.approx(5e-5 * weights[1])
    assert (phase.batch.pairs, phase.batch.pairs_per_video, phase.batch.gaps) == (pairs, 30, (1,))
    assert len(recipe.data.labeled) == 7


PARTS = {
    "espnetv2-camvid": {"supervised": Supervised()},
    "espnetv2-camvid-temporal": {"TL": Temporal(weight=0.1, both_ways=True)},
    "espnetv2-camvid-distillation": {"PF": PairWiseFrames(weight=0.1), "MF": MultiFrame},
    "espnetv2-camvid-full": {
        "PF": PairWiseFrames(weight=0.1),
        "MF": MultiFrame,
        "TL": Temporal(both_ways=True),
    },
    "espnetv2-camvid-teacher": {"TL": Temporal(weight=0.1, both_ways=True)},
}


@pytest.mark.parametrize("name", PARTS)
def test_the_parts_of_the_method_stand_as_they_are_printed(name: str, tree: Path) -> None:
    """λ 0.1; the rate 0.01 that falls with the power 0.9; learned from the first frames of `val` alone."""
    recipe, phase = made(name, tree)
    assert {*phase.terms} == {"supervised", *PARTS[name]}
    for key, wanted in PARTS[name].items():
        found = phase.terms[key]
        if wanted is MultiFrame:
            assert isinstance(found, MultiFrame)
            assert (found.weight, found.layer, found.teacher_layer) == (0.1, LAYER, LAYER)
        else:
            assert found == wanted
    assert phase.config.learning_rate == 1e-2
    (video,) = recipe.data.videos
    assert video.count == 50
    moving, full = name not in ("espnetv2-camvid",), name == "espnetv2-camvid-full"
    assert (phase.batch.pairs, phase.batch.triplets) == ((0, 2) if full else (2, 0) if moving else (0, 0))
    assert (phase.batch.gaps, phase.batch.reach) == ((-3, -2, -1, 1, 2, 3), 3)
    assert (recipe.teacher is not None) == (name in ("espnetv2-camvid-distillation", "espnetv2-camvid-full"))
    assert (recipe.pseudo_labels is not None) == full
    if recipe.teacher is not None:
        assert recipe.teacher.layers == (LAYER,)
        assert not recipe.teacher.network.training


def test_parts_labels_and_sampling_may_be_chosen(tree: Path) -> None:
    given = Given(
        data=tree / "camvid", weights=tree / "two.safetensors", teacher=tree / "eleven.safetensors", seed=1
    )
    few = espnetv2_camvid(given, parts=("SF", "PL"), random_sampling=False, labels=2)
    (phase,) = few.phases
    assert isinstance(phase.terms["SF"], SingleFrame)
    assert phase.terms["SF"].weight == 0.1
    assert (phase.batch.pairs, phase.batch.triplets, phase.batch.gaps, phase.batch.reach) == (0, 0, (1,), 1)
    assert few.pseudo_labels is not None
    kept, others = ({each.name for each in images} for images in (few.data.labeled, few.pseudo_labels.images))
    assert (len(kept), len(others)) == (2, 4)
    assert kept.isdisjoint(others)
    alone = espnetv2_camvid_teacher(given, temporal=False, labels=3)
    assert (*alone.phases[0].terms,) == ("supervised",)
    assert alone.phases[0].batch.pairs == 0
    assert len(alone.data.labeled) == 3


def test_a_clip_takes_the_place_of_the_data(tree: Path) -> None:
    data = made("espnetv2-davis", tree)[0].data
    for name in ("espnetv2-davis-coherent", "own-coherent", "own-temporal"):
        recipe, phase = made(name, tree, data=None, fitted=data)
        assert recipe.data.labeled == data.labeled
        assert phase.config.steps == 60
        assert isinstance(phase.batch, BatchSettings)


def test_data_is_asked_for_by_name() -> None:
    with pytest.raises(InputError, match="data: wanted the folder of the data set, got none"):
        Given().folder  # noqa: B018
