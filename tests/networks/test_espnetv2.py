"""ESPNetV2: numerically what its authors' modules give, and what every network must do."""

from pathlib import Path

import pytest
import torch
from network_contract import (
    check_compiled,
    check_evaluation,
    check_features,
    check_gradients,
    check_other_classes,
    check_round_trip,
    check_shapes,
    frames,
    trained_parameters,
)
from torch import Tensor

from steadymask.errors import InputError, WeightsError
from steadymask.io.weights import read_weights
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.networks.espnetv2_published import (
    CITYSCAPES_CLASSES,
    PASCAL_CLASSES,
    espnetv2_from_published,
    our_state,
)

# The modules of github.com/sacmehta/EdgeNets (eesp.py at 16df6b1c, efficient_pyramid_pool.py at 5067df1f,
# segmentation/espnetv2.py at 4a6c105d, and those they use), transcribed into one file under their own names,
# so that each file of weights loads with `strict=True`; evaluation mode, PyTorch 2.15.0, 2026-11-21, on
# `pattern()` normalized by ImageNet's mean and std: logits of classes 0, 7, 15 at row 96, columns 10, 128,
# 200; mean and standard deviation of all. The two networks then agreed to the last bit.
EXPECTED = {
    "espnetv2_s_1.0_city_512x256.pth": ([-24.68195, 4.48506, -1.53929], -0.1311806, 9.6353257),
    "espnetv2_s_1.0_pascal_256x256.pth": ([6.04381, 1.47841, 2.60792], 0.0004235, 2.3795051),
    "espnetv2_s_2.0_city_1024x512.pth": ([-2.11388, 1.54607, -1.98258], -0.0152475, 5.9677185),
    "espnetv2_s_2.0_city_512x256.pth": ([-6.28864, 3.75998, 2.36354], 0.1247673, 6.4696986),
    "espnetv2_s_2.0_pascal_256x256.pth": ([7.29192, 2.63654, 1.24385], 0.0005836, 3.1821267),
    "espnetv2_s_2.0_pascal_384x384.pth": ([8.69861, 1.66649, 4.44889], 0.0005857, 5.1589546),
}


def pattern() -> Tensor:
    """A picture that is easily made anew: two ramps and ripples."""
    rows, columns = torch.linspace(0, 1, 192)[:, None], torch.linspace(0, 1, 256)[None]
    ripples = 0.5 + 0.5 * torch.sin(40 * rows * columns)
    return torch.stack((rows.expand(192, 256), columns.expand(192, 256), ripples))[None]


@pytest.mark.parametrize("file", EXPECTED)
def test_published_weights_give_the_logits_of_their_authors_modules(data: Path, file: str) -> None:
    path = data / "weights" / "espnetv2" / file
    network = espnetv2_from_published(read_weights(path).state, where=str(path))
    with torch.inference_mode():
        logits = network(pattern())[0]
    points, mean, deviation = EXPECTED[file]
    assert logits[[0, 7, 15], 96, [10, 128, 200]].tolist() == pytest.approx(points, abs=1e-4)
    assert float(logits.double().mean()) == pytest.approx(mean, abs=1e-5)
    assert float(logits.double().std()) == pytest.approx(deviation, abs=1e-5)
    names = CITYSCAPES_CLASSES if "city" in file else PASCAL_CLASSES
    assert network.config.classes == len(names)
    assert network.config.scale == (1.0 if "s_1.0" in file else 2.0)


def test_what_is_dropped_of_the_published_weights_was_never_trained(data: Path) -> None:
    for path in sorted((data / "weights" / "espnetv2").glob("*.pth")):
        state = read_weights(path).state
        kept = our_state(state)
        dropped = [key for key in state if key.endswith("_0.eesp.module_act.weight")]
        assert len(dropped) == 3 and len(kept) == len(state) - 3
        for key in dropped:
            # One start value that decayed alike everywhere, although every channel sees other values.
            assert bool((state[key] == state[key][0]).all()) and abs(float(state[key][0])) < 1e-12


def test_two_times_the_width_has_the_published_number_of_parameters() -> None:
    # 0.79 million: table in the README of github.com/Xilinx/DSRL, for ESPNetv2 with s = 2.0 and 20 classes.
    assert trained_parameters(ESPNetV2(ESPNetV2Config(classes=20))) == pytest.approx(0.79e6, abs=0.005e6)


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0])
def test_logits_have_the_size_of_the_frames(scale: float) -> None:
    network = ESPNetV2(ESPNetV2Config(classes=3, scale=scale))
    check_shapes(network, (1, 1, 1), (1, 17, 33), (2, 64, 96), (1, 101, 75))


def test_gradients_reach_every_weight() -> None:
    network = ESPNetV2(ESPNetV2Config(classes=2, scale=1.0))
    check_gradients(network, network, size=(67, 91))


def test_evaluation_is_deterministic_and_frames_are_apart() -> None:
    check_evaluation(ESPNetV2(ESPNetV2Config(scale=1.0)), size=(49, 65))


def test_a_hook_reads_the_features_before_the_classifier() -> None:
    check_features(ESPNetV2(ESPNetV2Config(scale=1.0)), size=(64, 64), channels=10)


@pytest.mark.parametrize("classes", [1, 2, 11])
def test_other_classes_keep_all_other_weights(classes: int) -> None:
    check_other_classes(ESPNetV2(ESPNetV2Config(scale=1.0)), classes, size=(33, 47))


def test_no_classes_at_all_are_refused() -> None:
    with pytest.raises(InputError, match="classes: wanted at least 1, got 0"):
        check_other_classes(ESPNetV2(ESPNetV2Config(scale=1.0)), 0, size=(33, 47))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": 0.5}, "scale: wanted a multiple of 1/16 from 1 on, got 0.5"),
        ({"scale": 1.03}, "scale: wanted a multiple of 1/16 from 1 on, got 1.03"),
        ({"decoder": 0}, "decoder: wanted at least 1, got 0"),
        ({"pyramid": 0}, "pyramid: wanted at least 1 channel, got 0"),
    ],
)
def test_widths_that_make_no_network_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ESPNetV2Config(**settings)  # type: ignore[arg-type]


def test_weights_of_something_else_are_named() -> None:
    with pytest.raises(
        WeightsError, match=r"x\.pth: wanted weights of ESPNetV2, got none for classifier.weight"
    ):
        espnetv2_from_published({"conv.weight": torch.zeros(1)}, where="x.pth")


def test_a_missing_entry_of_published_weights_is_named(data: Path) -> None:
    state = dict(read_weights(data / "weights/espnetv2/espnetv2_s_1.0_pascal_256x256.pth").state)
    del state["bu_br_l3.0.weight"]
    with pytest.raises(
        WeightsError, match=r"weights: fused\.1\.norm\.weight: wanted 48 for ESPNetV2, got none"
    ):
        espnetv2_from_published(state)


def test_prefixes_of_parallel_training_make_no_difference(data: Path) -> None:
    state = read_weights(data / "weights/espnetv2/espnetv2_s_1.0_pascal_256x256.pth").state
    prefixed = {f"module.{key}": value for key, value in state.items()}
    plain, other = (espnetv2_from_published(each)(frames(1, 32, 32)) for each in (state, prefixed))
    assert torch.equal(plain, other)


def test_written_weights_make_another_network_the_same(tmp_path: Path) -> None:
    check_round_trip(ESPNetV2(ESPNetV2Config(classes=2, scale=1.0)), tmp_path, size=(40, 48))


@pytest.mark.slow  # compiling takes a quarter of a minute
def test_the_compiled_network_gives_the_same_logits() -> None:
    check_compiled(ESPNetV2(ESPNetV2Config(classes=2, scale=1.0)), size=(48, 64))
