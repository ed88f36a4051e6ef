"""The Lovász losses, against the published implementation's values and gradients."""

import json
from itertools import chain, combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from steadymask.errors import InputError
from steadymask.losses.lovasz import lovasz_hinge_loss, lovasz_softmax_loss


def cases(reference):
    """LovaszSoftmax @ 7d48792d, torch 2.13.0, 2026-11-20: the numbers of lovasz.json."""
    arrays = np.load(reference / "lovasz.npz")
    for case in json.loads((reference / "lovasz.json").read_text())["cases"]:
        x, labels, gradient = (arrays[f"{case['name']}.{each}"] for each in ("input", "labels", "gradient"))
        labels = np.where(labels == 255, -1, labels.astype(np.int64))
        yield case, *(torch.from_numpy(each) for each in (x, labels, gradient))


def value(case, x, labels):
    per_image = case["options"]["per_image"]
    if case["function"] == "lovasz_hinge":
        return lovasz_hinge_loss(x, labels, per_image=per_image)
    probs = x[:, None] if x.ndim == 3 else x  # one sigmoid map
    return lovasz_softmax_loss(probs, labels, per_image=per_image, classes=case["options"]["classes"])


def test_values_and_gradients_are_those_of_the_published_code(reference):
    for case, x, labels, gradient in cases(reference):
        x.requires_grad_()
        loss = value(case, x, labels)
        loss.backward()
        assert loss.item() == pytest.approx(case["value"], abs=1e-9), case["name"]
        torch.testing.assert_close(x.grad, gradient, atol=1e-9, rtol=0, msg=case["name"])


def test_single_precision_is_as_close_as_the_published_code(reference):
    for case, x, labels, gradient in cases(reference):
        single = x.float().requires_grad_()
        loss = value(case, single, labels)
        loss.backward()
        assert loss.item() == pytest.approx(case["value"], abs=1e-5), case["name"]
        torch.testing.assert_close(single.grad.double(), gradient, atol=1e-5, rtol=0, msg=case["name"])


@pytest.mark.parametrize("per_image", [False, True])
def test_on_hard_masks_the_softmax_loss_is_one_minus_the_iou(per_image):
    noise = torch.Generator().manual_seed(0)
    predicted, labels = torch.randint(0, 3, (2, 2, 6, 7), generator=noise)
    probs = torch.nn.functional.one_hot(predicted, 3).permute(0, 3, 1, 2).double()
    groups = zip(predicted, labels, strict=True) if per_image else [(predicted, labels)]
    ious = [[((p == c) & (y == c)).sum() / ((p == c) | (y == c)).sum() for c in range(3)] for p, y in groups]
    loss = lovasz_softmax_loss(probs, labels, per_image=per_image, classes="all")
    assert loss.item() == pytest.approx(1 - torch.tensor(ious).mean().item())


def test_the_extension_is_the_greatest_mean_over_the_vertices_of_its_base_polytope():
    """By definition: the support function of all weights below the Jaccard loss of every set of pixels."""
    errors = torch.tensor([0.9, 0.2, 0.6, 0.4], dtype=torch.float64)
    true = torch.tensor([0, 1, 1, 0])

    def jaccard_loss(wrong: frozenset[int]) -> float:
        right = {p for p in range(4) if true[p]}
        return len(wrong) / len(right | wrong) if wrong else 0.0

    # The largest Σ errors·w with Σ_S w ≤ loss(S) for every set S.
    sets = [frozenset(s) for s in chain.from_iterable(combinations(range(4), n) for n in range(1, 5))]
    rows = [[float(p in s) for p in range(4)] for s in sets]
    best = linprog(
        -errors.numpy(), A_ub=rows, b_ub=[jaccard_loss(s) for s in sets], bounds=[(None, None)] * 4
    )
    probs = torch.where(true == 1, 1 - errors, errors).view(1, 1, 1, 4)
    loss = lovasz_softmax_loss(probs, true.view(1, 1, 4), classes=[1])
    assert loss.item() == pytest.approx(-best.fun)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 999), per_image=st.booleans())
def test_permuting_classes_changes_nothing(seed, per_image):
    noise = torch.Generator().manual_seed(seed)
    probs = torch.rand(2, 4, 5, 6, generator=noise, dtype=torch.float64).softmax(1)
    labels = torch.randint(0, 3, (2, 5, 6), generator=noise)
    order = torch.randperm(4, generator=noise)
    permuted = lovasz_softmax_loss(probs[:, order], order.argsort()[labels], per_image=per_image)
    torch.testing.assert_close(permuted, lovasz_softmax_loss(probs, labels, per_image=per_image))


@pytest.mark.parametrize("loss", [lovasz_softmax_loss, lovasz_hinge_loss])
@pytest.mark.parametrize("per_image", [False, True])
def test_what_is_masked_counts_as_void(loss, per_image):
    noise = torch.Generator().manual_seed(1)
    x = torch.randn(2, 2, 5, 6, generator=noise)
    x = x.softmax(1) if loss is lovasz_softmax_loss else x[:, 0]
    labels = torch.randint(0, 2, (2, 5, 6), generator=noise)
    where = torch.rand(2, 5, 6, generator=noise) > 0.4
    masked = loss(x, labels, where=where, per_image=per_image)
    assert masked == loss(x, torch.where(where, labels, -1), per_image=per_image)
    assert masked != loss(x, labels, per_image=per_image)
    spoiled = torch.where(where if x.ndim == 3 else where[:, None], x, torch.nan)
    assert masked == loss(spoiled, labels, where=where, per_image=per_image)


def test_weights_stay_exact_in_single_precision_on_a_large_picture():
    noise = torch.Generator().manual_seed(2)
    probs = torch.rand(1, 1, 512, 512, generator=noise, dtype=torch.float64)
    labels = (torch.rand(1, 512, 512, generator=noise) > 0.5).long()
    exact, single = probs.clone().requires_grad_(), probs.float().requires_grad_()
    lovasz_softmax_loss(exact, labels, classes=[1]).backward()
    lovasz_softmax_loss(single, labels, classes=[1]).backward()
    # Apart from neighbors in the order that single precision cannot tell apart.
    close = (single.grad.double() - exact.grad).abs() <= 1e-5 * exact.grad.abs()
    assert close.double().mean() > 0.95


def test_a_class_that_is_nowhere_costs_its_largest_probability_outside_of_void():
    probs = torch.tensor([[[[0.9, 0.2, 0.4, 0.1]], [[0.1, 0.8, 0.6, 0.9]]]]).requires_grad_()
    labels = torch.tensor([[[-1, 1, 1, 1]]])
    loss = lovasz_softmax_loss(probs, labels, classes=[0])
    loss.backward()
    assert loss.item() == pytest.approx(0.4)
    assert probs.grad[0, 0, 0].tolist() == [0, 0, 1, 0]


def test_a_class_without_a_map_is_refused():
    probs, labels = torch.full((1, 2, 2, 2), 0.5), torch.tensor([[[0, 1], [2, -1]]])
    with pytest.raises(InputError, match="labels: wanted ids below 2, got 2"):
        lovasz_softmax_loss(probs, labels)
    with pytest.raises(InputError, match="classes: wanted ids below 2"):
        lovasz_softmax_loss(probs, labels, classes=[2])
