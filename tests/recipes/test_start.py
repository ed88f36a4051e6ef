"""Where training starts from: everything of a file, and the classifier where it is for the same classes."""

from pathlib import Path

import pytest
import torch
from small_networks import espnetv2

from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import WeightsOf, read_weights, write_weights
from steadymask.networks.refiner import Refiner, RefinerConfig
from steadymask.recipes.start import open_refiner, open_weights, started, teacher_from

NAMES = ("background", "object")
FRAMES = torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(0))


def test_a_file_says_its_network_and_classes(tmp_path: Path) -> None:
    network, names = open_weights(espnetv2(tmp_path / "a.safetensors", 2, NAMES))
    assert (network.config.classes, names, network.training) == (2, NAMES, False)
    with pytest.raises(WeightsError, match=r"a\.safetensors: wanted names for 2 classes, got 3"):
        open_weights(espnetv2(tmp_path / "a.safetensors", 2, ("a", "b", "c")))


def test_the_classifier_stays_only_for_the_same_classes(tmp_path: Path) -> None:
    path = espnetv2(tmp_path / "a.safetensors", 2, NAMES)
    before = read_weights(path).state
    same = started(path, NAMES, expected="it").state_dict()
    other = started(path, ("background", "fish"), expected="it").state_dict()
    three = started(path, ("a", "b", "c"), expected="it").state_dict()
    assert all(torch.equal(value, same[key]) for key, value in before.items())
    for found in (other, three):
        changed = {key for key, value in before.items() if not torch.equal(value, found[key])}
        assert changed == {key for key in before if key.startswith("classifier.")}
    assert len(three["classifier.weight"]) == 3
    with pytest.raises(InputError, match="weights: wanted it, got none"):
        started(None, NAMES, expected="it")


def test_one_logit_becomes_two_that_say_the_same(tmp_path: Path) -> None:
    """Losses take the softmax over classes; that of one logit would be 1 everywhere."""
    path = espnetv2(tmp_path / "one.safetensors", 1, NAMES)
    one, _ = open_weights(path)
    for two in (started(path, NAMES, expected="it"), teacher_from(path, NAMES).network):
        with torch.inference_mode():
            found = two.eval()(FRAMES).softmax(1)
            torch.testing.assert_close(found[:, 1:], one(FRAMES).sigmoid())
        assert two.config.classes == 2


def test_a_teacher_tells_the_same_classes_apart(tmp_path: Path) -> None:
    path = espnetv2(tmp_path / "a.safetensors", 2, NAMES)
    teacher = teacher_from(path, NAMES)
    assert teacher.layers == (teacher.network.features_layer,)
    with pytest.raises(
        InputError, match=r"a\.safetensors: wanted a teacher of a, b, got one of background, obj"
    ):
        teacher_from(path, ("a", "b"))
    with pytest.raises(InputError, match="got one whose classes have no names"):
        teacher_from(espnetv2(tmp_path / "b.safetensors", 2), NAMES)
    with pytest.raises(InputError, match="teacher: wanted the weights that a recipe for teachers wrote"):
        teacher_from(None, NAMES)


def test_a_refiner_is_opened_by_itself(tmp_path: Path) -> None:
    refiner, path = Refiner(RefinerConfig(frames=3, width=8)), tmp_path / "r.safetensors"
    of = WeightsOf(network="refiner", config={"frames": 3, "width": 8})
    write_weights(path, refiner.state_dict(), of=of)
    assert open_refiner(path).config == refiner.config
    with pytest.raises(WeightsError, match=r"a\.safetensors: wanted weights of refiner, got weights of espn"):
        open_refiner(espnetv2(tmp_path / "a.safetensors", 2, NAMES))
    write_weights(tmp_path / "r.pth", refiner.state_dict())
    with pytest.raises(
        WeightsError, match=r"r\.pth: wanted weights of refiner, got a file that does not say"
    ):
        open_refiner(tmp_path / "r.pth")
