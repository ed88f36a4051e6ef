"""The page of an evaluation: one valid file that loads nothing, and says what the numbers say."""

import base64
import hashlib
import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from evaluations import evaluation
from parsed_page import Page

from steadymask.errors import VideoError
from steadymask.report.evaluation_page import render_evaluation, write_evaluation_page
from steadymask.report.glossary import DASH, MINUS

EVIL = "</script><script>alert('x')</script>\"'&<b>"
TWO = {"first": 2.0, "second": 1.0}
MAIN, NUMBERS, CLIPS, OBJECTS = range(4)


def page(levels: dict[str, float], **more: Any) -> Page:
    return Page(render_evaluation(evaluation(levels, **more)))


def with_classes_and_groups() -> dict[str, Any]:
    content: dict[str, Any] = evaluation(TWO)
    for name, found in content["predictions"].items():
        found["classes"] = {
            "sky": {"iou": 0.9, "accuracy": None},
            "road": {"iou": TWO[name] / 4, "accuracy": 0.5},
        }
        found["groups"] = {"severity 1": {"inconsistency": TWO[name]}, "severity 2": {"inconsistency": 3.0}}
    return content


@pytest.mark.parametrize("levels", [{"one": 2.0}, TWO, {f"set {n}": 1.0 + n / 9 for n in range(9)}])
@pytest.mark.parametrize("truth", [None, 0.5])
def test_every_kind_of_content_makes_a_valid_page(levels: dict[str, float], truth: float | None) -> None:
    found = page(levels, truth=truth)
    assert len(found.tables) == 4
    for name in levels:
        assert [row[0] for row in found.table(MAIN)].count(name) == 1
    assert ("the truth" in [row[0] for row in found.table(MAIN)]) == (truth is not None)
    assert "some data" in found.text
    assert "3 clips" in found.text
    assert "33 frames" in found.text


def test_a_page_without_clips_is_valid() -> None:
    content = evaluation(TWO, truth=None)
    for found in content["predictions"].values():
        found |= {"clips": {}, "classes": {"fish": {"average_precision": 0.25}}}
    content["settings"] = {"versions": {}}
    found = Page(render_evaluation(content))
    assert ["fish", "25.0 %", "25.0 %"] in found.table(2)
    assert "0 clips" not in found.text


def test_the_main_table_groups_numbers_ranks_sets_and_keeps_the_truth_apart() -> None:
    groups, heads, first, second, truth = page(TWO).table(MAIN)
    assert groups == ["", "Stability", "Accuracy", "Over all"]
    assert heads == [
        "Masks", "Flicker (inconsistency) ↓", "Temporal consistency ↑", "Excess removed ↑",
        "J&F ↑", "Region overlap J ↑", "Boundary accuracy F ↑", "Rank sum ↓",
    ]  # fmt: skip
    assert first == ["first", "2", "80.0 %", DASH, "80.0 %", "80.0 %", "80.0 %", "2"]
    assert second == ["second", "1", "90.0 %", "50 %", "90.0 %", "90.0 %", "90.0 %", "1"]
    assert truth == ["the truth", "0.5", "95.0 %", "", "", "", "", ""]


def test_the_better_of_two_is_bold_and_of_equals_none() -> None:
    def bold(levels: dict[str, float]) -> list[str]:
        table = render_evaluation(evaluation(levels)).split("</table")[0]
        return re.findall(r"<strong>(.*?)</strong>", table)

    assert bold(TWO) == ["1", *["90.0\N{NO-BREAK SPACE}%"] * 4, "1"]
    assert bold({"one": 1.0}) == []
    assert len(bold({"first": 1.0, "second": 1.0})) == 1  # the rank alone


def test_only_sure_differences_are_colored_and_by_the_way_that_is_better() -> None:
    def verdicts(levels: dict[str, float]) -> dict[str, str]:
        text = render_evaluation(evaluation(levels))
        table = text.split("<table")[1 + NUMBERS]
        rows = re.findall(r'<tr><th scope="row">(.*?) <span.*?difference(.*?)">', table, re.DOTALL)
        return {name: verdict.strip() for name, verdict in rows}

    better, worse, unsure = (verdicts({"first": 2.0, "second": level}) for level in (1.0, 3.0, 1.9))
    assert (
        better["Flicker (inconsistency)"]
        == better["J&amp;F"]
        == better["Mean absolute error"]
        == "change better"
    )
    assert (
        worse["Flicker (inconsistency)"] == worse["J&amp;F"] == worse["Mean absolute error"] == "change worse"
    )
    assert set(unsure.values()) == {""}
    assert better["Video consistency, 16 frames"] == ""


def test_differences_come_with_their_intervals() -> None:
    rows = {row[0]: row for row in page(TWO).table(NUMBERS)}
    assert rows["Flicker (inconsistency) ↓"] == [
        "Flicker (inconsistency) ↓", "2", "1", f"{MINUS}1 [{MINUS}1.5, {MINUS}0.5]", "0.5",
    ]  # fmt: skip
    assert rows["Region overlap J ↑"][3] == "+10.0 [+5.0, +15.0]"


def test_without_intervals_nothing_is_sure() -> None:
    content = evaluation(TWO, clips=1)
    for difference in content["differences"][0]["metrics"].values():
        difference["low"] = difference["high"] = None
    text = render_evaluation(content)
    rows = {row[0]: row for row in Page(text).table(NUMBERS)}
    assert rows["Region overlap J ↑"][3] == "+10.0"
    assert "for sure" not in Page(text).text.split("All numbers")[0]
    assert "difference change" not in text
    assert "There are no intervals: one clip is too few." in text


def test_what_is_undefined_is_a_dash() -> None:
    rows = {row[0]: row for row in page(TWO).table(NUMBERS)}
    assert rows["Video consistency, 16 frames ↑"] == ["Video consistency, 16 frames ↑", *[DASH] * 4]
    text = render_evaluation(evaluation(TWO))
    assert not re.search(r">\s*(None|nan|null)\s*<", text)


def test_clips_objects_classes_and_groups_have_tables_that_sort() -> None:
    found = Page(render_evaluation(with_classes_and_groups()))
    clips, groups, objects, classes = (found.table(number) for number in range(2, 6))
    assert clips[0] == ["Clip", "Frames", "first", "second", "Truth"]
    assert clips[1] == ["clip-0", "10", "2", "1", "0.5"]
    assert clips[-1] == ["Data set", "", "2", "1", "0.5"]
    assert groups[1:3] == [["severity 1", "2", "1"], ["severity 2", "3", "3"]]
    assert objects[2] == ["clip-0", "2", "2.02", "1.02", "0.52"]
    assert classes[2] == ["road", "50.0 %", "25.0 %"]
    heads = [each for each in found.all("th") if "aria-sort" in each]
    assert [each["aria-sort"] for each in heads] == ["ascending"] * 4
    sortable = [each for each in found.all("table") if "sortable" in (each["class"] or "")]
    assert len(sortable) == 5
    values = [each["data-value"] for each in found.all("td") if "data-value" in each]
    assert "" in values  # undefined, sorts last
    assert all(each == "" or float(each or 0) is not None for each in values)


def test_each_metric_can_be_chosen_and_its_numbers_are_there() -> None:
    text = render_evaluation(evaluation(TWO))
    found = Page(text)
    data = [json.loads(each) for each in re.findall(r'<script type="application/json">(.*?)</script>', text)]
    assert len(data) == len(found.all("select")) == 2
    assert sorted(each["value"] or "" for each in found.all("option")) == sorted(chain(*data))
    clips = data[0]
    assert clips["jaccard"]["values"] == [[0.8 - n / 1000, 0.9 - n / 1000, 0.95 - n / 1000] for n in range(3)]
    assert clips["jaccard"]["total"] == [0.8, 0.9, None]
    assert clips["mean_absolute_error"]["better"] == "lower"
    assert "video_consistency_16" not in clips  # nobody has it


def test_the_picture_has_a_dot_for_each_set_and_the_truths_line() -> None:
    found = page({"first": 2.0, "second": 1.0, "third": 1.2})
    (picture,) = found.all("svg")
    assert picture["aria-label"] == (
        "first: Region overlap J 80.0\\xa0%, flicker 2. second: Region overlap J 90.0\\xa0%, flicker 1. "
        "third: Region overlap J 88.0\\xa0%, flicker 1.2. "
    ).replace("\\xa0", "\N{NO-BREAK SPACE}")
    assert len(found.all("path")) == 3
    assert [each["class"] for each in found.all("line")].count("floor-line") == 1
    assert page({"one": 1.0}).all("svg") == []
    assert [each["class"] for each in page(TWO, truth=None).all("line")].count("floor-line") == 0


def test_the_result_is_said_in_words() -> None:
    found = page(TWO).text
    assert f"second against first: Flicker (inconsistency) {MINUS}1 [{MINUS}1.5, {MINUS}0.5], stead" in found
    assert "J&F +10.0 points [+5.0, +15.0], more accurate for sure." in found
    assert "paired bootstrap over 3 clips). So few clips make them rough." in found
    assert "accuracy is a mean over clips; the first and the last frame of a clip do not count." in found
    assert "The lowest rank sum of 9 sets: set 0." in page({f"set {n}": 1.0 + n / 9 for n in range(9)}).text


def test_the_page_loads_nothing() -> None:
    text = render_evaluation(with_classes_and_groups())
    found = Page(text)
    for each in ("http://", "https://", "url(", "@import", "<img", "fetch("):
        assert each not in text
    addresses = [
        each.get("src") or each.get("href") for _, each in found.tags if "src" in each or "href" in each
    ]
    assert set(addresses) == {"data:,", "#main"}
    policy = found.all("meta")[1]["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_only_our_script_runs() -> None:
    text = render_evaluation(evaluation(TWO))
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_names_cannot_become_markup() -> None:
    plain = page({"first": 2.0, "second": 1.0})
    content = evaluation({EVIL: 2.0, "second": 1.0})
    content |= {"dataset": EVIL, "protocol": EVIL}
    content["settings"][EVIL] = EVIL
    clips = content["predictions"][EVIL]["clips"]
    clips[EVIL] = clips.pop("clip-0")
    clips[EVIL]["objects"][EVIL] = {EVIL: 0.5}
    clips[EVIL]["overall"][EVIL] = 0.5
    content["predictions"][EVIL]["overall"][EVIL] = 0.5
    text = render_evaluation(content)
    found = Page(text)
    assert "<script>alert" not in text
    assert len(found.all("script")) == len(plain.all("script"))
    assert found.all("b") == plain.all("b")
    assert EVIL in [row[0] for row in found.table(MAIN)]
    assert EVIL in [row[0] for row in found.table(CLIPS)]
    assert EVIL in [row[1] for row in found.table(OBJECTS)]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_evaluation_page(tmp_path / name, with_classes_and_groups())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b"]


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    write_evaluation_page(tmp_path / "page", evaluation({"odd\udcff": 1.0, "second": 2.0}))
    assert "odd\\udcff" in (tmp_path / "page").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"report\.html: cannot be written: No such file or directory"):
        write_evaluation_page(tmp_path / "nowhere" / "report.html", evaluation(TWO))
