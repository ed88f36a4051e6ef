"""The page: one valid file that loads nothing."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
import torch
from parsed_page import Page

from steadymask.errors import InputError, VideoError
from steadymask.report.glossary import MINUS, described
from steadymask.report.html import ReportContent, render, write_report
from steadymask.report.slices import SlicesCollector
from steadymask.report.worst import WorstFrames

EVIL = "<script>alert('x')</script>\"&"


def part(level: float, frames: int, objects: int = 1) -> dict[str, object]:
    overall = {"inconsistency": level, "temporal_consistency": 0.9, "jaccard": 0.8, "boundary_f": 0.75}
    return {
        "overall": overall,
        "objects": {str(n): dict(overall) for n in range(1, objects + 1)},
        "frames": {
            "inconsistency": [level + 0.01 * (t % 7) for t in range(frames)],
            "jaccard": [0.8 if t % 10 == 0 else None for t in range(frames)],
        },
    }


def content(frames: int = 20, *, objects: int = 1, clip: str = "clip", **more: object) -> ReportContent:
    scores = {
        "clip": clip,
        "settings": {"flow": "dis", "better": {"jaccard": "higher"}},
        "excess_removed": None,
    }
    scores |= part(2.0, frames, objects)
    scores |= {role: part(level, frames, objects) for role, level in more.pop("roles", {}).items()}
    times = [t / 25 for t in range(frames)]
    return ReportContent(scores=scores, version="1.2.3", times=times, **more)


def pictures() -> dict[str, object]:
    slices, worst = SlicesCollector(), WorstFrames()
    picture = torch.full((3, 20, 30), 80, dtype=torch.uint8)
    for t in range(9):
        masks = torch.zeros(20, 30, dtype=torch.long)
        masks[5:15, 5 + 3 * (t % 2) : 20] = 1
        labels = {"masks": masks, "compare": masks, "truth": masks}
        slices.add(picture, labels, flow_ij=None if t == 0 else torch.zeros(2, 20, 30))
        worst.add(t, t / 25, float(t), picture, labels, flicker=masks > 0)
    return {"slices": slices.slices(), "worst": worst.frames()}


BOTH = {"compare": 1.0, "truth": 0.5}


@pytest.mark.parametrize(
    ("roles", "frames", "objects"),
    [({}, 1, 1), ({"truth": 0.5}, 1, 3), ({"compare": 1.0}, 20, 3), (BOTH, 20, 1), (BOTH, 3000, 200)],
)
def test_every_kind_of_content_makes_a_valid_page(roles: dict[str, float], frames: int, objects: int) -> None:
    page = Page(render(content(frames, objects=objects, roles=roles, warnings=("It lags.",))))
    assert "It lags." in page.text
    assert len(page.all("table")) == 2
    for role, name in (("compare", "Compared"), ("truth", "Truth")):
        assert (name in page.text.split("Through time")[0]) == (role in roles)


def test_a_page_without_series_objects_or_settings_is_valid() -> None:
    page = Page(render(ReportContent(scores={"clip": "c", "overall": {"inconsistency": None}}, version="1")))
    assert "Flicker is not defined" in page.text
    assert page.all("svg") == []


def test_each_metric_stands_in_the_table_with_its_meaning() -> None:
    page = Page(render(content(roles=BOTH)))
    for key, metric in described(
        {"inconsistency", "temporal_consistency", "jaccard", "boundary_f"}, {}
    ).items():
        assert f"{metric.name} {'↑' if metric.better == 'higher' else '↓'}" in page.text
        assert f"{metric.name} {key}{metric.meaning}" in page.text
    assert "80.0\xa0%" in page.text
    assert f"{MINUS}50\xa0%" in page.text


def test_the_page_loads_nothing() -> None:
    text = render(content(roles=BOTH, **pictures()))
    page = Page(text)
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text
    assert "@import" not in text
    addresses = [
        each.get("src") or each.get("href") or "" for _, each in page.tags if "src" in each or "href" in each
    ]
    assert addresses
    assert all(each.startswith(("data:", "#")) for each in addresses)
    policy = page.all("meta")[1]["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_only_our_script_runs() -> None:
    text = render(content())
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_names_cannot_become_markup() -> None:
    plain = Page(render(content(roles=BOTH, names={"masks": "m"}, warnings=("w",))))
    hostile = content(clip=EVIL, roles=BOTH, names={"masks": EVIL}, warnings=(EVIL,))
    hostile.scores["settings"][EVIL] = EVIL
    hostile.scores["objects"][EVIL] = {"jaccard": 0.5}
    hostile.scores["overall"][EVIL] = 0.5
    hostile.scores["frames"][EVIL] = [0.5] * 20
    text = render(hostile)
    page = Page(text)
    assert EVIL in page.text
    assert "<script>alert" not in text
    assert len(page.all("script")) == len(plain.all("script"))


def test_pictures_have_words_for_those_who_do_not_see_them() -> None:
    page = Page(render(content(9, roles=BOTH, **pictures())))
    images = page.all("img")
    assert len(images) >= 10
    assert all(image["alt"] for image in images)
    assert {f"worst-{n}" for n in (1,)} <= {tag.get("id") for _, tag in page.tags}


def test_series_of_a_hundred_thousand_frames_stay_small_and_keep_their_spike() -> None:
    long = content(100_000, cuts=range(0, 100_000, 50))
    long.scores["frames"]["inconsistency"][77_777] = 123.5
    text = render(long)
    assert len(text) < 1_000_000
    data = json.loads(re.findall(r'id="data">(.*?)</script>', text)[0])
    low, high = data["charts"]["inconsistency"]["series"]["masks"]
    assert len(low) == len(high) == len(data["times"]) == 1000
    assert max(high) == 123.5


def test_many_objects_are_folded_and_few_are_open() -> None:
    def folds(objects: int) -> list[dict[str, str | None]]:
        return [each for each in Page(render(content(objects=objects))).all("details") if "open" in each]

    assert len(folds(3)) == 1
    assert folds(13) == []


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, content(9, roles=BOTH, **pictures()))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b"]


def test_a_page_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "report.html"
    with pytest.raises(VideoError, match=r"report\.html: cannot be written: No such file or directory"):
        write_report(path, content())


def test_content_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="times: wanted 2, one a frame, got 1"):
        ReportContent(
            scores={"clip": "c", "overall": {}, "frames": {"jaccard": [0.5, 0.5]}}, version="1", times=[0.0]
        )
    with pytest.raises(InputError, match="scores: wanted the key 'overall', got clip"):
        ReportContent(scores={"clip": "c"}, version="1")
