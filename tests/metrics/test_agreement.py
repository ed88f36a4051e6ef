import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.errors import InputError
from steadymask.metrics.agreement import agreement, areas


def random_pair(seed: int, dtype: torch.dtype = torch.int32) -> tuple[torch.Tensor, torch.Tensor]:
    noise = torch.Generator().manual_seed(seed)
    first, second = torch.randint(-1, 4, (2, 9, 11), generator=noise).to(dtype)
    return first, torch.where(torch.rand(9, 11, generator=noise) < 0.5, first, second)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_the_counts_are_those_of_the_confusion_matrix(seed):
    first, second = random_pair(seed)
    where = first.roll(1) != 2
    counts = agreement(first, second, classes=4, where=where)
    known = where & (first >= 0) & (second >= 0)
    confusion = (4 * first + second)[known].bincount(minlength=16).view(4, 4)
    assert counts.intersection.equal(confusion.diagonal())
    assert counts.union.equal(confusion.sum(0) + confusion.sum(1) - confusion.diagonal())
    assert counts.compared == confusion.sum()
    assert counts.differing == confusion.sum() - confusion.trace()


@settings(deadline=None, derandomize=True, max_examples=20)
@given(seed=st.integers(0, 10**6), order=st.permutations(range(4)))
def test_permuting_classes_permutes_counts(seed, order):
    first, second = random_pair(seed)
    renamed = torch.tensor([*order, -1], dtype=torch.int32)  # the last entry keeps void void
    counts = agreement(first, second, classes=4)
    permuted = agreement(renamed[first], renamed[second], classes=4)
    for name in ("pixels", "lost", "gained"):
        assert getattr(permuted, name)[torch.tensor(order)].equal(getattr(counts, name))


def test_the_parts_of_a_picture_pool_to_the_whole():
    first, second = random_pair(0)
    parts = agreement(first[:4], second[:4], classes=4) + agreement(first[4:], second[4:], classes=4)
    whole = agreement(first, second, classes=4)
    assert parts.pixels.equal(whole.pixels)
    assert parts.lost.equal(whole.lost)
    assert parts.gained.equal(whole.gained)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int64])
def test_the_type_of_the_labels_does_not_matter(dtype):
    assert agreement(*random_pair(3, dtype), classes=4).lost.equal(agreement(*random_pair(3), classes=4).lost)


def test_the_largest_id_of_a_type_is_counted():
    labels = torch.full((2, 2), 127, dtype=torch.int8)
    assert areas(labels, classes=128)[127] == 4


def test_a_label_beyond_the_classes_is_refused():
    with pytest.raises(InputError, match="labels: wanted no id above the last class, got one 3 above it"):
        agreement(torch.tensor([[0, 4]]), torch.tensor([[0, 1]]), classes=2)
    with pytest.raises(InputError, match="got one 1 above it"):
        agreement(torch.tensor([[0, 1]]), torch.tensor([[0, 2]]), classes=2)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32])
@pytest.mark.parametrize("void", [False, True])
@pytest.mark.parametrize("everywhere", [False, True])
def test_few_classes_are_counted_like_many(dtype: torch.dtype, void: bool, everywhere: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randint(-1 if void else 0, 4, (2, 9, 7), generator=generator).to(dtype)
    where = None if everywhere else torch.rand(9, 7, generator=generator) > 0.3
    few, many = (agreement(first, second, classes=classes, where=where) for classes in (4, 40))
    for name in ("pixels", "lost", "gained"):
        assert getattr(few, name).equal(getattr(many, name)[:4])
        assert not getattr(many, name)[4:].any()
    with pytest.raises(InputError, match="wanted no id above the last class, got one 1 above it"):
        agreement(first, second, classes=3)
