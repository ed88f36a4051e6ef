"""The guided filter against least squares solved window by window, and against the published code."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import filtered, random_pictures, random_probs, stream

from steadymask.errors import InputError
from steadymask.filters.confidence import probability_to_confidence
from steadymask.filters.guided import GuidedFilter, guided_filter
from steadymask.filters.guided_windows import BoxWindows, PyramidWindows, box_sum, resize

Array = np.ndarray


def ridge(colours: Array, values: Array, weights: Array, epsilon: float) -> Array:
    """Slopes and offset that minimise `Σ w ((a·I + b − p)² + ε² |a|²)` (He et al., eq. 11, weighted)."""
    design = np.concatenate((colours, np.ones((len(colours), 1))), axis=1)
    penalty = np.diag([epsilon**2 * weights.sum()] * 3 + [0.0])
    return np.linalg.solve(design.T @ (weights[:, None] * design) + penalty, design.T @ (weights * values))


def brute_force(guide: Array, probs: Array, weights: Array, size: int, frames: int, epsilon: float) -> Array:
    """Every window's regression solved by itself, every pixel's windows averaged one by one: `t … h w`."""
    whole = probs.shape

    def around(anchor: tuple[int, ...]) -> tuple[slice, ...]:
        lengths = (frames, size, size)
        return tuple(
            slice(max(0, x - n // 2), min(end, x - n // 2 + n))
            for x, n, end in zip(anchor, lengths, whole, strict=True)
        )

    top = np.zeros((4, *whole))
    bottom = np.zeros(whole)
    for anchor in product(*map(range, whole)):
        box = around(anchor)
        colours = np.moveaxis(guide[(box[0], slice(None), *box[1:])], 1, -1).reshape(-1, 3)
        model = ridge(colours, probs[box].ravel(), weights[box].ravel(), epsilon)
        top[(slice(None), *box)] += weights[anchor] * model[:, None, None, None]
        bottom[box] += weights[anchor]
    model = top / bottom
    return (model[:3] * np.moveaxis(guide, 1, 0)).sum(0) + model[3]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("size", "frames"), [(8, 1), (3, 1), (4, 4), (2, 3), (8, 2), (1, 2)])
def test_boxes_equal_least_squares_window_by_window(size: int, frames: int, weighted: bool) -> None:
    random = np.random.default_rng(size * 10 + frames)
    guide = random.random((5, 3, 9, 11))
    probs = random.random((5, 1, 9, 11))
    weights = random.uniform(0.01, 1, probs.shape) if weighted else np.ones_like(probs)
    expected = brute_force(guide, probs[:, 0], weights[:, 0], size, frames, 0.05)
    result = guided_filter(
        torch.from_numpy(guide),
        torch.from_numpy(probs),
        torch.from_numpy(weights) if weighted else None,
        windows=BoxWindows(size=size),
        frames=frames,
        epsilon=0.05,
    )
    np.testing.assert_allclose(result[:, 0].numpy(), expected, atol=1e-9)


def test_single_precision_is_precise_enough_where_colours_hardly_differ() -> None:
    random = np.random.default_rng(0)
    grey = 0.9 + 0.004 * random.standard_normal(
        (4, 1, 40, 40)
    )  # the case where squares cancel: bright and flat
    guide = torch.from_numpy(np.clip(grey + 0.001 * random.standard_normal((4, 3, 40, 40)), 0, 1))
    probs = (torch.from_numpy(random.random((4, 1, 40, 40))) > 0.5).double()
    exact = guided_filter(guide, probs, windows=BoxWindows(size=8), frames=4)
    single = guided_filter(guide.float(), probs.float(), windows=BoxWindows(size=8), frames=4)
    assert (single - exact).abs().max() < 1e-4


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize("windows", ["box", "pyramid"])
@pytest.mark.parametrize("frames", [1, 3, 4])
def test_streaming_equals_filtering_the_scene(windows: str, frames: int, hard: bool) -> None:
    probs, pictures = random_probs((7, 2, 20, 24), hard=hard), random_pictures(7, 20, 24)
    if hard:
        probs[5] = random_probs((1, 2, 20, 24))[0]  # one soft frame among hard ones
    weights = probability_to_confidence(probs[:, 1:])
    made = {"box": BoxWindows, "pyramid": PyramidWindows}[windows](size=4)
    batch = guided_filter(pictures / 255, probs[:, 1:], weights, windows=made, frames=frames)
    result = filtered(GuidedFilter(size=4, frames=frames, windows=windows), stream(probs, pictures))  # type: ignore[arg-type]
    torch.testing.assert_close(result[:, 1:], batch.clamp(0, 1), atol=1e-5, rtol=0)


def test_every_class_is_filtered_by_itself() -> None:
    probs, pictures = random_probs((4, 3, 9, 9)), random_pictures(4, 9, 9)
    each = guided_filter(
        pictures / 255, probs, probability_to_confidence(probs), windows=BoxWindows(size=4), frames=2
    ).clamp_min(0)
    result = filtered(GuidedFilter(size=4, frames=2), stream(probs, pictures))
    torch.testing.assert_close(result, each / each.sum(1, keepdim=True), atol=1e-5, rtol=0)


@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 12))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_both_ways_to_sum_a_box_agree(size: int, height: int, width: int) -> None:
    values = torch.rand(height, width, dtype=torch.float64)
    reach = {"before": size // 2, "after": (size - 1) // 2}
    general = box_sum(values.clone().requires_grad_(), **reach)
    torch.testing.assert_close(general.detach(), box_sum(values, **reach))


def test_a_mask_that_is_linear_in_the_colour_stays() -> None:
    pictures = random_pictures(5, 16, 16)
    inside = (pictures / 255 * torch.tensor([0.5, 0.2, 0.3]).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
    probs = torch.cat((1 - inside, inside), dim=1)
    result = filtered(GuidedFilter(epsilon=1e-4), stream(probs, pictures))
    torch.testing.assert_close(result, probs, atol=1e-4, rtol=0)


def test_a_ragged_edge_moves_to_the_pictures_edge() -> None:
    random = np.random.default_rng(1)
    pictures = torch.zeros(6, 3, 32, 32, dtype=torch.uint8)
    pictures[..., 16:] = 200
    inside = torch.zeros(6, 32, 32)
    for t, y in product(range(6), range(32)):
        inside[t, y, 16 + random.integers(-2, 3) :] = 1
    probs = torch.stack((1 - inside, inside), dim=1)
    truth = torch.zeros(6, 32, 32, dtype=torch.bool)
    truth[..., 16:] = True
    before = (inside.bool() != truth).sum()
    after = ((filtered(GuidedFilter(), stream(probs, pictures))[:, 1] > 0.5) != truth).sum()
    assert after * 10 < before


def test_an_interior_flip_flips_the_result() -> None:
    probs, pictures = random_probs((1, 2, 40, 40), hard=True), random_pictures(1, 40, 40)
    once = filtered(GuidedFilter(frames=1), stream(probs, pictures))
    flipped = filtered(GuidedFilter(frames=1), stream(probs.flip(-1, -2), pictures.flip(-1, -2))).flip(-1, -2)
    inner = (..., slice(8, -8), slice(8, -8))
    torch.testing.assert_close(flipped[inner], once[inner], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("settings_", "name"),
    [
        ({"size": 0}, "size"),
        ({"frames": 0}, "frames"),
        ({"epsilon": 0.0}, "epsilon"),
    ],
)
def test_a_setting_out_of_range_is_named(settings_: dict[str, float], name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: wanted"):
        GuidedFilter(**settings_)


def test_weights_of_nothing_are_refused() -> None:
    probs = torch.rand(1, 1, 4, 4)
    with pytest.raises(InputError, match=r"^weights: wanted positive"):
        guided_filter(torch.rand(1, 3, 4, 4), probs, torch.zeros_like(probs), windows=BoxWindows(size=2))


# Parity with google/sky-optimization, guided_upsampling.py (tool, commit, versions and date: in the JSON).


@pytest.fixture(scope="module")
def published(reference: Path) -> dict[str, Array]:
    path = reference / "guided_filter.npz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return dict(np.load(path))


@pytest.fixture(scope="module")
def cases(reference: Path, published: dict[str, Array]) -> dict[str, dict[str, object]]:
    return {
        case["name"]: case for case in json.loads((reference / "guided_filter.json").read_text())["cases"]
    }


def to_map(values: Array) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float64) / 255)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("same_size_kernel_32", 1e-5),
        ("same_size_kernel_16", 1e-5),
        ("quarter_size_mask_kernel_32", 1e-5),
        ("unweighted_kernel_32", 1e-5),
        ("dataset_confidence_kernel_32", 1e-5),
        ("no_clip_eps_luma_0.05_eps_chroma_0.02_kernel_24", 1e-5),
        ("size_512_quarter_mask_of_256_kernel_32", 1e-3),  # stored in half precision
    ],
)
def test_pyramid_windows_equal_the_published_code(
    name: str, tolerance: float, published: dict[str, Array], cases: dict[str, dict[str, object]]
) -> None:
    case = cases[name]
    options = case["options"]
    assert isinstance(options, dict)
    guide = to_map(published[str(case["guide"])]).permute(2, 0, 1)
    mask = resize(to_map(published[str(case["mask"])])[None], tuple(guide.shape[1:]))
    weights = {
        "from the mask (default)": probability_to_confidence(mask),
        "all ones": None,
        "confidence_of_the_dataset / 255": to_map(published["confidence_of_the_dataset"])[None],
    }[str(case["confidence"])]
    epsilon = (options.get("eps_luma", 1e-2), *(options.get("eps_chroma", 1e-2),) * 2)
    windows = PyramidWindows(size=int(str(case["kernel_size"])))
    result = guided_filter(
        guide[None], mask[None], None if weights is None else weights[None], windows=windows, epsilon=epsilon
    )[0, 0]
    if options.get("clip_output", True):
        result = result.clamp(0, 1)
    np.testing.assert_allclose(result.numpy(), published[f"expected.{name}"], atol=tolerance, rtol=0)


def test_the_confidence_equals_the_published_code(
    published: dict[str, Array], cases: dict[str, dict[str, object]]
) -> None:
    case = cases["probability_to_confidence"]
    probability = torch.tensor(case["probability"], dtype=torch.float64)
    np.testing.assert_allclose(probability_to_confidence(probability).numpy(), case["confidence"], atol=1e-9)
    mask = to_map(published["mask"])
    np.testing.assert_allclose(
        probability_to_confidence(mask).numpy(), published["confidence_from_mask"], atol=1e-6
    )


def test_the_weighted_small_picture_equals_the_published_code(published: dict[str, Array]) -> None:
    guide = to_map(published["guide_rgb"]).permute(2, 0, 1)
    weights = probability_to_confidence(to_map(published["mask"]))
    pool = PyramidWindows(size=32).pool
    small = torch.stack([pool(colour * weights) / pool(weights) for colour in guide], dim=-1)
    np.testing.assert_allclose(small.numpy(), published["guide_weighted_downsample_kernel_32"], atol=1e-6)
