"""`demo`: small, offline, and its story is computed."""

import json
from pathlib import Path

import pytest

from steadymask.errors import InputError
from steadymask.io.masks import open_masks
from steadymask.io.video import open_video
from steadymask.tasks.demo import Demo, demo


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    out = tmp_path_factory.mktemp("demo") / "here"
    return demo(out=out, frames=10, size=(64, 96), method="median")


def test_everything_the_story_needs_is_there(made: Demo) -> None:
    assert {each.name for each in made.out.iterdir()} == {
        "after", "before", "before-and-after.mp4", "clip.mp4", "flickering", "stable", "truth",
    }  # fmt: skip
    assert open_video(made.out / "clip.mp4").count == 10
    assert open_masks(made.out / "flickering").count == open_masks(made.out / "stable").count == 10
    for scored in (made.before, made.after):
        assert json.loads(scored.scores_file.read_text()) == scored.scores
        assert scored.report.is_file()
    assert made.stabilized.preview is not None
    assert made.stabilized.preview.is_file()


def test_the_masks_flicker_and_the_filter_takes_some_of_it_out(made: Demo) -> None:
    before, after = made.after.scores, made.after.scores["compare"]
    assert before["overall"] == made.before.scores["overall"]
    assert before["overall"]["inconsistency"] > 1.5 * before["truth"]["overall"]["inconsistency"]
    assert after["inconsistency_reduction"]["inconsistency"] > 0.1
    assert before["excess_removed"] > 0.1


def test_the_same_demo_is_made_again(made: Demo, tmp_path: Path) -> None:
    again = demo(out=tmp_path / "again", frames=10, size=(64, 96), method="median")
    for name in ("after/scores.json", "stable/00009.png", "clip.mp4"):
        assert (again.out / name).read_bytes() == (made.out / name).read_bytes()


def test_a_demo_is_replaced_only_when_told(made: Demo) -> None:
    with pytest.raises(InputError, match="wanted a new place, got one that exists; see overwrite"):
        demo(out=made.out, frames=10, size=(64, 96), method="median")


def test_a_demo_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="size: wanted at least 32 by 32"):
        demo(out=tmp_path / "out", size=(8, 8))
    assert list(tmp_path.iterdir()) == []
