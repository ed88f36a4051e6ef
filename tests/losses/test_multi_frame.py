"""Multi-frame distillation: the ConvLSTM against torch's LSTM, and the guards against collapse."""

import pytest
import torch
from torch.autograd import gradcheck
from torch.func import functional_call

from steadymask.errors import InputError
from steadymask.losses.conv_lstm import ConvLSTM
from steadymask.losses.multi_frame import MultiFrameLoss, multi_frame_loss


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def memory(*, seed: int = 0, channels: int = 1) -> ConvLSTM:
    made = ConvLSTM(channels=channels).double()
    with torch.no_grad():
        for number, each in enumerate(made.parameters()):
            each.copy_(normal(*each.shape, seed=seed + number) / 3)
    return made


def test_on_maps_of_one_pixel_it_is_torchs_lstm():
    ours, theirs = memory(channels=2), torch.nn.LSTM(2, 4, batch_first=True).double()
    order = [0, 1, 3, 2]  # torch: in, keep, cell, out

    def reordered(x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(0, (4, 4))[order].flatten(0, 1)

    weight = reordered(ours.gates.weight[:, :, 1, 1])  # only the kernel's middle meets the pixel
    theirs.load_state_dict(
        {
            "weight_ih_l0": weight[:, :2],
            "weight_hh_l0": weight[:, 2:],
            "bias_ih_l0": reordered(ours.gates.bias),
            "bias_hh_l0": torch.zeros(16),
        }
    )
    sequence = normal(3, 5, 2)
    _, (hidden, cell) = theirs(sequence)
    state = ours(sequence[..., None, None])
    torch.testing.assert_close(state[0][..., 0, 0], hidden[0])
    torch.testing.assert_close(state[1][..., 0, 0], cell[0])


def test_a_shifted_map_has_a_shifted_state_away_from_the_border():
    sequence, lstm = normal(1, 3, 1, 16, 16), memory()
    for first, second in zip(lstm(sequence), lstm(sequence.roll(1, dims=-1)), strict=True):
        torch.testing.assert_close(first.roll(1, dims=-1)[..., 4:-4, 4:-4], second[..., 4:-4, 4:-4])
    with pytest.raises(InputError, match="kernel: wanted an odd size"):
        ConvLSTM(kernel=2)


def test_the_loss_equals_its_definition():
    student, teacher, lstm = normal(2, 3, 4, 6, 6), normal(2, 3, 5, 6, 6, seed=1), memory()

    def states(features: torch.Tensor) -> torch.Tensor:
        maps = []
        for frame in features.unbind(1):
            places = torch.nn.functional.avg_pool2d(frame, 2).flatten(2)
            maps.append(torch.cosine_similarity(places[..., :, None], places[..., None, :], dim=1)[:, None])
        return torch.stack(lstm(torch.stack(maps, dim=1)))

    of_student, of_teacher = states(student), states(teacher)
    expected = (of_student - of_teacher).square().mean((1, 2, 3, 4)).sum()
    loss = multi_frame_loss(student, teacher, memory=lstm, shrink=2, collapse_weight=0.0)
    torch.testing.assert_close(loss, expected)
    guarded = multi_frame_loss(student, teacher, memory=lstm, shrink=2)
    torch.testing.assert_close(guarded, expected + 0.1 * (1 - of_teacher.abs()).mean())


def test_features_that_relate_alike_cost_nothing_and_the_order_of_frames_counts():
    teacher, lstm = normal(1, 3, 4, 6, 6), memory()
    turned = torch.einsum("ij,btjhw->btihw", torch.linalg.qr(normal(4, 4))[0], 2 * teacher)
    options = {"memory": lstm, "shrink": 1, "collapse_weight": 0.0}
    assert multi_frame_loss(turned, teacher, **options).item() == pytest.approx(0, abs=1e-12)
    assert multi_frame_loss(teacher.flip(1), teacher, **options) > 1e-6


def test_the_shared_weights_have_the_right_gradients():
    module = MultiFrameLoss(memory=memory(), shrink=1)
    features = normal(1, 2, 3, 2, 2), normal(1, 2, 4, 2, 2, seed=1)
    names = [name for name, _ in module.named_parameters()]
    weights = [each.detach().clone().requires_grad_() for each in module.parameters()]

    def loss(*weights: torch.Tensor) -> torch.Tensor:
        return functional_call(module, dict(zip(names, weights, strict=True)), features)

    assert gradcheck(loss, weights)


def test_the_guard_has_gradient_to_the_shared_weights_only():
    student, teacher = normal(1, 2, 3, 4, 4).requires_grad_(), normal(1, 2, 5, 4, 4, seed=1).requires_grad_()
    lstm = memory()

    def gradients(weight: float) -> tuple[torch.Tensor, torch.Tensor]:
        loss = multi_frame_loss(student, teacher, memory=lstm, shrink=1, collapse_weight=weight)
        return torch.autograd.grad(loss, (student, lstm.gates.weight))

    without, with_guard = gradients(0.0), gradients(5.0)
    torch.testing.assert_close(with_guard[0], without[0])
    assert not torch.allclose(with_guard[1], without[1])


def trained(*, guarded: bool) -> tuple[float, float]:
    """Train the ConvLSTM alone: the mean |hidden| of the teacher's embedding then, and the largest weight."""
    student, teacher = normal(1, 3, 4, 3, 3), normal(1, 3, 4, 3, 3, seed=1)
    module = MultiFrameLoss(memory=memory(), shrink=1, collapse_weight=0.1 if guarded else 0.0)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(80):
        optimizer.zero_grad()
        module(student, teacher).backward()
        optimizer.step()
        if guarded:
            module.memory.clamp()
    places = torch.nn.functional.normalize(teacher.flatten(3), dim=2)
    hidden, _ = module.memory((places.mT @ places)[:, :, None])
    largest = max(each.detach().abs().max().item() for each in module.parameters())
    return hidden.detach().abs().mean().item(), largest


def test_the_guards_keep_the_embedding_from_collapsing():
    (collapsed, _), (kept, largest) = trained(guarded=False), trained(guarded=True)
    assert kept > 2 * collapsed
    assert largest <= 1
