"""What to beware of in the scores of a clip."""

import math
from collections.abc import Mapping, Sequence

from steadymask.data.clip import Clip
from steadymask.metrics.lag import lag
from steadymask.tasks.measured import Measured

_LAGS = 0.2  # share of differing pixels that lie behind the motion, less the share ahead
_ENOUGH = 0.02  # such pixels, as a share of all edge pixels, below which they say nothing
_MOST_IDS = 5
_HARDLY_RIGHT = 0.01


def warnings_of_reading(clip: Clip) -> tuple[str, ...]:
    """What is lost in reading masks, truth and compare."""
    roles = (clip.masks, clip.truth, clip.compare)
    return tuple(sentence for masks in roles if masks is not None for sentence in masks.warnings)


def warnings_of(measured: Measured) -> tuple[str, ...]:
    """Ids that do not meet, an empty truth, masks that trail; those about accuracy come from the report."""
    return (*_foreign_ids(measured.objects.by_role), *_empty_truth(measured), *_lag(measured))


def _foreign_ids(by_role: Mapping[str, tuple[int, ...]]) -> list[str]:
    """One sentence for each of truth and compare whose ids are not those of the masks."""
    masks, found = by_role["masks"], []
    for role in ("truth", "compare"):
        ids = by_role.get(role, masks)
        only_masks, only_other = sorted(set(masks) - set(ids)), sorted(set(ids) - set(masks))
        parts = [f"the masks have {_named(only_masks)}, which {role} has not"] if only_masks else []
        parts += [f"{role} has {_named(only_other)}, which the masks have not"] if only_other else []
        if parts:
            sentence = "; ".join(parts)
            found.append(
                f"{sentence[0].upper()}{sentence[1:]}. To compare all as one object: --merge-objects."
            )
    return found


def warnings_of_clips(unknown: Mapping[str, Mapping[str, Sequence[int]]]) -> list[str]:
    """Ids that are no object of the truth, a sentence for each set of masks that has some.

    Args:
        unknown: such ids by set of masks and clip.
    """
    found = []
    for name, clips in unknown.items():
        having = [(clip, ids) for clip, ids in clips.items() if ids]
        if having:
            clip, ids = having[0]
            more = f" (and {len(having) - 1} more clips such ones)" if len(having) > 1 else ""
            found.append(
                f"{name}: in {clip} the masks have {_named(ids)}{more}, which the truth has not; "
                "they count as background."
            )
    return found


def warning_of_classes(name: str, accuracy: float) -> list[str]:
    """Whether a set of masks is right nearly nowhere, as where its ids are not those of the data set.

    Args:
        name: of the set.
        accuracy: its share of right pixels.
    """
    if accuracy >= _HARDLY_RIGHT or math.isnan(accuracy):
        return []
    return [f"{name}: hardly a pixel is right; are its ids those that the protocol counts by?"]


def _empty_truth(measured: Measured) -> list[str]:
    """Grey ids read as probabilities are close to 0 everywhere."""
    stability = measured.stability
    if "truth" not in stability or stability["truth"].edge_pixels or not stability["masks"].edge_pixels:
        return []
    return ["The truth has no edge in any frame: is it read as it is meant (--read-as)?"]


def _named(ids: Sequence[int]) -> str:
    shown = ", ".join(map(str, ids[:_MOST_IDS]))
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return f"object{'s' if len(ids) > 1 else ''} {shown}{more}"


def _lag(measured: Measured) -> list[str]:
    """Whether compare trails: behind the truth and more than the masks do; without truth, behind the masks.

    Without truth, repairs of masks that miss the rear of a moving object look like a lag.
    """
    if "compare" not in measured.lag:
        return []
    sums, masks = measured.lag["compare"], measured.lag.get("masks")
    usual = lag(masks) if masks is not None and masks.behind > masks.ahead else 0.0
    reference = "masks" if masks is None else "truth"
    few = sums.behind + sums.ahead < _ENOUGH * measured.stability[reference].edge_pixels
    if few or not lag(sums) - usual > _LAGS:
        return []
    share = sums.behind / (sums.behind + sums.ahead)
    return [
        f"The compared masks lag: of the pixels beside moving edges where they differ from the {reference}, "
        f"{100 * share:.0f} % lie behind the motion."
    ]
