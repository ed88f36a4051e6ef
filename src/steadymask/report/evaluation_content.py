"""What `evaluation.json` says of each set of masks, as reports need it."""

from collections.abc import Mapping
from typing import Any

from steadymask.report.glossary import defined, described
from steadymask.report.vocabulary import Metric

Content = Mapping[str, Any]
"""The contents of `evaluation.json`."""

Numbers = Mapping[str, float | None]

_MAIN = (
    "inconsistency",
    "temporal_consistency",
    "smoothness",
    "video_consistency_8",
    "stability_rate_global",
    "stability_rate_local",
    "youtube_vos_g",
    "jaccard_seen",
    "jaccard_unseen",
    "boundary_f_seen",
    "boundary_f_unseen",
    "jaccard_and_boundary_f",
    "jaccard",
    "boundary_f",
    "recall",
    "mean_iou",
    "mean_accuracy",
    "pixel_accuracy",
    "average_precision",
    "average_precision_50",
    "average_precision_75",
    "average_recall_1",
    "average_recall_10",
)
_INSTEAD = {
    "youtube_vos_g": {"jaccard_and_boundary_f", "jaccard", "boundary_f", "recall"},
    "jaccard": {"mean_iou", "mean_accuracy", "pixel_accuracy"},
}
"""What a benchmark does not count by where it has the key."""


def sets_of(content: Content) -> tuple[str, ...]:
    """The names of the sets of masks; the first is what the others are compared with."""
    return tuple(content["predictions"])


def warnings_in(content: Content) -> tuple[str, ...]:
    """What to beware of, in sentences."""
    return tuple(content.get("warnings", ()))


def overall_of(content: Content, name: str) -> Numbers:
    """The scores of a set of masks on the whole data set."""
    overall: Numbers = content["predictions"][name]["overall"]
    return overall


def truth_of(content: Content) -> Numbers:
    """The truth's own stability; empty where it was not measured."""
    truth: Numbers = (content["truth"] or {}).get("overall", {})
    return truth


def metrics_of_sets(content: Content) -> dict[str, Metric]:
    """Every metric of the whole data set, in the order of the glossary."""
    keys = {key for name in sets_of(content) for key in overall_of(content, name)}
    return described(keys, content["settings"].get("better", {}))


def main_metrics(content: Content) -> dict[str, Metric]:
    """The few that a benchmark is read by, of those that are defined; all where none of these is there."""
    metrics = {
        key: metric
        for key, metric in metrics_of_sets(content).items()
        if any(defined(overall_of(content, name).get(key)) for name in sets_of(content))
    }
    left_out = {each for key, others in _INSTEAD.items() if key in metrics for each in others}
    return {key: metrics[key] for key in metrics if key in _MAIN and key not in left_out} or metrics


def difference_of(content: Content, name: str, key: str) -> Numbers:
    """`mean`, `low` and `high` of what a later set has above the first one; empty where that is unknown."""
    first = sets_of(content)[0]
    for each in content["differences"]:
        if each["from"] == first and each["to"] == name:
            found: Numbers = each["metrics"].get(key, {})
            return found
    return {}


def has_interval(difference: Numbers) -> bool:
    """Whether it says how sure a difference is, which takes several clips."""
    return defined(difference.get("low")) and defined(difference.get("high"))


def is_sure(difference: Numbers) -> bool:
    """Whether the interval leaves out 0."""
    low, high = difference.get("low"), difference.get("high")
    return has_interval(difference) and defined(low) and defined(high) and (low > 0 or high < 0)


def units_of(content: Content) -> tuple[int, str]:
    """How many clips (of tracks: videos) there are, and what they are called."""
    clips = clips_of(content)
    return (len(clips), "clip") if clips else (int(content.get("videos", 0)), "video")


def floor_clips(content: Content) -> int:
    """How many clips the truth's own stability is known of."""
    return len((content["truth"] or {}).get("clips", {}))


def clips_of(content: Content) -> dict[str, int]:
    """How many frames each clip has; empty where clips are not scored one by one."""
    parts = content["predictions"].values()
    return {clip: int(found["frames"]) for part in parts for clip, found in part["clips"].items()}
