"""What an evaluation found, in a few sentences."""

from steadymask.report.evaluation_content import (
    Content,
    clips_of,
    difference_of,
    floor_clips,
    has_interval,
    is_sure,
    main_metrics,
    overall_of,
    sets_of,
    truth_of,
    units_of,
)
from steadymask.report.glossary import PERCENT, defined, gap, written
from steadymask.report.vocabulary import Metric

_FEW = 10  # clips
_MOST_SENTENCES = 3
_IDS = {
    "merged": "all that is marked in a clip is one object",
    "objects": "an id is the same object in masks and truth",
    "proposals": "each object has the proposal that fits it best",
    "classes": "every pixel has a class",
}
_AVERAGES = {
    "clips": "accuracy is a mean over clips",
    "objects": "J and F are means over objects",
    "pixels": "accuracy counts all pixels of the data set together",
}


def rules(content: Content) -> str:
    """How the protocol counts, in a sentence; empty where it does not say."""
    accuracy = content["settings"].get("accuracy", {})
    said = [_IDS.get(accuracy.get("ids"), ""), _AVERAGES.get(accuracy.get("average"), "")]
    if accuracy.get("first_and_last_frame_count") is False:
        said.append("the first and the last frame of a clip do not count")
    if accuracy.get("objects_count_from_the_frame_after_their_first"):
        said.append("an object counts from the frame after the one that shows it first")
    return _sentence("; ".join(each for each in said if each))


def findings(content: Content) -> tuple[str, ...]:
    """A sentence for each later set of masks against the first; of a single set, its main numbers.

    Of many sets only the one of the lowest rank sum has a sentence, if it is not the first itself.
    """
    sets = sets_of(content)
    if len(sets) == 1:
        return _alone(content, sets[0])
    if len(sets) - 1 <= _MOST_SENTENCES:
        return tuple(_against_first(content, name) for name in sets[1:])
    sums = {name: float(content["ranks"][name]["sum"]) for name in sets}
    lowest = [name for name in sets if sums[name] == min(sums.values())]
    first = f"The lowest rank sum of {len(sets)} sets: {', '.join(lowest)}."
    return (first,) if sets[0] in lowest else (first, _against_first(content, lowest[0]))


def caution(content: Content) -> str:
    """How sure differences are; empty where nothing is compared."""
    sets, (number, unit) = sets_of(content), units_of(content)
    if len(sets) < 2:
        return ""
    known = any(has_interval(difference_of(content, sets[1], key)) for key in main_metrics(content))
    if not known:
        few = f"{number} {unit}s are" if number != 1 else f"one {unit} is"
        return f"There are no intervals: {few} too few."
    few = f" So few {unit}s make them rough." if number < _FEW else ""
    return f"In brackets: 95{PERCENT} intervals (paired bootstrap over {number} {unit}s).{few}"


def floor_note(content: Content) -> str:
    """Where the truth's own stability is that of some clips only; else empty."""
    known, clips = floor_clips(content), len(clips_of(content))
    return (
        f"The truth's own is that of the {known} of {clips} clips that it is complete in."
        if 0 < known < clips
        else ""
    )


def _leading(content: Content) -> dict[str, Metric]:
    """The main number of each kind."""
    found: dict[str, Metric] = {}
    for key, metric in main_metrics(content).items():
        if metric.kind not in {each.kind for each in found.values()}:
            found[key] = metric
    return found


def _alone(content: Content, name: str) -> tuple[str, ...]:
    numbers = [
        f"{metric.name} {written(value, metric)}{_floor(content, key, metric)}"
        for key, metric in _leading(content).items()
        if defined(value := overall_of(content, name).get(key))
    ]
    return (f"{name}: {'; '.join(numbers)}.",) if numbers else ()


def _floor(content: Content, key: str, metric: Metric) -> str:
    own = truth_of(content).get(key)
    return f" (the truth itself {written(own, metric)})" if defined(own) else ""


def _against_first(content: Content, name: str) -> str:
    first = sets_of(content)[0]
    parts = [
        _compared(content, name, key, metric)
        for key, metric in _leading(content).items()
        if defined(difference_of(content, name, key).get("mean"))
    ]
    return f"{name} against {first}: {'; '.join(parts) or 'nothing to compare'}."


def _compared(content: Content, name: str, key: str, metric: Metric) -> str:
    difference = difference_of(content, name, key)
    mean, low, high = (difference.get(part) for part in ("mean", "low", "high"))
    amount = gap(mean, metric) + (" points" if metric.share else "")
    if not has_interval(difference):
        return f"{metric.name} {amount}"
    better = (mean or 0) > 0 if metric.better == "higher" else (mean or 0) < 0
    words = {"stability": ("steadier", "less steady"), "accuracy": ("more accurate", "less accurate")}
    told = (
        f"{words[metric.kind][0 if better else 1]} for sure" if is_sure(difference) else "no sure difference"
    )
    return f"{metric.name} {amount} [{gap(low, metric)}, {gap(high, metric)}], {told}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""
