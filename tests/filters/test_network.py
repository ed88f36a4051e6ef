"""The refiner as a filter: the average over all runs of a whole clip, of any length in constant memory."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import filtered, random_pictures, random_probs, stream

from steadymask.errors import InputError
from steadymask.filters.network import NetworkRefinement
from steadymask.filters.normalize import with_background
from steadymask.filters.run import Item, State, Window, run
from steadymask.networks.refiner import Refiner, RefinerConfig, logits_of, probs_of

SIZE = (16, 20)


def refiner(frames: int = 3, *, trained: bool = True) -> Refiner:
    torch.manual_seed(frames)
    found = Refiner(RefinerConfig(frames=frames, width=8))
    if trained:
        torch.nn.init.normal_(found.decoder.residual.weight)
        torch.nn.init.normal_(found.decoder.residual.bias)
    return found.eval()


def clip(
    count: int, classes: int = 2, *, hard: bool = False, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    probs = random_probs((count, classes, *SIZE), hard=hard, seed=seed)
    return probs, random_pictures(count, *SIZE, seed=seed)


def whole(network: Refiner, probs: torch.Tensor, pictures: torch.Tensor, *, live: bool) -> torch.Tensor:
    """The same from the whole clip at hand, one run at a time."""
    count, radius = len(probs), network.config.frames // 2
    logits = logits_of(probs[:, 1:])
    total, weights = torch.zeros_like(logits), torch.zeros(count)
    for middle in range(-radius, count + radius):
        run_of = [middle + at for at in range(-radius, radius + 1)]
        seen = [min(max(index, 0), count - 1) for index in run_of]
        frames = (pictures[seen] / 255)[None].expand(probs.shape[1] - 1, -1, -1, -1, -1)
        given_logits = logits[seen].transpose(0, 1)
        with torch.inference_mode():
            residual = (network(frames, given_logits) - given_logits).transpose(0, 1)
        for at, index in enumerate(run_of):
            weight = float(at == 2 * radius) if live else radius + 1 - abs(index - middle)
            if 0 <= index < count:
                total[index] += weight * residual[at]
                weights[index] += weight
    objects = probs_of(logits + total / weights[:, None, None, None])
    return torch.stack([with_background(each) for each in objects])


@given(
    count=st.integers(1, 9),
    frames=st.sampled_from([1, 3, 5]),
    classes=st.integers(2, 4),
    live=st.booleans(),
    hard=st.booleans(),
)
@settings(deadline=None, derandomize=True, max_examples=25)
def test_the_stream_gives_what_the_whole_clip_gives(
    count: int, frames: int, classes: int, live: bool, hard: bool
) -> None:
    network, (probs, pictures) = refiner(frames), clip(count, classes, hard=hard)
    found = filtered(NetworkRefinement(refiner=network, live=live), stream(probs, pictures))
    torch.testing.assert_close(found, whole(network, probs, pictures, live=live), atol=2e-4, rtol=0)
    assert (found - probs).abs().max() > 0.05  # and that is something


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("classes", [1, 2, 4])
def test_an_untrained_refiner_changes_nothing(classes: int, hard: bool, live: bool) -> None:
    probs, pictures = clip(7, classes, hard=hard)
    each = NetworkRefinement(refiner=refiner(5, trained=False), live=live)
    assert torch.equal(filtered(each, stream(probs, pictures)), probs)


@pytest.mark.parametrize("live", [False, True])
def test_a_still_video_stays_still(live: bool) -> None:
    probs, pictures = clip(1)
    each = NetworkRefinement(refiner=refiner(5), live=live)
    still = stream(probs.expand(9, -1, -1, -1), pictures.expand(9, -1, -1, -1))
    found = filtered(each, still)
    assert torch.equal(found, found[:1].expand_as(found))
    assert (found - probs).abs().max() > 0.05


def test_live_looks_at_no_frame_to_come_and_the_other_at_two_radii() -> None:
    probs, pictures = clip(12)
    changed = torch.cat((probs[:7], probs[7:].flip(1)))
    for live, first in ((True, 7), (False, 7 - 4)):
        each = NetworkRefinement(refiner=refiner(5), live=live)
        before, after = (filtered(each, stream(given_probs, pictures)) for given_probs in (probs, changed))
        differ = (before != after).flatten(1).any(1)
        assert differ.int().argmax() == first and each.delay == (0 if live else 4)


@pytest.mark.parametrize("live", [False, True])
def test_nothing_crosses_a_cut(live: bool) -> None:
    (probs, pictures), each = clip(11), NetworkRefinement(refiner=refiner(5), live=live)
    parts = [filtered(each, stream(probs[part], pictures[part])) for part in (slice(0, 4), slice(4, 11))]
    assert torch.equal(filtered(each, stream(probs, pictures, cuts=[4])), torch.cat(parts))


@pytest.mark.parametrize("live", [False, True])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(live: bool) -> None:
    (probs, pictures), each = clip(16), NetworkRefinement(refiner=refiner(5), live=live)
    items = stream(probs, pictures)
    late = filtered(each, items[9 - each.reach :], start=9)
    assert torch.equal(late, filtered(each, items)[9:])


@pytest.mark.parametrize("live", [False, True])
def test_objects_are_refined_each_by_itself(live: bool) -> None:
    each, (probs, pictures) = NetworkRefinement(refiner=refiner(3), live=live), clip(5, 4)
    found = filtered(each, stream(probs, pictures))
    torch.testing.assert_close(found.sum(1), torch.ones(5, *SIZE))
    swapped = filtered(each, stream(probs[:, [0, 3, 1, 2]], pictures))
    torch.testing.assert_close(swapped, found[:, [0, 3, 1, 2]], atol=1e-5, rtol=0)


class Spy:
    """Notes how much a filter's window keeps."""

    def __init__(self, inner: NetworkRefinement) -> None:
        self.inner, self.kept = inner, list[int]()
        self.delay, self.memory, self.reach, self.flow_memory = inner.delay, inner.memory, inner.reach, 0

    def pairs(self, t: int, indices: list[int]) -> list[tuple[int, int]]:
        return []

    def init(self) -> State:
        return ()

    def step(self, state: State, window: Window) -> tuple[State, torch.Tensor]:
        found = self.inner.step(state, window)
        self.kept.append(len(window.kept) + len(window.masks))
        return found


@pytest.mark.parametrize("live", [False, True])
def test_any_length_takes_constant_memory(live: bool) -> None:
    (probs, pictures), spy = clip(8), Spy(NetworkRefinement(refiner=refiner(3), live=live))

    def endless() -> Iterator[Item]:
        for t in range(60):
            yield Item(index=t, picture=pictures[t % 8], probs=probs[t % 8], starts_scene=t == 0)

    assert sum(1 for _ in run([spy], endless())) == 60
    assert max(spy.kept) == (9 if live else 13) and spy.kept[10:50] == 40 * [spy.kept[10]]


def test_a_refiner_in_training_is_refused() -> None:
    with pytest.raises(InputError, match="refiner: wanted it in evaluation mode"):
        NetworkRefinement(refiner=refiner().train())
