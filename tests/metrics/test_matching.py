"""Objects and proposals matched, against davis2017-evaluation and worked by hand."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from steadymask.errors import InputError
from steadymask.metrics.boundary_f import boundary_f_of_all_pairs, boundary_f_sums
from steadymask.metrics.jaccard import jaccard_of_all_pairs, jaccard_sums
from steadymask.metrics.matching import AllPairs, all_pairs, matched
from steadymask.metrics.series import decay, mean, recall_of_frames


def clip_pairs(
    labels: Sequence[torch.Tensor], truth: Sequence[torch.Tensor], *, proposals: int, objects: int
) -> AllPairs:
    pairs = [
        all_pairs(one, other, proposals=proposals, objects=objects)
        for one, other in zip(labels, truth, strict=True)
    ]
    return AllPairs(
        jaccard=torch.cat([each.jaccard for each in pairs]),
        boundary_f=torch.cat([each.boundary_f for each in pairs]),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "masks", "true"),
    [
        ("davis2017_jf_multi_object", "osvos", "rvos"),
        ("davis2017_jf_multi_object_reversed", "rvos", "osvos"),
    ],
)
@pytest.mark.parametrize("clip", ["horsejump-high", "paragliding-launch"])
def test_matching_has_the_values_of_the_reference(
    data: Path, reference: Path, name: str, masks: str, true: str, clip: str
) -> None:
    expected = json.loads((reference / f"{name}.json").read_text())["clips"][clip]
    found, wanted = (
        [
            torch.from_numpy(np.array(Image.open(path))).int()
            for path in sorted((data / "davis-dev-480p" / each / clip).iterdir())
        ]
        for each in (masks, true)
    )
    objects, proposals = expected["truth_objects"], expected["prediction_objects"]
    wanted = [torch.where(each > objects, 0, each) for each in wanted]
    pairs = clip_pairs(found, wanted, proposals=proposals, objects=objects)
    worth = ((pairs.jaccard + pairs.boundary_f) / 2).mean(0)[1:]
    table = np.array(expected["mean_of_J_and_F_by_prediction_row_and_truth_column"])
    assert worth.numpy() == pytest.approx(table[:proposals], abs=1e-9)
    result = matched(pairs)
    for each in expected["objects"]:
        column = each["truth_id"] - 1
        assert result.proposals[column] == (each["prediction_id"] or 0)
        for key, values in (("J", result.jaccard), ("F", result.boundary_f)):
            course = values[:, column].tolist()
            statistics = {"mean": mean(course), "recall": recall_of_frames(course), "decay": decay(course)}
            assert statistics == pytest.approx(each[key], abs=1e-9)
    assert float(result.jaccard.mean()) == pytest.approx(expected["J_mean_over_objects"], abs=1e-9)
    assert float(result.boundary_f.mean()) == pytest.approx(expected["F_mean_over_objects"], abs=1e-9)


def three_objects() -> torch.Tensor:
    truth = torch.zeros(30, 40, dtype=torch.int32)
    truth[2:12, 2:14], truth[15:28, 4:20], truth[5:20, 25:38] = 1, 2, 3
    return truth


def test_permuted_objects_are_found_again() -> None:
    truth = three_objects()
    labels = torch.tensor([0, 3, 1, 2])[truth.long()].int()
    result = matched(clip_pairs([labels], [truth], proposals=3, objects=3))
    assert result.proposals == (3, 1, 2)
    assert (result.jaccard == 1).all()
    assert (result.boundary_f == 1).all()


def test_an_object_without_a_proposal_is_scored_against_an_empty_mask() -> None:
    truth = three_objects()
    gone = torch.where(truth == 2, 0, truth)  # object 2 leaves in the second frame
    labels = torch.where(truth == 2, 0, truth).clamp(max=2)  # proposals for 1 and 3
    result = matched(clip_pairs([labels, labels], [truth, gone], proposals=2, objects=3))
    assert result.proposals == (1, 0, 2)
    assert result.jaccard.tolist() == [[1, 0, 1], [1, 1, 1]]
    assert result.boundary_f.tolist() == [[1, 0, 1], [1, 1, 1]]


def test_proposals_in_excess_cost_nothing() -> None:
    truth = three_objects()
    labels = truth.clone()
    labels[28:, 30:] = 4
    result = matched(clip_pairs([labels], [truth], proposals=4, objects=3))
    assert result.proposals == (1, 2, 3)
    assert (result.jaccard == 1).all()


def test_the_matching_is_made_for_the_whole_clip() -> None:
    """Proposal 1 fits object 1 in one frame and object 2 in two."""
    truth = torch.zeros(20, 20, dtype=torch.int32)
    truth[2:8, 2:18], truth[12:18, 2:18] = 1, 2
    swapped = torch.tensor([0, 2, 1])[truth.long()].int()
    result = matched(clip_pairs([truth, swapped, swapped], [truth] * 3, proposals=2, objects=2))
    assert result.proposals == (2, 1)
    assert result.jaccard.tolist() == [[0, 0], [1, 1], [1, 1]]


def test_pairs_on_the_diagonal_are_the_plain_scores() -> None:
    generator = torch.Generator().manual_seed(0)
    labels, truth = torch.randint(-1, 4, (2, 6, 8), generator=generator).int().repeat_interleave(5, 1)
    pairs = jaccard_of_all_pairs(labels, truth, proposals=3, objects=3)[1:].diagonal()
    assert pairs.equal(jaccard_sums(labels, truth, classes=4).total)
    pairs = boundary_f_of_all_pairs(labels, truth, proposals=3, objects=3)[1:].diagonal()
    assert pairs.tolist() == pytest.approx(boundary_f_sums(labels, truth, classes=4).total.tolist())


def test_a_label_above_the_proposals_is_an_error() -> None:
    with pytest.raises(InputError, match="labels: wanted at most 2, got 3"):
        all_pairs(three_objects(), three_objects(), proposals=2, objects=3)
    with pytest.raises(InputError, match="truth: wanted at most 1, got 3"):
        all_pairs(three_objects(), three_objects(), proposals=3, objects=1)
