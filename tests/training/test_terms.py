"""What a network says of a batch, and the parts of a loss, against the losses that they stand for."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from steadymask.data.batch import Batch, LabeledBatch, Motion, PairBatch, TripletBatch
from steadymask.data.sampling import FramePair, Triplet
from steadymask.data.training_data import LabeledImage, UnlabeledVideo
from steadymask.errors import InputError
from steadymask.losses.coherent import coherent_loss
from steadymask.losses.cross_entropy import cross_entropy_loss
from steadymask.losses.inconsistency import pair_inconsistency_loss
from steadymask.losses.lovasz import lovasz_softmax_loss
from steadymask.losses.temporal import temporal_logits_loss, temporal_loss
from steadymask.training.neighbors import neighbors
from steadymask.training.outputs import Outputs, predicted
from steadymask.training.terms import Coherent, Inconsistent, Supervised, Temporal, TransformInvariant
from steadymask.warp import photometric_confidence

SIZE = (14, 18)


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 1)).eval()


def motion() -> Motion:
    flow = torch.zeros(2, 2, *SIZE)
    flow[:, 0] = 1.5
    seen = torch.ones(2, *SIZE, dtype=torch.bool)
    seen[:, :, -2:] = False
    return Motion(flow_ij=flow, flow_ji=-flow, visible_ij=seen, visible_ji=seen.flip(2))


def batch(*, pairs: bool = True, size: tuple[int, int] = SIZE) -> Batch:
    torch.manual_seed(2)
    labels = torch.randint(-1, 3, (3, *size))
    labeled = LabeledBatch(names=("a", "b", "c"), pictures=torch.rand(3, 3, *size), labels=labels)
    if not pairs:
        return Batch(step=0, labeled=labeled)
    video = UnlabeledVideo(name="v", count=3, fps=24.0, frame=lambda index: torch.zeros(3, 2, 2).byte())
    pair = FramePair(video=video, i=0, j=1)
    part = PairBatch(
        pairs=(pair, pair),
        pictures_i=torch.rand(2, 3, *SIZE),
        pictures_j=torch.rand(2, 3, *SIZE),
        motion=motion(),
    )
    return Batch(step=0, labeled=labeled, pairs=part)


@pytest.mark.parametrize("size", [SIZE, (10, 12)])
def test_one_pass_says_what_a_pass_for_each_part_says(size: tuple[int, int]) -> None:
    net, given = network(), batch(size=size)
    found = predicted(net, given, layers=("1",))
    parts = {"labeled": given.labeled.pictures, "i": given.pairs.pictures_i, "j": given.pairs.pictures_j}
    assert [*found.logits] == [*parts]
    for name, pictures in parts.items():
        torch.testing.assert_close(found.of(name), net(pictures))
        torch.testing.assert_close(found.features["1"][name], net[:2](pictures))
    with pytest.raises(InputError, match=r"layers: wanted a layer of the network, got head"):
        predicted(net, given, layers=("head",))
    with pytest.raises(InputError, match="batch: wanted a part i, got labeled"):
        predicted(net, batch(pairs=False)).of("i")


def outputs() -> tuple[Outputs, Batch]:
    given = batch()
    return predicted(network(), given), given


def test_labels_are_learned_by_cross_entropy_lovasz_or_both() -> None:
    found, given = outputs()
    logits, labels = found.of("labeled"), given.labeled.labels
    entropy = cross_entropy_loss(logits, labels)
    lovasz = lovasz_softmax_loss(logits.softmax(1), labels, per_image=True)
    torch.testing.assert_close(Supervised(weight=2.0)(found, given), 2 * entropy)
    torch.testing.assert_close(Supervised(kind="lovasz")(found, given), lovasz)
    torch.testing.assert_close(Supervised(kind="both")(found, given), (entropy + lovasz) / 2)
    with pytest.raises(InputError, match="batch: wanted a part center"):
        Supervised(part="center")(found, given)


def test_pairs_are_compared_along_their_motion() -> None:
    found, given = outputs()
    i, j, moves = found.of("i"), found.of("j"), given.pairs.motion
    seen = {"visible_ij": moves.visible_ij, "visible_ji": moves.visible_ji}
    probs = i.softmax(1), j.softmax(1), moves.flow_ij, moves.flow_ji
    torch.testing.assert_close(
        Coherent(boundary_weight=0.5, global_weight=1e-3, threshold=0.1)(found, given),
        coherent_loss(*probs, **seen, boundary_weight=0.5, global_weight=1e-3, threshold=0.1),
    )
    torch.testing.assert_close(
        Inconsistent(weight=3.0)(found, given), 3 * pair_inconsistency_loss(*probs, **seen)
    )


def test_the_temporal_loss_is_weighed_by_how_far_colors_agree() -> None:
    found, given = outputs()
    pairs, moves = given.pairs, given.pairs.motion
    there = photometric_confidence(pairs.pictures_i, pairs.pictures_j, moves.flow_ij)
    back = photometric_confidence(pairs.pictures_j, pairs.pictures_i, moves.flow_ji)
    i, j = found.of("i"), found.of("j")
    one = temporal_loss(i.softmax(1), j.softmax(1), moves.flow_ij, confidence_ij=there)
    other = temporal_loss(j.softmax(1), i.softmax(1), moves.flow_ji, confidence_ij=back)
    torch.testing.assert_close(Temporal()(found, given), 0.1 * one)
    torch.testing.assert_close(Temporal(weight=1.0, both_ways=True)(found, given), (one + other) / 2)
    code = temporal_logits_loss(i, j, moves.flow_ij, confidence_ij=there)
    torch.testing.assert_close(Temporal(form="code")(found, given), 0.1 * code)


def test_a_loss_along_the_motion_without_pairs_or_flow_is_said() -> None:
    found, _ = outputs()
    without = batch(pairs=False)
    for term in (Coherent(), Temporal(), Inconsistent()):
        with pytest.raises(InputError, match="pairs, triplets: wanted frames near each other in time, got n"):
            term(found, without)


class Blur(nn.Module):
    """Answers the same wherever the picture lies."""

    def forward(self, frames: Tensor) -> Tensor:
        return torch.cat((frames[:, :1], 1 - frames[:, :1]), 1)


def test_a_network_that_looks_at_colors_alone_is_nearly_transform_invariant() -> None:
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(50.0), indexing="ij")
    smooth = (torch.stack([(rows / 9).sin(), (columns / 8).cos(), (rows / 7).cos()]) / 2 + 0.5)[None]
    labeled = LabeledBatch(names=("a",), pictures=smooth, labels=torch.zeros(1, 40, 50, dtype=torch.int64))
    given = Batch(step=0, labeled=labeled)
    torch.manual_seed(0)
    same = TransformInvariant()(predicted(Blur(), given), given)

    class Ramp(Blur):
        def forward(self, frames: Tensor) -> Tensor:
            return super().forward(frames) * torch.linspace(0, 4, frames.shape[-1])

    torch.manual_seed(0)
    assert same < 0.02 * TransformInvariant()(predicted(Ramp(), given), given)


def test_neighbors_stand_in_pairs_and_in_triplets() -> None:
    given = batch()
    pairs = given.pairs
    image = LabeledImage(
        name="c",
        picture=lambda: torch.zeros(3, *SIZE).byte(),
        labels=lambda: given.labeled.labels[0],
        video=pairs.pairs[0].video,
        index=1,
    )
    triplet = Triplet(image=image, before=0, after=2)
    triplets = TripletBatch(
        triplets=(triplet, triplet),
        before=pairs.pictures_i,
        pictures=pairs.pictures_j,
        after=pairs.pictures_i,
        labels=given.labeled.labels[:2],
        to_before=pairs.motion,
        to_after=pairs.motion,
    )
    both = replace(given, triplets=triplets)
    found = predicted(network(), both)
    alone = [replace(given, pairs=None, triplets=triplets), given]
    for term in (Coherent(), Temporal(), Temporal(both_ways=True), Inconsistent()):
        # Two of the three neighbors are those of the triplet.
        of_triplet, of_pair = (term(found, each) for each in alone)
        torch.testing.assert_close(term(found, both), (2 * of_triplet + of_pair) / 3)
    near = neighbors(alone[0])
    assert [(each.i, each.j) for each in near] == [("center", "before"), ("center", "after")]
    assert near[1].pictures_j is triplets.after
