"""The refiner's recipes: from masks alone, with the printed rate or ours, and a run from data to weights."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from small_data_sets import box, write_clips
from small_training_data import plain_clips
from steadymask import train
from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import WeightsOf, read_weights, write_weights
from steadymask.networks.refiner import Refiner, RefinerConfig
from steadymask.recipes.by_name import FROM_MASKS, RECIPES
from steadymask.recipes.given import Given
from steadymask.recipes.refiner_davis import refiner_davis
from steadymask.recipes.start import open_refiner, open_weights
from steadymask.tasks import train as module
from steadymask.training.recipe import Recipe
from steadymask.training.schedule import Constant, Poly
from steadymask.training.terms import GroupInconsistent

SIZE = (24, 32)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("refiner")
    maps = [box((1, 6, 18, 4 + t, 16 + t), (2, 2, 5, 2, 9), size=SIZE) for t in range(9)]
    plain_clips(root / "clips", {"a": maps, "b": maps, "c": maps})
    write_clips(root / "masks", {"a": maps, "b": maps})
    return root


def given(tree: Path, **more: object) -> Given:
    return replace(Given(data=tree / "clips", masks=tree / "masks", seed=5), **more)


def test_it_learns_from_clips_with_masks_and_from_no_label(tree: Path) -> None:
    recipe = refiner_davis(given(tree))
    assert [video.name for video in recipe.data.videos] == ["a", "b"]
    assert recipe.data.labeled == () and recipe.half_flow
    assert recipe.data.videos[0].masks(0).shape == (2, *SIZE)  # all ids are one object
    [phase] = recipe.phases
    assert (phase.batch.labeled, phase.batch.groups, phase.batch.group_frames, phase.batch.seed) == (
        0,
        2,
        7,
        5,
    )
    assert phase.batch.corruption is not None and phase.batch.corrupted == 0.5
    assert phase.terms == {"inconsistency": GroupInconsistent(weight=1.0, teacher_weight=1.0)}
    assert recipe.network.config == RefinerConfig(frames=7, encoder="small")


@pytest.mark.parametrize("name", FROM_MASKS)
def test_every_recipe_of_the_refiner_is_built(name: str, tree: Path) -> None:
    recipe = RECIPES[name](given(tree))
    [phase] = recipe.phases
    config = phase.config
    assert recipe.network.config.encoder == ("deeplabv3" if "deeplabv3" in name else "small")
    if name.endswith("-printed"):  # Adam is AdamW without decay
        assert (config.optimizer, config.weight_decay, config.learning_rate) == ("adamw", 0.0, 1e-5)
        assert config.schedule == Constant()
    else:
        assert (config.optimizer, config.learning_rate, config.schedule) == ("adamw", 1e-3, Poly(power=0.9))


def test_it_goes_on_from_a_refiner_of_the_same_settings(tree: Path, tmp_path: Path) -> None:
    refiner, path = Refiner(RefinerConfig(frames=3)), tmp_path / "r.safetensors"
    of = WeightsOf(network="refiner", config=asdict(refiner.config))
    write_weights(path, refiner.state_dict(), of=of)
    again = refiner_davis(given(tree, weights=path), frames=3).network.state_dict()
    assert all(value.equal(again[key]) for key, value in refiner.state_dict().items())
    with pytest.raises(InputError, match=r"r\.safetensors: wanted a refiner of RefinerConfig\(frames=7"):
        refiner_davis(given(tree, weights=path))


def test_what_is_missing_is_said(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="masks: wanted a folder with the masks of each clip, got none"):
        refiner_davis(given(tree, masks=None))
    with pytest.raises(InputError, match=r"masks: wanted none for espnetv2-davis, got .*refiner-davis"):
        train("espnetv2-davis", data=tree / "clips", masks=tree / "masks", out=tmp_path / "out")
    with pytest.raises(InputError, match="held_out: wanted none for a refiner"):
        quick(tree, tmp_path / "out", held_out=tree / "clips")
    with pytest.raises(InputError, match="wanted a place apart from the input"):
        quick(tree, tree / "masks")


def quick(tree: Path, out: Path, **more: object) -> Path:
    settings = {"data": tree / "clips", "masks": tree / "masks", "device": "cpu", "steps": 2}
    return train("refiner-davis", out=out, **(settings | more)).weights


def test_a_refiner_is_trained_to_weights_that_say_what_they_are(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(what: Given) -> Recipe:
        recipe = refiner_davis(what, frames=3)
        [phase] = recipe.phases
        phase = replace(
            phase,
            augmentation=replace(phase.augmentation, size=SIZE),
            config=replace(phase.config, warm_up=1),
        )
        return replace(recipe, network=Refiner(RefinerConfig(frames=3, width=8)), phases=(phase,))

    monkeypatch.setitem(module.RECIPES, "refiner-davis", small)
    path = quick(tree, tmp_path / "one")
    assert read_weights(path).of == WeightsOf(
        network="refiner",
        config={"frames": 3, "encoder": "small", "width": 8},
        classes=("background", "object"),
    )
    refiner = open_refiner(path)
    assert bool(refiner.decoder.residual.weight.any())
    assert quick(tree, tmp_path / "two").read_bytes() == path.read_bytes()
    [log] = (tmp_path / "one").glob("*/log.csv")
    assert log.read_text().splitlines()[0] == "step,learning_rate,loss_inconsistency"
    with torch.inference_mode():
        assert bool(refiner(torch.rand(1, 3, 3, *SIZE), torch.zeros(1, 3, *SIZE)).isfinite().all())
    with pytest.raises(WeightsError, match="got weights of refiner"):
        open_weights(path)
