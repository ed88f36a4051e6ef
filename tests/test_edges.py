import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steadymask.edges import band, boundary_count, boundary_count_of_classes, label_edge


def random_labels(seed: int, *, lowest: int = -1) -> torch.Tensor:
    coarse = torch.randint(lowest, 4, (4, 5), generator=torch.Generator().manual_seed(seed))
    return coarse.repeat_interleave(3, 0).repeat_interleave(2, 1)


def test_the_edge_of_a_square_worked_by_hand():
    labels = torch.zeros(5, 5, dtype=torch.int32)
    labels[2:4, 2:4] = 1
    assert label_edge(labels).int().tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 1, 0, 1, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 0, 0, 0],
    ]
    assert boundary_count(labels) == 8


def test_void_makes_no_edge():
    assert not label_edge(torch.tensor([[1, -1, 2], [1, -1, 2]])).any()
    assert label_edge(torch.tensor([[1, 2, -1]])).tolist() == [[True, False, False]]


def test_a_mask_has_the_edge_of_its_labels():
    mask = random_labels(0, lowest=0) > 1
    assert label_edge(mask).equal(label_edge(mask.int()))


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_each_class_has_the_edge_it_has_against_all_others(seed):
    labels = random_labels(seed)
    counts = boundary_count_of_classes(labels, classes=5)
    for each in range(5):
        alone = torch.where(labels < 0, -1, (labels == each).long())
        assert counts[each] == boundary_count(alone)


def test_the_band_has_the_width_it_is_asked_for():
    edge = torch.zeros(1, 31, 31, dtype=torch.bool)
    edge[0, 15, 15] = True
    wide = band(edge, width=15)[0]
    assert wide.sum() == 15**2
    assert wide[8:23, 8:23].all()  # Chebyshev distance 7
