"""The result in plain words, and what to beware of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from steadymask.report.glossary import MINUS, PERCENT, defined

Scores = Mapping[str, Any]
"""The contract of `scores.json`; `truth` and `compare` hold `overall`, `objects` and `frames` too."""

TOLERATED = 0.003
"""Accuracy that may be lost without a warning: 0.3 points."""

_EXPLAINED = (
    "A pixel flickers where its label changes although the motion does not explain it; 0 is perfectly steady."
)
_ONE_EDGE = "inconsistency_by_masks_boundary"
_ACCURACY = (("jaccard", "region overlap J"), ("boundary_f", "boundary accuracy F"), ("recall", "recall"))


@dataclass(frozen=True)
class Verdict:
    """What the page says first.

    Args:
        tone: "good", "mixed", "bad" or "neutral".
        headline: one short sentence.
        details: further sentences.
    """

    tone: Literal["good", "mixed", "bad", "neutral"]
    headline: str
    details: tuple[str, ...]


def verdict(scores: Scores) -> Verdict:
    """Say in plain words how much the masks flicker, and what the compared masks changed."""
    before, after, floor = flicker(scores, "masks"), flicker(scores, "compare"), _floor(scores)
    if not defined(before):
        return Verdict(
            "neutral",
            "Flicker is not defined for these masks.",
            ("It takes two frames of one scene, and masks with an edge.",),
        )
    details = [_amount(before), *_against_truth(before, floor)]
    if not scores.get("compare"):
        return Verdict("neutral", _headline_alone(before, floor), (*details, _EXPLAINED))
    if not defined(after):
        return Verdict("bad", "The compared masks have no edge.", tuple(details))
    removed = scores.get("excess_removed")
    less = 1 - after / before if before else 0.0
    worse = lost_accuracy(scores)
    details += [_changed(before, after), *_accuracy(scores), _EXPLAINED]
    return Verdict(_tone(less, worse), _headline(less, removed, worse, scores), tuple(details))


def accuracy_warnings(scores: Scores) -> tuple[str, ...]:
    """What the compared masks paid with accuracy, beyond what is tolerated: one sentence or none."""
    losses = [f"{name} {MINUS}{100 * lost:.1f}" for name, lost in lost_accuracy(scores).items()]
    return (f"The compared masks paid with accuracy: {', '.join(losses)} points.",) if losses else ()


def lost_accuracy(scores: Scores) -> dict[str, float]:
    """The accuracies (J, F, recall) that fell by more than 0.3 points, and by how much, in [0, 1]."""
    pairs = {
        name: (overall(scores, "masks").get(key), overall(scores, "compare").get(key))
        for key, name in _ACCURACY
    }
    return {
        name: before - after
        for name, (before, after) in pairs.items()
        if defined(before) and defined(after) and before - after > TOLERATED
    }


def section(scores: Scores, role: str, name: str) -> Mapping[str, Any]:
    """The part "overall", "objects" or "frames" of "masks", "compare" or "truth"; empty where absent."""
    owner = scores if role == "masks" else scores.get(role) or {}
    part: Mapping[str, Any] = owner.get(name) or {}
    return part


def overall(scores: Scores, role: str) -> Mapping[str, float | None]:
    """Metric to number for "masks", "compare" or "truth"."""
    return section(scores, role, "overall")


def steadiness(scores: Scores) -> str:
    """The key of the inconsistency that is compared: for each pixel of one edge, where there are several."""
    return _ONE_EDGE if defined(overall(scores, "masks").get(_ONE_EDGE)) else "inconsistency"


def flicker(scores: Scores, role: str) -> float | None:
    """The inconsistency of "masks", "compare" or "truth", on one scale."""
    return overall(scores, role).get(steadiness(scores))


def _floor(scores: Scores) -> float | None:
    """The truth's own flicker; None of a sparse truth, whose frames are too far apart to say."""
    masks, truth = (section(scores, role, "frames").get("inconsistency", ()) for role in ("masks", "truth"))
    sparse = any(defined(here) and not defined(there) for here, there in zip(masks, truth, strict=False))
    return None if sparse else flicker(scores, "truth")


def excess(removed: float) -> str:
    """How much of the excess over the truth is gone, for people; what is steadier than the truth: all."""
    return "all" if removed >= 1 else f"{100 * removed:.0f}{PERCENT}".replace("-", MINUS)


def _amount(before: float) -> str:
    return f"For each pixel of the masks' edge, {before:.2f} pixels flicker."


def _against_truth(before: float, floor: float | None) -> list[str]:
    if not defined(floor):
        return []
    times = f" The masks flicker {before / floor:.1f} times as much." if floor > 0 and before > floor else ""
    return [f"The truth itself has {floor:.2f}: being steadier than it is no merit.{times}"]


def _changed(before: float, after: float) -> str:
    return f"Compared masks: {before:.2f} → {after:.2f} flickering pixels for each pixel of the masks' edge."


def _accuracy(scores: Scores) -> list[str]:
    masks, compare = overall(scores, "masks"), overall(scores, "compare")
    parts = []
    for key, name in _ACCURACY:
        before, after = masks.get(key), compare.get(key)
        if defined(before) and defined(after):
            parts.append(f"{name} {100 * before:.1f} → {100 * after:.1f}{PERCENT}")
    return [f"Accuracy: {', '.join(parts)}."] if parts else []


def _tone(less: float, worse: Mapping[str, float]) -> Literal["good", "mixed", "bad"]:
    if less <= 0:
        return "bad"
    return "mixed" if worse else "good"


def _headline(less: float, removed: float | None, worse: Mapping[str, float], scores: Scores) -> str:
    if less <= 0:
        return "Not steadier." if less > -0.005 else f"Less steady: {-100 * less:.0f}{PERCENT} more flicker."
    gone = (
        f": {excess(removed)} of the excess flicker removed"
        if defined(removed) and removed > 0
        else f": {100 * less:.0f}{PERCENT} less flicker"
    )
    if worse:
        return f"Steadier{gone}, but less accurate."
    known = any(key in overall(scores, "compare") for key, _ in _ACCURACY)
    return f"Steadier{gone}, and no less accurate." if known else f"Steadier{gone}."


def _headline_alone(before: float, floor: float | None) -> str:
    if not defined(floor) or floor <= 0:
        return "Perfectly steady." if before == 0 else "How much these masks flicker"
    if before <= floor:
        return "As steady as the truth."
    return f"{before / floor:.1f} times the flicker of the truth."
