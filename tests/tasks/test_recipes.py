"""The recipes of published scripts, gathered over a clip: which classes they count."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from steadymask.tasks.recipes import Recipes


def gathered(*frames: Tensor, classes: int = 11) -> dict[str, float]:
    recipes, still = Recipes(classes=classes), torch.zeros(2, *frames[0].shape)
    for now, after in pairwise(frames):
        recipes.pair(now, after, still)
    return recipes.overall()


def halves(right: int) -> Tensor:
    labels = torch.zeros(8, 10, dtype=torch.int32)
    labels[:, 5:] = right
    return labels


@pytest.mark.parametrize("right", [1, 10])
def test_etc_counts_a_class_that_nobody_has_as_0_wherever_it_stands(right: int) -> None:
    assert gathered(halves(right), halves(right))["temporal_consistency_etc"] == pytest.approx(2 / 11)


def test_void_is_one_more_class_where_it_is_there() -> None:
    assert gathered(halves(-1), halves(-1))["temporal_consistency_etc"] == pytest.approx(2 / 12)
