"""The numbers of an evaluation as CSV."""

import csv
from pathlib import Path

from steadymask.report.evaluation_csv import write_clips_csv, write_objects_csv

CONTENT = {
    "predictions": {
        "ours": {
            "clips": {
                "dog, big": {"frames": 3, "overall": {"jaccard": 0.5}, "objects": {"2": {"jaccard": 0.25}}},
                "cat": {"frames": 2, "overall": {"jaccard": None, "smoothness": 1.5}, "objects": {}},
            }
        }
    },
    "truth": {"clips": {"cat": {"frames": 2, "overall": {"smoothness": 1.0}, "objects": {}}}},
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_set_and_clip_has_a_row_and_what_is_undefined_is_empty(tmp_path: Path) -> None:
    write_clips_csv(tmp_path / "clips.csv", CONTENT)
    assert rows(tmp_path / "clips.csv") == [
        {"predictions": "ours", "clip": "dog, big", "frames": "3", "jaccard": "0.5", "smoothness": ""},
        {"predictions": "ours", "clip": "cat", "frames": "2", "jaccard": "", "smoothness": "1.5"},
        {"predictions": "truth", "clip": "cat", "frames": "2", "jaccard": "", "smoothness": "1.0"},
    ]


def test_each_object_has_a_row(tmp_path: Path) -> None:
    write_objects_csv(tmp_path / "objects.csv", CONTENT)
    assert rows(tmp_path / "objects.csv") == [
        {"predictions": "ours", "clip": "dog, big", "object": "2", "jaccard": "0.25"}
    ]


def test_without_objects_and_truth_only_the_head_is_there(tmp_path: Path) -> None:
    write_objects_csv(tmp_path / "objects.csv", {"predictions": {}, "truth": None})
    assert (tmp_path / "objects.csv").read_bytes() == b"predictions,clip,object\n"
