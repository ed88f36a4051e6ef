"""What holds for every loss."""

import importlib
import inspect
import math
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from loss_examples import examples
from torch.autograd import gradcheck

import steadymask.losses
from steadymask.losses.inconsistency import inconsistency_loss
from steadymask.losses.mean_where import mean_where

EVERY = [pytest.param(number, id=str(example)) for number, example in enumerate(examples())]


def taking(*names):
    """The examples of losses that take one of the named tensors."""
    return [
        pytest.param(number, id=str(example))
        for number, example in enumerate(examples())
        if not example.data.keys().isdisjoint(names)
    ]


def functions():
    """Every public loss of the package, by name, with the file it stands in."""
    found = {}
    for info in pkgutil.iter_modules(steadymask.losses.__path__, "steadymask.losses."):
        home = importlib.import_module(info.name)
        for name, each in inspect.getmembers(home, inspect.isfunction):
            if name.endswith("_loss") and each.__module__ == home.__name__:
                found[name] = (home, each)
    return found


def module_of(home, name):
    return getattr(home, "".join(word.capitalize() for word in name.split("_")))


def parameters(function, kind):
    return [str(each) for each in inspect.signature(function).parameters.values() if each.kind is kind]


def test_every_loss_has_an_example():
    assert len(functions()) == len(EVERY)
    assert {str(each) for each in examples()} == set(functions())


@pytest.mark.parametrize("name", functions())
def test_a_module_has_the_parameters_of_its_function(name):
    home, function = functions()[name]
    module = module_of(home, name)
    positional, keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    assert parameters(module.forward, positional)[1:] == parameters(function, positional)
    options = parameters(module.__init__, keyword) if "__init__" in vars(module) else []
    assert parameters(module.forward, keyword) + options == parameters(function, keyword)


def test_arguments_that_mean_the_same_have_one_name_and_order_everywhere():
    rank = ["_i", "_j", "flow_ij", "flow_ji", "visible_ij", "visible_ji", "tracked_ij", "tracked_ji"]
    for _, function in functions().values():
        names = list(inspect.signature(function).parameters)
        places = [next((p for p, end in enumerate(rank) if name.endswith(end)), -1) for name in names]
        pair = [place for place in places if place >= 0]
        assert pair == sorted(pair) or function.__name__ == "pair_wise_frames_loss"  # two of two networks


@pytest.mark.parametrize("number", EVERY)
def test_a_module_computes_what_its_function_does(number):
    example = examples()[number]
    home, _ = functions()[str(example)]
    assert module_of(home, str(example))(**example.options)(**example.data) == example()


@pytest.mark.parametrize("number", EVERY)
def test_gradients_are_right(number):
    example = examples()[number]
    inputs = [example.data[name].requires_grad_() for name in example.trained]
    assert gradcheck(lambda *x: example(**dict(zip(example.trained, x, strict=True))), inputs)


@pytest.mark.parametrize("number", EVERY)
def test_gradient_flows_where_it_should_and_nowhere_else(number):
    example = examples()[number]
    for name in example.trained + example.fixed:
        example.data[name].requires_grad_()
    example().backward()
    for name in example.trained:
        assert example.data[name].grad.abs().sum() > 0, name
    for name in example.fixed:
        grad = example.data[name].grad
        assert grad is None or not grad.any(), name


@pytest.mark.parametrize("number", EVERY)
def test_a_batch_costs_the_mean_of_its_parts(number):
    example = examples()[number]
    if not example.image_by_image:
        example.options["per_image"] = True
    parts = [example(**{name: x[each : each + 1] for name, x in example.data.items()}) for each in (0, 1)]
    torch.testing.assert_close(example(), sum(parts) / 2)
    assert parts[0] != parts[1]


@pytest.mark.parametrize("number", taking("labels", "where", "visible", "visible_ij"))
def test_where_nothing_counts_the_loss_and_its_gradients_are_zero(number):
    example = examples()[number]
    masks = [name for name, x in example.data.items() if x.dtype == torch.bool or name == "labels"]
    blank = {name: torch.full_like(example.data[name], -1 if name == "labels" else 0) for name in masks}
    if "tracked_ji" in blank:
        blank["tracked_ij"] = blank["tracked_ji"]
    inputs = [example.data[name].requires_grad_() for name in example.trained]
    loss = example(**blank)
    assert loss == 0
    assert not any(grad.any() for grad in torch.autograd.grad(loss, inputs))


@pytest.mark.parametrize("number", EVERY)
def test_single_precision_gives_the_same(number):
    example = examples()[number]
    single = {name: x.float() if x.is_floating_point() else x for name, x in example.data.items()}
    exact = example()
    if "memory" in example.options:
        example.options["memory"].float()
    loss = example(**single)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss.double(), exact, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("number", EVERY)
def test_probabilities_of_zero_and_one_leave_all_finite(number):
    example = examples()[number]
    sure = {}
    for name in example.trained + example.fixed:
        x = example.data[name].float()
        hard = torch.nn.functional.one_hot(x.argmax(1), x.shape[1]).movedim(-1, 1)
        sure[name] = (hard if "probs" in name else 1e3 * hard).float().requires_grad_()
    rest = {n: x.float() if x.is_floating_point() else x for n, x in example.data.items() if n not in sure}
    if "memory" in example.options:
        example.options["memory"].float()
    loss = example(**rest, **sure)
    loss.backward()
    assert loss.isfinite()
    assert all(x.grad is None or x.grad.isfinite().all() for x in sure.values())


@pytest.mark.parametrize("number", taking("labels"))
def test_a_prediction_on_a_void_pixel_changes_nothing(number):
    example = examples()[number]
    if example.loss is inconsistency_loss:
        example.data["visible"] = torch.zeros_like(example.data["visible"])  # the frames are still compared
    x, void = example.data[example.trained[0]], example.data["labels"] < 0
    spoiled = torch.where(void if x.ndim == 3 else void.unsqueeze(-3), 7, x)
    assert not spoiled.equal(x)
    assert example(**{example.trained[0]: spoiled}) == example()


@pytest.mark.parametrize("number", taking("visible", "visible_ij"))
def test_flow_that_is_nan_where_nothing_is_seen_spoils_no_gradient(number):
    example = examples()[number]
    unseen = {n.replace("visible", "flow"): ~x for n, x in example.data.items() if n.startswith("visible")}
    broken = {
        name: torch.where(hidden[..., None, :, :], math.nan, example.data[name])
        for name, hidden in unseen.items()
    }
    inputs = [example.data[name].requires_grad_() for name in example.trained]
    tracked = {
        n.replace("visible", "tracked"): example.data[n] for n in example.data if n.startswith("visible")
    }
    same = tracked if "tracked_ji" in example.data else {}
    loss, expected = example(**broken, **same), example(**same)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(torch.autograd.grad(loss, inputs), torch.autograd.grad(expected, inputs))


def test_what_a_mean_leaves_out_may_be_nan_and_gets_no_gradient():
    values = torch.tensor([[[1.0, 3.0, math.nan]], [[math.nan] * 3]], requires_grad=True)
    means = mean_where(values, torch.tensor([[[True, True, False]], [[False] * 3]]))
    assert means.tolist() == [2, 0]
    means.sum().backward()
    assert values.grad[:, 0].tolist() == [[0.5, 0.5, 0], [0, 0, 0]]


@pytest.mark.slow
def test_compiled_losses_give_the_same_values_and_gradients():
    program = Path(__file__).with_name("compile_losses.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
