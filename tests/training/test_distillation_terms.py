"""Distillation as parts of a run, against the losses they stand for; and that what learns with it goes on."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_loop import CONFIG, Small, small
from torch import nn

from steadymask.data.batch import Batch, LabeledBatch, PairBatch, TripletBatch
from steadymask.data.sampling import FramePair, Triplet
from steadymask.data.training_data import LabeledImage, UnlabeledVideo
from steadymask.errors import InputError
from steadymask.losses.distillation import pair_wise_frames_loss, single_frame_loss
from steadymask.losses.multi_frame import multi_frame_loss
from steadymask.training.distillation import MultiFrame, PairWiseFrames, SingleFrame
from steadymask.training.loop import fit
from steadymask.training.outputs import Outputs, Teacher, predicted
from steadymask.training.terms import Supervised

VIDEO = UnlabeledVideo(name="v", count=3, fps=24.0, frame=lambda index: torch.zeros(3, 2, 2).byte())


def pictures(number: int, *, size: tuple[int, int] = (24, 32)) -> torch.Tensor:
    return torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(number))


def batch(number: int = 0, *, triplets: bool = True) -> Batch:
    labels = (pictures(number).mean(1) > 0.5).long()
    image = LabeledImage(
        name="c", picture=lambda: VIDEO.frame(1), labels=lambda: labels[0], video=VIDEO, index=1
    )
    pair, triplet = FramePair(video=VIDEO, i=0, j=1), Triplet(image=image, before=0, after=2)
    return Batch(
        step=number,
        labeled=LabeledBatch(names=("a", "b"), pictures=pictures(number), labels=labels),
        pairs=PairBatch(pairs=(pair, pair), pictures_i=pictures(number + 1), pictures_j=pictures(number + 2)),
        triplets=TripletBatch(
            triplets=(triplet, triplet),
            before=pictures(number + 3),
            pictures=pictures(number + 4),
            after=pictures(number + 5),
            labels=labels,
        )
        if triplets
        else None,
    )


def teacher() -> Teacher:
    return Teacher(network=small(7).eval(), layers=("drop",))


def outputs(given: Batch) -> Outputs:
    return predicted(small().eval(), given, layers=("body",), teacher=teacher())


def test_a_teacher_is_asked_about_the_same_batch_and_gets_no_gradient() -> None:
    given, network = batch(), teacher().network
    found = outputs(given)
    torch.testing.assert_close(found.taught.of("after"), network(given.triplets.after))
    torch.testing.assert_close(
        found.taught.features_of("drop", "i"), network.drop(network.body(given.pairs.pictures_i))
    )
    assert not found.taught.of("labeled").requires_grad
    assert found.of("labeled").requires_grad
    with pytest.raises(InputError, match="teacher: wanted one for distillation, got none"):
        PairWiseFrames()(predicted(small(), given), given)
    with pytest.raises(InputError, match="layers: wanted head among them, got body"):
        found.features_of("head", "i")


def test_a_teacher_is_asked_only_about_what_somebody_wants_to_know_and_once() -> None:
    given, asked = batch(), []
    listening = Teacher(network=small(7).eval(), layers=("drop",))
    listening.network.register_forward_hook(lambda module, inputs, output: asked.append(inputs[0]))
    found = predicted(small().eval(), given, layers=("body",), teacher=listening)
    assert asked == []
    PairWiseFrames(shrink=4)(found, given)
    PairWiseFrames(shrink=2)(found, given)
    triplets, pairs = given.triplets, given.pairs
    wanted = (pairs.pictures_i, pairs.pictures_j, triplets.before, triplets.pictures, triplets.after)
    assert all(each is one for each, one in zip(asked, wanted, strict=True))
    with pytest.raises(InputError, match="teacher: wanted head among its layers, got drop"):
        found.taught.features_of("head", "i")
    with pytest.raises(InputError, match="batch: wanted a part other, got labeled, i, j"):
        found.taught.of("other")


def test_single_frames_are_compared_with_what_the_teacher_says_of_them() -> None:
    given = batch()
    found = outputs(given)
    for part in ("labeled", "center"):
        term = SingleFrame(layer="body", teacher_layer="drop", weight=0.5, pair_wise_weight=2.0, part=part)
        wanted = single_frame_loss(
            found.of(part),
            found.taught.of(part),
            found.features["body"][part],
            found.taught.features_of("drop", part),
            pair_wise_weight=2.0,
        )
        torch.testing.assert_close(term(found, given), 0.5 * wanted)


def test_frames_that_follow_each_other_are_related_as_the_teacher_does() -> None:
    given = batch()
    found = outputs(given)
    each = [
        pair_wise_frames_loss(
            *(found.of(part).softmax(1) for part in pair),
            *(found.taught.of(part).softmax(1) for part in pair),
            shrink=4,
        )
        for pair in (("i", "j"), ("before", "center"), ("center", "after"))
    ]
    term = PairWiseFrames(weight=0.3, shrink=4)
    torch.testing.assert_close(term(found, given), 0.3 * torch.stack(each).mean())


def test_sequences_are_read_in_the_order_of_time() -> None:
    given = batch()
    found = outputs(given)
    torch.manual_seed(3)
    term = MultiFrame(layer="body", teacher_layer="drop", weight=0.3, shrink=4)
    each = [
        multi_frame_loss(
            torch.stack([found.features["body"][part] for part in parts], 1),
            torch.stack([found.taught.features_of("drop", part) for part in parts], 1),
            memory=term.memory,
            shrink=4,
        )
        for parts in (("i", "j"), ("before", "center", "after"))
    ]
    torch.testing.assert_close(term(found, given), 0.3 * torch.stack(each).mean())


def terms() -> dict[str, nn.Module | Supervised]:
    torch.manual_seed(5)
    multi = MultiFrame(layer="body", teacher_layer="drop", weight=5.0, shrink=4)
    return {"supervised": Supervised(), "multi_frame": multi}


def run(folder: Path, *, steps: int, resume: bool = False) -> tuple[Small, MultiFrame]:
    network, parts = small(), terms()
    config = replace(CONFIG, steps=6, keep_every=1, check_every=0)
    calls = 0

    def batches(number: int) -> Batch:
        nonlocal calls
        calls += 1
        if calls > steps * config.accumulate:
            raise KeyboardInterrupt
        return batch(number, triplets=False)

    try:
        fit(
            network,
            parts,
            batches,
            config,
            folder=folder,
            layers=("body",),
            teacher=teacher(),
            resume=resume,
        )
    except KeyboardInterrupt:
        assert steps < config.steps
    return network, parts["multi_frame"]


def test_a_loss_that_learns_goes_on_to_the_same_bit_and_stays_in_bounds(tmp_path: Path) -> None:
    whole, memory = run(tmp_path / "whole", steps=9)
    first = terms()["multi_frame"].memory.state_dict()
    assert any(not value.equal(first[name]) for name, value in memory.memory.state_dict().items())
    assert all(float(each.detach().abs().max()) <= 1 for each in memory.parameters())
    run(tmp_path / "parts", steps=3)
    again, learned = run(tmp_path / "parts", steps=9, resume=True)
    for one, other in ((whole, again), (memory, learned)):
        for name, value in one.state_dict().items():
            assert value.equal(other.state_dict()[name]), name


def test_bounds_are_kept_after_each_step(tmp_path: Path) -> None:
    parts = terms()
    with torch.no_grad():
        parts["multi_frame"].memory.gates.weight.fill_(40.0)
    fit(
        small(),
        parts,
        lambda number: batch(number, triplets=False),
        replace(CONFIG, steps=1),
        folder=tmp_path,
        layers=("body",),
        teacher=teacher(),
    )
    assert float(parts["multi_frame"].memory.gates.weight.detach().abs().max()) == 1.0
