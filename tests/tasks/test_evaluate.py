"""`evaluate` as a process: several sets, resume, failures, what is written and what is never replaced."""

import csv
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from small_clips import flickering, true_labels, write_frames, write_masks
from small_data_sets import box, davis, write_clips, write_labels
from steadymask.data.reading import Reading
from steadymask.errors import InputError
from steadymask.io.work_folder import work_path
from steadymask.tasks.evaluate import Evaluated, evaluate
from steadymask.tasks.score import score
from steadymask.tasks.synthesize import synthesize
from steadymask.tasks.synthetic_score import score_synthetic
from world import World

ONE, HALF = box((1, 2, 6, 1, 5)), box((1, 2, 6, 1, 3))
TRUTH = {"a": [ONE] * 4, "b": [ONE] * 5, "c": [ONE] * 6}


class Box:
    """A data set of three clips, and a set of masks of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = davis(root / "davis", TRUTH)
        self.good = write_clips(root / "good", TRUTH)
        self.half = write_clips(root / "half", {name: [HALF] * len(maps) for name, maps in TRUTH.items()})
        self.out = root / "out"

    def evaluated(self, *sets: Path, **settings: object) -> Evaluated:
        chosen = {"measures": ("accuracy",), "out": self.out, "workers": 1} | settings
        return evaluate(self.data, sets or (self.good,), **chosen)  # type: ignore[arg-type]

    @property
    def kept(self) -> list[Path]:
        return sorted((work_path(self.out) / "frames").glob("*.json"))


@pytest.fixture
def files(tmp_path: Path) -> Box:
    return Box(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_several_sets_are_ranked_and_compared(files: Box) -> None:
    found = files.evaluated(files.good, files.half).content
    assert [*found["predictions"]] == ["good", "half"]
    assert found["predictions"]["half"]["overall"]["jaccard"] == pytest.approx(0.5)
    ranks = found["ranks"]
    assert (ranks["good"]["metrics"]["jaccard"], ranks["half"]["metrics"]["jaccard"]) == (1, 2)
    assert (
        ranks["good"]["metrics"]["mean_absolute_error"],
        ranks["half"]["metrics"]["mean_absolute_error"],
    ) == (1, 2)
    assert ranks["good"]["sum"] == sum(ranks["good"]["metrics"].values())
    (difference,) = found["differences"]
    assert (difference["from"], difference["to"]) == ("good", "half")
    assert difference["metrics"]["jaccard"] == {"mean": -0.5, "low": None, "high": None}  # of three clips


def test_one_set_alone_is_not_ranked(files: Box) -> None:
    found = files.evaluated().content
    assert (found["ranks"], found["differences"]) == ({}, [])


def test_sets_in_folders_of_the_same_name_are_told_by_those_above(files: Box, tmp_path: Path) -> None:
    other = write_clips(tmp_path / "other" / "good", TRUTH)
    found = files.evaluated(files.good, other).content
    assert [*found["predictions"]] == [f"{tmp_path.name}/good", "other/good"]
    with pytest.raises(InputError, match=r"wanted folders of different names, got .*/good twice"):
        files.evaluated(files.good, files.good)


def test_a_set_may_be_called_truth(files: Box, tmp_path: Path) -> None:
    mine = write_clips(tmp_path / "truth", TRUTH)
    assert [*files.evaluated(mine).content["predictions"]] == [f"{tmp_path.name}/truth"]


@pytest.mark.parametrize(
    "measures", [("accuracy",), pytest.param(("accuracy", "stability"), marks=pytest.mark.slow)]
)
def test_two_workers_write_the_same_bytes_as_one(files: Box, measures: tuple[str, ...]) -> None:
    one = files.evaluated(files.good, files.half, measures=measures, out=files.root / "one")
    two = files.evaluated(files.good, files.half, measures=measures, out=files.root / "two", workers=2)
    assert contents(one.out) == contents(two.out)
    assert {"evaluation.json", "clips.csv", "objects.csv"} <= {*contents(one.out)}


def test_the_json_says_what_python_gets_and_has_no_nan(files: Box) -> None:
    found = files.evaluated(files.half)

    def refuse(value: str) -> float:
        raise ValueError(value)

    text = (found.out / "evaluation.json").read_text()
    assert json.loads(text, parse_constant=refuse) == found.content


def test_the_tables_hold_what_the_json_says(files: Box) -> None:
    found = files.evaluated(files.half)
    with (found.out / "clips.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["predictions"], row["clip"], row["frames"]) for row in rows] == [
        ("half", "a", "4"),
        ("half", "b", "5"),
        ("half", "c", "6"),
    ]
    clips = found.content["predictions"]["half"]["clips"]
    assert [float(row["jaccard"]) for row in rows] == [each["overall"]["jaccard"] for each in clips.values()]
    with (found.out / "objects.csv").open(newline="") as file:
        assert [(row["clip"], row["object"]) for row in csv.DictReader(file)] == [
            ("a", "1"),
            ("b", "1"),
            ("c", "1"),
        ]


def fails_at_b(files: Box) -> None:
    (files.good / "b" / "00002.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"^b: .*00002\.png.*; what is measured is kept: see resume$"):
        files.evaluated()


def mend_b(files: Box) -> None:
    write_labels(files.good / "b" / "00002.png", ONE)


def test_a_failing_clip_keeps_what_is_measured_and_writes_nothing_else(files: Box) -> None:
    fails_at_b(files)
    assert not files.out.exists()
    assert [each.name for each in files.kept] == ["00000.json", "00002.json"]


def test_resume_does_not_measure_again_what_is_measured(files: Box) -> None:
    fails_at_b(files)
    kept = json.loads(files.kept[0].read_text())
    kept["found"]["good"]["overall"]["jaccard"] = 0.125
    files.kept[0].write_text(json.dumps(kept))
    mend_b(files)
    steps: list[tuple[int, int]] = []
    found = files.evaluated(resume=True, progress=lambda _, done, of: steps.append((done, of)))
    clips = found.content["predictions"]["good"]["clips"]
    assert [each["overall"]["jaccard"] for each in clips.values()] == [0.125, 1, 1]
    assert steps == [(3, 3)]
    assert not work_path(files.out).exists()


def test_resumed_work_ends_in_the_same_bytes(files: Box) -> None:
    fails_at_b(files)
    mend_b(files)
    resumed = files.evaluated(resume=True)
    assert contents(resumed.out) == contents(files.evaluated(out=files.root / "whole").out)


def test_resuming_what_is_finished_gives_it_again(files: Box) -> None:
    made = files.evaluated()
    before = contents(files.out)
    steps: list[object] = []
    again = files.evaluated(resume=True, progress=lambda *step: steps.append(step))
    assert (again, steps, contents(files.out)) == (made, [], before)


@pytest.mark.parametrize("what", ["masks", "truth", "frame", "settings", "sets", "place", "file"])
def test_what_is_finished_but_of_something_else_is_not_given_again(files: Box, what: str) -> None:
    files.evaluated()
    settings: dict[str, object] = {"resume": True}
    sets = (files.half,) if what == "sets" else (files.good,)
    if what == "place":  # another folder of the same name
        (files.root / "other").mkdir()
        sets = (write_clips(files.root / "other" / "good", TRUTH),)
    if what == "frame":
        (files.good / "c" / "00005.png").unlink()
        (files.data / "Annotations" / "480p" / "c" / "00005.png").unlink()
        (files.data / "JPEGImages" / "480p" / "c" / "00005.jpg").unlink(missing_ok=True)
    if what == "masks":
        change_masks(files)
    elif what == "truth":
        change_truth(files)
    elif what == "settings":
        settings["measures"] = ("accuracy", "video-consistency")
    elif what == "file":
        (files.out / "evaluation.json").write_text('{"settings": {}, "predictions": {}}')
    with pytest.raises(InputError, match="wanted a new place, got one that exists; see overwrite"):
        files.evaluated(*sets, **settings)


def plain(files: Box) -> None:
    """The same clips as a plain folder."""
    (files.data / "frames").symlink_to(files.data / "JPEGImages" / "480p")
    (files.data / "truth").symlink_to(files.data / "Annotations" / "480p")


def test_chosen_ids_that_nobody_has_are_an_error(files: Box) -> None:
    plain(files)
    with pytest.raises(InputError, match="objects: wanted ids that the data set has, got 9"):
        files.evaluated(protocol="folder", reading=Reading(objects=(9,)))


def test_a_plain_folder_has_no_parts(files: Box) -> None:
    plain(files)
    with pytest.raises(InputError, match=r"subset: wanted none with .*, which has no parts, got train"):
        files.evaluated(protocol="folder", subset="train")


def test_a_clip_without_a_truth_is_measured_for_its_steadiness(tmp_path: Path) -> None:
    world = World()
    labels = true_labels(world, 4)
    for name in ("a", "b"):
        write_frames(tmp_path / "data" / "frames" / name, world, 4)
        write_masks(tmp_path / "masks" / name, flickering(labels))
    write_masks(tmp_path / "data" / "truth" / "a", labels)
    found = evaluate(tmp_path / "data", (tmp_path / "masks",), out=tmp_path / "out", workers=1).content
    clips = found["predictions"]["masks"]["clips"]
    assert [*clips] == ["a", "b"]
    assert "jaccard" in clips["a"]["overall"]
    assert "jaccard" not in clips["b"]["overall"]
    assert clips["b"]["overall"]["inconsistency"] > 0
    assert "1 of 2 clips" in (tmp_path / "out" / "report.html").read_text()


def test_the_excess_over_the_truth_is_that_of_the_clips_that_have_one(tmp_path: Path) -> None:
    world = World()
    labels = true_labels(world, 4)
    for name, steadied in (("a", labels), ("b", flickering(labels))):
        write_frames(tmp_path / "data" / "frames" / name, world, 4)
        write_masks(tmp_path / "before" / name, flickering(labels))
        write_masks(tmp_path / "after" / name, steadied)
    write_masks(tmp_path / "data" / "truth" / "a", labels)
    found = evaluate(
        tmp_path / "data", (tmp_path / "before", tmp_path / "after"), out=tmp_path / "out", workers=1
    ).content
    assert found["excess_removed"] == {"after": pytest.approx(1.0)}


def test_objects_of_matched_proposals_have_no_number_of_a_proposal(tmp_path: Path) -> None:
    """A proposal's id is not that of the object it is matched with."""
    world = World()
    labels = true_labels(world, 4)
    write_frames(tmp_path / "davis" / "JPEGImages" / "480p" / "a", world, 4)
    write_masks(tmp_path / "davis" / "Annotations" / "480p" / "a", labels)
    (tmp_path / "davis" / "ImageSets" / "2017").mkdir(parents=True)
    (tmp_path / "davis" / "ImageSets" / "2017" / "val.txt").write_text("a\n")
    turned = [torch.where(each > 0, each.max() + 1 - each, 0) for each in labels]
    write_masks(tmp_path / "masks" / "a", turned)
    found = evaluate(
        tmp_path / "davis",
        (tmp_path / "masks",),
        protocol="davis2017-unsupervised",
        out=tmp_path / "out",
        workers=1,
    ).content["predictions"]["masks"]["clips"]["a"]
    assert found["overall"]["inconsistency"] >= 0
    for scores in found["objects"].values():
        assert scores["jaccard"] == 1
        assert "inconsistency" not in scores


def test_masks_whose_names_agree_in_part_are_not_paired_by_order(files: Box) -> None:
    (files.good / "b" / "00003.png").rename(files.good / "b" / "00009.png")
    with pytest.raises(
        InputError, match=r"b: .*wanted a mask for frame 00003, got 00004 in its place; 2 of 5"
    ):
        files.evaluated()


def test_ids_that_the_truth_has_not_are_said(files: Box, tmp_path: Path) -> None:
    colors = np.where(ONE > 0, 38, 0)
    odd = write_clips(tmp_path / "odd", {name: [colors] * len(maps) for name, maps in TRUTH.items()})
    plain(files)
    found = files.evaluated(files.good, odd, protocol="folder")
    assert found.content["warnings"] == [
        "odd: in a the masks have object 38 (and 2 more clips such ones), which the truth has not; "
        "they count as background."
    ]
    assert "have object 38" in found.report.read_text()


def test_without_resume_everything_is_measured_anew(files: Box) -> None:
    fails_at_b(files)
    files.kept[0].write_text("{}")
    mend_b(files)
    assert files.evaluated().content["predictions"]["good"]["overall"]["jaccard"] == 1


def change_masks(files: Box) -> None:
    write_labels(files.good / "a" / "00001.png", HALF)


def change_truth(files: Box) -> None:
    write_labels(files.data / "Annotations" / "480p" / "a" / "00001.png", HALF)


@pytest.mark.parametrize("change", [change_masks, change_truth])
def test_a_measured_clip_whose_files_changed_is_measured_again(
    files: Box, change: Callable[[Box], None]
) -> None:
    fails_at_b(files)
    mend_b(files)
    change(files)
    clips = files.evaluated(resume=True).content["predictions"]["good"]["clips"]
    assert clips["a"]["overall"]["jaccard"] == pytest.approx(0.75)  # of two frames that count


def test_other_settings_sets_and_clips_are_not_gone_on_with(files: Box) -> None:
    fails_at_b(files)
    mend_b(files)
    for settings, what in (
        ({"protocol": "folder"}, "protocol"),
        ({"measures": ("accuracy", "video-consistency")}, "measures"),
        ({"reading": Reading(objects=(1,))}, "reading"),
    ):
        with pytest.raises(
            InputError, match=rf"resume with the same inputs and settings, got another .*{what}"
        ):
            if settings.get("protocol") == "folder":
                (files.data / "frames").symlink_to(files.data / "JPEGImages" / "480p")
                (files.data / "truth").symlink_to(files.data / "Annotations" / "480p")
            files.evaluated(resume=True, **settings)
    with pytest.raises(InputError, match="got another predictions"):
        files.evaluated(files.good, files.half, resume=True)
    (files.data / "ImageSets" / "2016" / "val.txt").write_text("c\nb\na\n")
    with pytest.raises(InputError, match="got another clips"):
        files.evaluated(resume=True)


def test_what_is_there_is_replaced_only_when_told_and_only_an_evaluation(files: Box) -> None:
    files.evaluated(files.half)
    with pytest.raises(InputError, match="wanted a new place, got one that exists; see overwrite"):
        files.evaluated()
    assert files.evaluated(overwrite=True).content["predictions"]["good"]["overall"]["jaccard"] == 1
    (files.root / "mine").mkdir()
    (files.root / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"wanted a folder with evaluation.json to overwrite, got something"):
        files.evaluated(out=files.root / "mine", overwrite=True)
    assert (files.root / "mine" / "letter.txt").read_text() == "dear"
    (files.out / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"wanted nothing but an older result to overwrite, got letter\.txt"):
        files.evaluated(overwrite=True)
    assert (files.out / "letter.txt").read_text() == "dear"


def test_a_folder_that_came_up_meanwhile_is_not_replaced_by_resumed_work(files: Box) -> None:
    fails_at_b(files)
    mend_b(files)
    files.out.mkdir()
    (files.out / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"wanted a folder with evaluation.json to overwrite, got something"):
        files.evaluated(resume=True)
    assert (files.out / "letter.txt").read_text() == "dear"


def test_the_result_is_never_written_over_its_inputs(files: Box) -> None:
    for place in (files.data, files.good, files.root):
        with pytest.raises(InputError, match="wanted a place apart from the input"):
            files.evaluated(out=place, overwrite=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resume": True, "overwrite": True}, "resume: wanted either resume or overwrite, got both"),
        ({"workers": 0}, "workers: wanted at least 1, got 0"),
        ({"measures": ()}, "measures: wanted some of accuracy, .*, got none"),
        ({"reading": Reading(every=2)}, "every: wanted masks named like the frames of a data set, not every"),
        ({"subset": "test"}, "wanted the list ImageSets/2016/test.txt of DAVIS 2016, got no such file"),
    ],
)
def test_settings_that_cannot_be_are_one_line(files: Box, settings: dict[str, object], message: str) -> None:
    with pytest.raises((InputError, OSError), match=message):
        files.evaluated(**settings)
    with pytest.raises(InputError, match="predictions: wanted at least one folder of masks, got none"):
        evaluate(files.data, (), out=files.out)


def test_threads_of_the_caller_have_as_many_threads_as_before(files: Box) -> None:
    """PyTorch's number for new threads is one for the whole process."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        files.evaluated()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)


def test_stability_is_that_of_score(tmp_path: Path) -> None:
    """The protocol `folder` counts every frame, as `score` does."""
    world = World()
    true = true_labels(world)
    frames = write_frames(tmp_path / "data" / "frames" / "disks", world)
    truth = write_masks(tmp_path / "data" / "truth" / "disks", true)
    masks = write_masks(tmp_path / "ours" / "disks", flickering(true))
    found = evaluate(
        tmp_path / "data",
        (tmp_path / "ours",),
        measures=("accuracy", "stability"),
        out=tmp_path / "out",
        workers=1,
    ).content
    expected = score(frames, masks, truth=truth, out=tmp_path / "score").scores
    part = found["predictions"]["ours"]["clips"]["disks"]
    for key, value in part["overall"].items():
        assert value == pytest.approx(expected["overall"][key], nan_ok=True), key
    assert part["objects"]["2"]["inconsistency"] == pytest.approx(expected["objects"]["2"]["inconsistency"])
    floor = found["truth"]["overall"]["inconsistency"]
    assert floor == pytest.approx(expected["truth"]["overall"]["inconsistency"])


def test_synthetic_sequences_are_scored_along_their_exact_motion(tmp_path: Path) -> None:
    world = World(size=(64, 80))
    image, mask = (write_frames(tmp_path / "i", world, 1), write_masks(tmp_path / "m", [world.labels(0)]))
    made = synthesize(image / "00000.png", mask / "00000.png", tmp_path / "made", seed=1)
    data = tmp_path / "made"
    ours = tmp_path / "ours"
    for truth in sorted(data.rglob("truth")):
        (ours / truth.parent.name).parent.mkdir(parents=True, exist_ok=True)
        (ours / truth.parent.name).symlink_to(truth)
    found = evaluate(data, (ours,), out=tmp_path / "out", workers=1).content
    assert found["protocol"] == "synthetic"
    expected = score_synthetic(data, ours)
    part = found["predictions"]["ours"]
    assert part["overall"] == pytest.approx(dict(expected.overall))
    for severity, scores in expected.severities.items():
        assert part["groups"][f"severity {severity}"] == pytest.approx(dict(scores))
    assert made is not None
    assert np.isfinite(list(part["overall"].values())).all()
