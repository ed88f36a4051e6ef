"""Truth and results of YouTube-VIS as tracks, against the published evaluation and spoiled by hand."""

import json
import math
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import pytest
from pycocotools import mask as coco

from steadymask.data.youtube_vis import YouTubeVis, read_youtube_vis
from steadymask.errors import InputError, VideoError
from steadymask.metrics.instances import AREAS, InstanceSums, average_precision, average_recall, instance_sums


def sums(data: YouTubeVis, category: int, area: str) -> InstanceSums:
    each = (
        instance_sums(video.found.get(category, ()), video.truth.get(category, ()), area=area)
        for video in data.videos
    )
    return reduce(add, each)


def mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else -1.0  # their sign for undefined


def test_what_is_read_has_the_twelve_statistics_of_the_published_evaluation(reference: Path) -> None:
    folder = reference / "youtube_vis"
    data = read_youtube_vis(folder / "truth.json", folder / "predictions.json")
    assert [video.name for video in data.videos] == ["car-shadow", "dance-twirl", "libby"]
    assert data.categories == {1: "one", 2: "two", 3: "three"}
    by_area = {area: [sums(data, each, area) for each in data.categories] for area in AREAS}
    found = {
        "AP": mean([average_precision(each) for each in by_area["all"]]),
        "AP50": mean([average_precision(each, threshold=0.5) for each in by_area["all"]]),
        "AP75": mean([average_precision(each, threshold=0.75) for each in by_area["all"]]),
    }
    for most in (1, 10, 100):
        found[f"AR_{most}"] = mean([average_recall(each, most=most) for each in by_area["all"]])
    for area in ("small", "medium", "large"):
        found[f"AP_{area}"] = mean([average_precision(each) for each in by_area[area]])
        found[f"AR_{area}"] = mean([average_recall(each) for each in by_area[area]])
    expected = json.loads((folder / "youtube_vis.json").read_text())["stats"]
    assert found == pytest.approx(expected, abs=1e-9)


def good() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    mask = {"size": [2, 3], "counts": [2, 3, 1]}
    truth = {
        "videos": [{"id": 7, "name": "dog", "height": 2, "width": 3, "length": 2}],
        "categories": [{"id": 4, "name": "animal"}, {"id": 5}],
        "annotations": [
            {"id": 1, "video_id": 7, "category_id": 4, "iscrowd": 0, "segmentations": [mask, None]},
            {"id": 2, "video_id": 7, "category_id": 4, "iscrowd": 1, "segmentations": [mask, dict(mask)]},
        ],
    }
    return truth, [{"video_id": 7, "category_id": 5, "score": 0.25, "segmentations": [None, mask]}]


def read(folder: Path, truth: object, found: object) -> YouTubeVis:
    for name, content in (("truth.json", truth), ("found.json", found)):
        (folder / name).write_text(json.dumps(content))
    return read_youtube_vis(folder / "truth.json", folder / "found.json")


def test_tracks_lie_by_video_and_category(tmp_path: Path) -> None:
    data = read(tmp_path, *good())
    assert data.categories == {4: "animal", 5: "5"}
    (video,) = data.videos
    assert (video.id, video.name) == (7, "dog")
    assert [(each.crowd, each.score) for each in video.truth[4]] == [(False, 1), (True, 1)]
    (track,) = video.found[5]
    assert (track.score, track.crowd, track.area) == (0.25, False, 3)
    assert track.masks[0] is None
    assert coco.decode(track.masks[1]).tolist() == [[0, 1, 1], [0, 1, 0]]
    assert read(tmp_path, good()[0], []).videos[0].found == {}


def test_an_empty_mask_is_out_of_sight(tmp_path: Path) -> None:
    truth, found = good()
    found[0]["segmentations"][0] = {"size": [2, 3], "counts": [6]}
    (track,) = read(tmp_path, truth, found).videos[0].found[5]
    assert track.masks[0] is None


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("truth",), [], r"truth\.json: wanted a JSON object, got a list"),
        (("truth", "videos"), ..., r"truth\.json: videos: wanted a list, got nothing"),
        (("truth", "categories"), ..., r"truth\.json: categories: wanted a list, got nothing"),
        (("truth", "categories", 1, "id"), 4, "categories: wanted every id once, got 4 twice"),
        (("truth", "videos", 0, "length"), ..., "video 7: wanted length or file_names, got neither"),
        (
            ("truth", "videos", 0, "length"),
            3,
            "annotation 1: segmentations: wanted .* each of 3 frames, got 2",
        ),
        (
            ("truth", "annotations", 1, "video_id"),
            8,
            "annotation 2: video_id: wanted a video of the truth, got 8",
        ),
        (
            ("truth", "annotations", 1, "segmentations", 1, "counts"),
            "11",
            "annotation 2: frame 1: counts: wanted",
        ),
        (("found",), {}, r"found\.json: wanted a list of results, got an object"),
        (("found", 0), 7, r"found\.json: entry 0: wanted a JSON object, got 7"),
        (("found", 0, "video_id"), ..., "entry 0: video_id: wanted a whole number or a name, got nothing"),
        (("found", 0, "category_id"), 9, "entry 0: category_id: wanted one of the truth, got 9"),
        (("found", 0, "score"), ..., "entry 0: score: wanted a number, got nothing"),
        (("found", 0, "score"), "x", "entry 0: score: wanted a number, got 'x'"),
        (("found", 0, "segmentations"), [None], "entry 0: segmentations: wanted .* each of 2 frames, got 1"),
        (("found", 0, "segmentations", 0), 7, "entry 0: frame 0: wanted an object with size and counts"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, place: tuple[Any, ...], value: object, says: str) -> None:
    files: Any = dict(zip(("truth", "found"), good(), strict=True))
    *most, last = place
    owner = reduce(lambda each, key: each[key], most, files)
    owner[last] = value
    if value is ...:
        del owner[last]
    with pytest.raises(InputError, match=says):
        read(tmp_path, files["truth"], files["found"])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"truth\.json: cannot be read"):
        read_youtube_vis(tmp_path / "truth.json", tmp_path / "found.json")
