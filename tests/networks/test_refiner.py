"""The refiner: nothing before training, any size and number of frames; every frame counts for every other."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadymask.errors import InputError
from steadymask.io.weights import read_weights, write_weights
from steadymask.networks.refiner import Refiner, RefinerConfig, logits_of, probs_of

EVERY = [RefinerConfig(frames=3, width=8), RefinerConfig(frames=3, encoder="deeplabv3")]


def run(batch: int, frames: int, size: tuple[int, int], *, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.rand(batch, frames, 3, *size, generator=generator)
    return pictures, 2 * torch.randn(batch, frames, *size, generator=generator)


def made(config: RefinerConfig, *, trained: bool = False) -> Refiner:
    torch.manual_seed(1)
    refiner = Refiner(config)
    if trained:
        torch.nn.init.normal_(refiner.decoder.residual.weight)
        torch.nn.init.normal_(refiner.decoder.residual.bias)
    return refiner.eval()


@given(
    frames=st.sampled_from([1, 3, 5, 7, 9]),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    batch=st.integers(1, 2),
)
@settings(deadline=None, derandomize=True, max_examples=15)
def test_before_training_masks_stay_to_the_bit(frames: int, height: int, width: int, batch: int) -> None:
    pictures, logits = run(batch, frames, (height, width))
    with torch.inference_mode():
        assert torch.equal(made(RefinerConfig(frames=frames, width=8))(pictures, logits), logits)


def test_before_training_masks_stay_for_deeplabv3_too() -> None:
    pictures, logits = run(1, 3, (33, 47))
    with torch.inference_mode():
        assert torch.equal(made(EVERY[1])(pictures, logits), logits)


@pytest.mark.parametrize("config", EVERY, ids=lambda each: each.encoder)
def test_gradients_reach_every_weight(config: RefinerConfig) -> None:
    refiner = made(config, trained=True).train()
    pictures, logits = run(2, 3, (67, 91))
    refiner(pictures, logits).square().sum().backward()
    weights = refiner.named_parameters()
    assert [name for name, each in weights if each.grad is None or not bool(each.grad.any())] == []


def test_the_first_step_trains_the_last_layer_and_the_next_all_others() -> None:
    refiner = Refiner(EVERY[0])
    descent = torch.optim.SGD(refiner.parameters(), lr=0.1)
    found = []
    for _ in range(2):
        descent.zero_grad()
        (refiner(*run(1, 3, (32, 48))) - 1).square().mean().backward()
        found.append({name for name, each in refiner.named_parameters() if bool(each.grad.any())})
        descent.step()
    assert found[0] == {"decoder.residual.weight", "decoder.residual.bias"}
    assert found[1] == {name for name, _ in refiner.named_parameters()}


def test_every_frame_and_mask_counts_for_every_other() -> None:
    refiner = made(EVERY[0], trained=True)
    pictures, logits = run(1, 3, (32, 48))
    with torch.inference_mode():
        before = refiner(pictures, logits) - logits
        for index in range(3):
            for which in range(2):
                changed = [pictures.clone(), logits.clone()]
                changed[which][:, index] = 0.3
                after = refiner(*changed) - changed[1]
                assert bool(((after - before).abs().amax((0, 2, 3)) > 1e-4).all())


@pytest.mark.parametrize("config", EVERY, ids=lambda each: each.encoder)
def test_items_of_a_batch_are_apart(config: RefinerConfig) -> None:
    """So that several objects may be several items."""
    refiner, (pictures, logits) = made(config, trained=True), run(2, 3, (40, 56))
    with torch.inference_mode():
        together, alone = refiner(pictures, logits), refiner(pictures[1:], logits[1:])
    torch.testing.assert_close(together[1:], alone, rtol=1e-4, atol=1e-4)


def test_other_numbers_of_frames_are_refused() -> None:
    with pytest.raises(InputError, match="frames: wanted runs of 3, got 5"):
        made(EVERY[0])(*run(1, 5, (16, 16)))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"frames": 4}, "frames: wanted an odd number from 1 to 9, got 4"),
        ({"frames": 11}, "frames: wanted an odd number from 1 to 9, got 11"),
        ({"width": 12}, "width: wanted a multiple of 8 from 8 on, got 12"),
    ],
)
def test_settings_that_make_no_refiner_are_refused(wrong: dict[str, int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        RefinerConfig(**wrong)


@pytest.mark.parametrize("frames", [1, 3, 5, 7, 9])
def test_the_small_refiner_has_at_most_three_million_weights(frames: int) -> None:
    count = sum(each.numel() for each in Refiner(RefinerConfig(frames=frames)).parameters())
    assert count < 1.1e6


@given(st.floats(0, 1, width=32))
@settings(deadline=None, derandomize=True)
def test_probabilities_come_back_from_their_logits(prob: float) -> None:
    probs = torch.tensor([prob])
    logits = logits_of(probs)
    assert -4.0001 < float(logits) < 4.0001
    torch.testing.assert_close(probs_of(logits), probs, rtol=0, atol=1e-6)


def test_hard_masks_are_four() -> None:
    torch.testing.assert_close(logits_of(torch.tensor([0.0, 0.5, 1.0])), torch.tensor([-4.0, 0.0, 4.0]))
    assert probs_of(torch.tensor([-9.0, 9.0])).tolist() == [0, 1]


def test_written_weights_make_another_refiner_the_same(tmp_path: Path) -> None:
    refiner, fresh, given_run = made(EVERY[0], trained=True), Refiner(EVERY[0]).eval(), run(1, 3, (20, 24))
    write_weights(tmp_path / "r.safetensors", refiner.state_dict())
    read_weights(tmp_path / "r.safetensors").load_into(fresh)
    with torch.inference_mode():
        assert torch.equal(fresh(*given_run), refiner(*given_run))
