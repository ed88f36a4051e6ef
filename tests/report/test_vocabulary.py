"""What the numbers are called, and which way is better."""

import pytest

from steadymask.report.glossary import described
from steadymask.report.vocabulary import VOCABULARY

LOWER = {
    "inconsistency", "inconsistency_by_masks_boundary", "inconsistency_area", "inconsistency_none",
    "smoothness", "temporal_stability", "dtssd", "mean_absolute_error", "jaccard_decay", "boundary_f_decay",
    "sad", "mad", "mse", "matting_gradient", "matting_connectivity",
}  # fmt: skip


def test_errors_and_losses_are_better_low_and_all_else_high() -> None:
    assert {key for key, metric in VOCABULARY.items() if metric.better == "lower"} == LOWER


def test_names_and_meanings_are_all_different() -> None:
    for part in ("name", "meaning"):
        said = [getattr(metric, part) for metric in VOCABULARY.values()]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("key", "name", "kind"),
    [
        ("mean_accuracy", "Mean accuracy", "accuracy"),
        ("temporal_consistency_vspw", "Temporal consistency, VSPW's recipe", "stability"),
        ("video_consistency_16_vspw", "Video consistency, 16 frames, VSPW's recipe", "stability"),
        ("stability_rate_local", "Stability rate, at edges", "stability"),
        ("stability_rate_video_local", "Stability rate, estimated motion, at edges", "stability"),
        ("boundary_f_unseen", "F, unseen categories", "accuracy"),
        ("youtube_vos_g", "G (YouTube-VOS)", "accuracy"),
        ("average_precision_75", "AP at 75 % overlap", "accuracy"),
        ("average_recall_100", "AR of 100", "accuracy"),
    ],
)
def test_the_numbers_of_evaluations_have_names(key: str, name: str, kind: str) -> None:
    metric = described({key}, {})[key]
    assert (metric.name, metric.kind) == (name, kind)
    assert metric.better == "higher"
    assert metric.share
