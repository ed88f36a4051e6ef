"""The result in plain words."""

from typing import Any

import pytest

from steadymask.report.glossary import DASH, MINUS, change, described, improves, written
from steadymask.report.tables import metric_rows
from steadymask.report.verdict import accuracy_warnings, steadiness, verdict


def scores(before: float | None, **others: object) -> dict[str, object]:
    return {"clip": "clip", "overall": {"inconsistency": before, "jaccard": 0.8, "recall": 0.9}, **others}


def compared(after: float | None, jaccard: float = 0.8, **more: object) -> dict[str, object]:
    return {"compare": {"overall": {"inconsistency": after, "jaccard": jaccard, "recall": 0.9}}, **more}


TRUTH = {"overall": {"inconsistency": 0.5}}


@pytest.mark.parametrize(
    ("content", "tone", "headline"),
    [
        (scores(2.0), "neutral", "How much these masks flicker"),
        (scores(0.0), "neutral", "Perfectly steady."),
        (scores(None), "neutral", "Flicker is not defined for these masks."),
        (scores(2.0, truth=TRUTH), "neutral", "4.0 times the flicker of the truth."),
        (scores(0.4, truth=TRUTH), "neutral", "As steady as the truth."),
        (
            scores(
                2.0,
                frames={"inconsistency": [2.0, 2.0, 2.0]},
                truth=TRUTH | {"frames": {"inconsistency": [0.5, None, 0.5]}},
            ),
            "neutral",
            "How much these masks flicker",  # a sparse truth cannot say what is natural
        ),
        (scores(2.0, **compared(1.0)), "good", "Steadier: 50\xa0% less flicker, and no less accurate."),
        (
            scores(2.0, truth=TRUTH, **compared(0.8, excess_removed=0.8)),
            "good",
            "Steadier: 80\xa0% of the excess flicker removed, and no less accurate.",
        ),
        (scores(2.0, **compared(1.0, 0.79)), "mixed", "Steadier: 50\xa0% less flicker, but less accurate."),
        (scores(2.0, **compared(3.0)), "bad", "Less steady: 50\xa0% more flicker."),
        (scores(2.0, **compared(2.0)), "bad", "Not steadier."),
        (scores(2.0, **compared(None)), "bad", "The compared masks have no edge."),
        (
            scores(2.0, truth=TRUTH, **compared(0.1, excess_removed=8.01)),
            "good",
            "Steadier: all of the excess flicker removed, and no less accurate.",
        ),
    ],
)
def test_the_headline_says_what_happened(content: dict[str, object], tone: str, headline: str) -> None:
    said = verdict(content)
    assert (said.tone, said.headline) == (tone, headline)


def test_a_longer_edge_is_no_steadiness() -> None:
    """Masks are held against each other, and against the truth, for each pixel of the same edge."""
    by_masks = {"masks": (2.0, 2.0), "compare": (1.8, 2.2), "truth": (1.0, 0.5)}
    content: dict[str, Any] = scores(2.0, truth={"overall": {}}, **compared(1.8, excess_removed=-0.13))
    for role, (own, same) in by_masks.items():
        owner = content if role == "masks" else content[role]
        owner["overall"] |= {"inconsistency": own, "inconsistency_by_masks_boundary": same}
    said = verdict(content)
    assert (said.tone, said.headline) == ("bad", "Less steady: 10\xa0% more flicker.")
    words = " ".join(said.details)
    assert "2.00 → 2.20 flickering pixels for each pixel of the masks' edge" in words
    assert "The truth itself has 0.50" in words
    cells = [row.cells for row in metric_rows(content) if row.key == steadiness(content)]
    assert [cell.text for cell in cells[0]] == ["2", "2.2", "0.5", "+10\xa0%"]


def test_accuracy_within_three_tenths_of_a_point_brings_no_warning() -> None:
    assert accuracy_warnings(scores(2.0, **compared(1.0, 0.7971))) == ()


def test_accuracy_lost_brings_a_warning_that_names_it() -> None:
    (warning,) = accuracy_warnings(scores(2.0, **compared(1.0, 0.78)))
    assert warning == f"The compared masks paid with accuracy: region overlap J {MINUS}2.0 points."


def test_a_recipe_is_a_suffix_and_unknown_keys_keep_their_name() -> None:
    metrics = described({"unheard_of", "temporal_consistency_etc", "inconsistency"}, {"unheard_of": "lower"})
    assert list(metrics) == ["inconsistency", "temporal_consistency_etc", "unheard_of"]
    assert metrics["temporal_consistency_etc"].name == "Temporal consistency, ETC's recipe"
    assert metrics["temporal_consistency_etc"].meaning.endswith("as the script of ETC does it.")
    assert metrics["unheard_of"].better == "lower"


def test_the_way_that_is_better_comes_from_the_scores() -> None:
    assert described({"jaccard"}, {"jaccard": "lower"})["jaccard"].better == "lower"


def test_values_and_changes_are_written_for_people() -> None:
    metrics = described({"jaccard", "smoothness"}, {})
    share, plain = metrics["jaccard"], metrics["smoothness"]
    assert [written(value, share) for value in (0.5, None, float("nan"))] == ["50.0\xa0%", DASH, DASH]
    assert [written(value, plain) for value in (0.0, 1.2345, 2.5e-5)] == ["0", "1.23", "2.50e-05"]
    assert [written(value, share) for value in (-0.25, -1e-6)] == [f"{MINUS}25.0\xa0%", "0.0\xa0%"]
    assert written(-0.5, plain) == f"{MINUS}0.5"
    assert change(0.5, 0.4999, share) == "0.0 points"
    assert change(0.0, 1.0, plain) == DASH
    assert improves(2.0, 1.0, plain) is True
    assert improves(0.8, 0.7, share) is False
    assert improves(0.8, 0.8001, share) is None
