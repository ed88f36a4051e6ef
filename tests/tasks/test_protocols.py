"""How each protocol counts, in cases worked by hand on tiny masks."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from small_data_sets import (
    Clips,
    box,
    camvid,
    cityscapes,
    davis,
    vspw,
    write_clips,
    write_labels,
    write_meta,
    youtube_vos,
)
from steadymask.data.reading import Reading
from steadymask.errors import InputError, VideoError
from steadymask.tasks.evaluate import evaluate
from steadymask.tasks.protocols import ProtocolName, protocol_of, require_protocol

LEFT, RIGHT = (1, 2, 6, 1, 5), (2, 2, 6, 6, 9)
"""Two objects of 16 and 12 pixels."""
NOTHING = box()
ONE = box(LEFT)


def evaluated(
    dataset: Path,
    out: Path,
    *predictions: Path,
    protocol: ProtocolName | None = None,
    measures: Sequence[str] = ("accuracy",),
    subset: str = "val",
    reading: Reading | None = None,
) -> dict[str, Any]:
    found = evaluate(
        dataset,
        predictions,
        protocol=protocol,
        measures=tuple(measures),
        subset=subset,
        out=out,
        workers=1,
        reading=reading or Reading(),
    )
    return dict(found.content)


def of_davis(
    tmp_path: Path, truth: Clips, predicted: Clips, *, protocol: ProtocolName, lists: str = "2017"
) -> dict[str, Any]:
    """The part of the only set of masks."""
    root = davis(tmp_path / "davis", truth, lists=lists)
    found = evaluated(root, tmp_path / "out", write_clips(tmp_path / "ours", predicted), protocol=protocol)
    part: dict[str, Any] = found["predictions"]["ours"]
    return part


@pytest.mark.parametrize("protocol", ["davis2016", "davis2017"])
def test_the_first_and_the_last_frame_do_not_count(tmp_path: Path, protocol: ProtocolName) -> None:
    predicted = {"dog": [NOTHING, ONE, ONE, NOTHING]}
    lists = protocol.removeprefix("davis")
    found = of_davis(tmp_path, {"dog": [ONE] * 4}, predicted, protocol=protocol, lists=lists)
    assert found["overall"]["jaccard"] == found["overall"]["boundary_f"] == 1


def test_all_frames_count_without_annotations_given_away(tmp_path: Path) -> None:
    predicted = {"dog": [NOTHING, ONE, ONE, NOTHING]}
    found = of_davis(tmp_path, {"dog": [ONE] * 4}, predicted, protocol="davis2017-unsupervised")
    assert found["overall"]["jaccard"] == found["overall"]["boundary_f"] == 0.5


def test_2016_makes_one_object_of_all(tmp_path: Path) -> None:
    half = box((5, *LEFT[1:]))  # whatever its id: 16 of 28 pixels
    found = of_davis(
        tmp_path, {"dog": [box(LEFT, RIGHT)] * 3}, {"dog": [half] * 3}, protocol="davis2016", lists="2016"
    )
    assert found["overall"]["jaccard"] == pytest.approx(16 / 28)
    assert [*found["clips"]["dog"]["objects"]] == ["1"]


def test_2016_is_a_mean_over_clips_and_2017_over_objects(tmp_path: Path) -> None:
    truth = {"dog": [ONE] * 3, "two": [box(LEFT, RIGHT)] * 3}
    predicted = {"dog": [ONE] * 3, "two": [NOTHING] * 3}
    found = of_davis(tmp_path / "17", truth, predicted, protocol="davis2017")
    assert found["overall"]["jaccard"] == pytest.approx(1 / 3)
    assert found["overall"]["jaccard_and_boundary_f"] == pytest.approx(1 / 3)
    assert found["clips"]["two"]["overall"]["jaccard"] == 0
    found = of_davis(tmp_path / "16", truth, predicted, protocol="davis2016", lists="2016")
    assert found["overall"]["jaccard"] == pytest.approx(1 / 2)


@pytest.mark.parametrize("protocol", ["davis2017", "davis2017-unsupervised"])
def test_objects_of_2017_are_those_of_the_first_frame(tmp_path: Path, protocol: ProtocolName) -> None:
    """Ids above its largest are background, as davis2017-evaluation has it."""
    truth = {"dog": [ONE, box(LEFT, RIGHT), box(LEFT, RIGHT), ONE]}
    found = of_davis(tmp_path, truth, {"dog": [ONE] * 4}, protocol=protocol)
    assert [*found["clips"]["dog"]["objects"]] == ["1"]
    assert found["overall"]["jaccard"] == 1


def test_255_is_background_where_first_frames_are_given(tmp_path: Path) -> None:
    unclear = box(LEFT, (255, 6, 8, 1, 5))
    found = of_davis(tmp_path, {"dog": [unclear] * 3}, {"dog": [ONE] * 3}, protocol="davis2017")
    assert found["overall"]["jaccard"] == 1
    assert [*found["clips"]["dog"]["objects"]] == ["1"]


def test_proposals_are_matched_and_void_of_the_truth_counts_nowhere(tmp_path: Path) -> None:
    truth = {"dog": [box(LEFT, RIGHT, (255, 6, 8, 0, 10))] * 2}
    swapped = {"dog": [box((2, *LEFT[1:]), (1, *RIGHT[1:]), (3, 6, 8, 2, 4))] * 2}
    found = of_davis(tmp_path, truth, swapped, protocol="davis2017-unsupervised")
    assert found["overall"]["jaccard"] == 1


def test_predicted_void_is_background(tmp_path: Path) -> None:
    """It would otherwise be a way around everything hard."""
    dodged = {"dog": [box(LEFT, (255, 2, 6, 3, 5))] * 2}  # the right half of the object
    found = of_davis(tmp_path, {"dog": [ONE] * 2}, dodged, protocol="davis2017-unsupervised")
    assert found["overall"]["jaccard"] == pytest.approx(1 / 2)


def test_more_than_twenty_proposals_are_refused(tmp_path: Path) -> None:
    many = (np.arange(80).reshape(8, 10) // 2) % 22  # two pixels each
    with pytest.raises(InputError, match=r"wanted at most 20 proposals, got 21"):
        of_davis(tmp_path, {"dog": [ONE] * 2}, {"dog": [many] * 2}, protocol="davis2017-unsupervised")


@pytest.mark.parametrize("protocol", ["davis2016", "davis2017", "davis2017-unsupervised"])
def test_a_clip_without_objects_says_nothing_and_stops_nothing(
    tmp_path: Path, protocol: ProtocolName
) -> None:
    truth = {"none": [NOTHING] * 3, "dog": [ONE] * 3}
    lists = "2016" if protocol == "davis2016" else "2017"
    found = of_davis(
        tmp_path, truth, {"none": [NOTHING] * 3, "dog": [ONE] * 3}, protocol=protocol, lists=lists
    )
    assert found["overall"]["jaccard"] == 1


def test_youtube_vos_counts_objects_from_the_frame_after_their_first(tmp_path: Path) -> None:
    """Object 1 is wrong only where it is given; object 2 appears in frame 2 and is missed in frame 3."""
    truth = {"a": [ONE, ONE, box(LEFT, RIGHT), box(LEFT, RIGHT)]}
    predicted = {"a": [NOTHING, ONE, ONE, ONE]}
    root = youtube_vos(tmp_path / "valid", truth, {"a": {"1": "dog", "2": "zebra"}})
    ours = tmp_path / "ours"
    for index, each in enumerate(predicted["a"]):
        write_labels(ours / "a" / f"{5 * index:05d}.png", each)
    write_meta(tmp_path / "train" / "meta.json", {"x": {"1": "dog"}})
    found = evaluated(root, tmp_path / "out", ours)
    assert found["protocol"] == "youtube-vos"
    objects = found["predictions"]["ours"]["clips"]["a"]["objects"]
    assert (objects["1"]["jaccard"], objects["2"]["jaccard"]) == (1, 0)
    overall = found["predictions"]["ours"]["overall"]
    assert overall["jaccard"] == 0.5
    assert (overall["jaccard_seen"], overall["boundary_f_seen"]) == (1, 1)
    assert (overall["jaccard_unseen"], overall["boundary_f_unseen"]) == (0, 0)
    assert overall["youtube_vos_g"] == 0.5
    assert found["settings"]["better"]["youtube_vos_g"] == "higher"


def test_youtube_vos_means_over_the_objects_of_seen_and_unseen_categories(tmp_path: Path) -> None:
    truth = {"a": [box(LEFT, RIGHT)] * 2, "b": [ONE] * 2}
    predicted = {"a": [NOTHING, box(RIGHT)], "b": [NOTHING, ONE]}
    categories = {"a": {"1": "dog", "2": "dog"}, "b": {"1": "zebra"}}
    root = youtube_vos(tmp_path / "valid", truth, categories)
    ours = tmp_path / "ours"
    for name, maps in predicted.items():
        for index, each in enumerate(maps):
            write_labels(ours / name / f"{5 * index:05d}.png", each)
    write_meta(tmp_path / "train" / "meta.json", {"x": {"1": "dog"}})
    overall = evaluated(root, tmp_path / "out", ours)["predictions"]["ours"]["overall"]
    assert (overall["jaccard_seen"], overall["jaccard_unseen"]) == (0.5, 1)
    assert overall["youtube_vos_g"] == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    assert overall["jaccard"] == pytest.approx(2 / 3)


def test_nobody_knows_what_is_seen_without_the_training_part(tmp_path: Path) -> None:
    root = youtube_vos(tmp_path / "valid", {"a": [ONE] * 2}, {"a": {"1": "dog"}})
    found = evaluated(root, tmp_path / "out", root / "Annotations")
    assert not any(
        "seen" in key or key == "youtube_vos_g" for key in found["predictions"]["Annotations"]["overall"]
    )


def flat(folder: Path, frames: dict[str, ArrayLike]) -> Path:
    for stem, labels in frames.items():
        write_labels(folder / f"{stem}.png", labels, palette=False)
    return folder


def test_pixels_of_all_clips_are_pooled_and_classes_count_alike(tmp_path: Path) -> None:
    road, car = box(ground=3), box((8, *LEFT[1:]), ground=3)
    root = camvid(tmp_path / "camvid", {"a_0": road, "b_0": car, "b_1": car})
    ours = flat(tmp_path / "ours", {"a_0": road, "b_0": road, "b_1": car})
    found = evaluated(root, tmp_path / "out", ours)
    assert found["protocol"] == "camvid"
    part = found["predictions"]["ours"]
    assert part["overall"]["mean_iou"] == pytest.approx((208 / 224 + 16 / 32) / 2)
    assert part["overall"]["pixel_accuracy"] == pytest.approx(224 / 240)
    assert part["overall"]["mean_accuracy"] == pytest.approx((1 + 0.5) / 2)
    assert part["classes"] == {
        "road": {"iou": pytest.approx(208 / 224), "accuracy": 1},
        "car": {"iou": 0.5, "accuracy": 0.5},
    }
    assert part["clips"]["a"]["overall"]["mean_iou"] == 1


def test_void_counts_nowhere_in_the_truth_and_is_wrong_in_predictions(tmp_path: Path) -> None:
    truth = box((11, 0, 2, 0, 10), (3, 2, 5, 0, 10), (8, 5, 8, 0, 10))  # 20 void, 30 road, 30 car
    dodged = box((3, 0, 5, 0, 10), (8, 5, 8, 0, 10), (11, 2, 5, 0, 5))  # half the road is called void
    root = camvid(tmp_path / "camvid", {"a_0": truth})
    overall = evaluated(root, tmp_path / "out", flat(tmp_path / "ours", {"a_0": dodged}))["predictions"][
        "ours"
    ]["overall"]
    assert overall["mean_iou"] == pytest.approx((0.5 + 1) / 2)
    assert overall["pixel_accuracy"] == pytest.approx(45 / 60)


def test_an_id_of_no_class_is_named_with_its_frame(tmp_path: Path) -> None:
    root = camvid(tmp_path / "camvid", {"a_0": box(ground=3)})
    with pytest.raises(InputError, match=r"^a: .*frame a_0: wanted ids of 11 classes \(0 to 10\), got 12"):
        evaluated(root, tmp_path / "out", flat(tmp_path / "ours", {"a_0": box(ground=12)}))


@pytest.mark.parametrize(("protocol", "road"), [("cityscapes", 0), ("cityscapes-label-ids", 7)])
def test_cityscapes_is_scored_on_annotated_frames_by_either_ids(
    tmp_path: Path, protocol: ProtocolName, road: int
) -> None:
    names = [f"ulm_000000_00001{index}" for index in range(3)]
    truth = box((4, 0, 2, 0, 10), ground=7)  # label id 4 is void
    root = cityscapes(tmp_path / "cityscapes", names, {names[1]: truth})
    ours = flat(tmp_path / "ours" / "ulm", {f"{names[1]}_leftImg8bit": box(ground=road)}).parent
    found = evaluated(
        root,
        tmp_path / "out",
        ours,
        protocol=protocol,
        measures=("accuracy", "stability", "video-consistency"),
    )
    assert found["predictions"]["ours"]["overall"] == {
        "mean_iou": 1,
        "mean_accuracy": 1,
        "pixel_accuracy": 1,
    }  # nothing from frame to frame
    assert found["truth"] is None


@pytest.mark.parametrize(("protocol", "first"), [("vspw", 1), ("vspw-from-0", 0)])
def test_vspw_counts_classes_from_1_or_from_0(tmp_path: Path, protocol: ProtocolName, first: int) -> None:
    truth = {"a": [box((124, 2, 6, 1, 5), (0, 0, 1, 0, 10), ground=1)] * 2}
    root = vspw(tmp_path / "vspw", truth)
    ours = write_clips(
        tmp_path / "ours", {"a": [box((123 + first, 2, 6, 1, 5), ground=first)] * 2}, palette=False
    )
    for path in (ours / "a").iterdir():
        path.rename(path.with_name(f"000{path.name}"))
    assert evaluated(root, tmp_path / "out", ours, protocol=protocol)["predictions"]["ours"]["overall"][
        "mean_iou"
    ] == pytest.approx(1)


@pytest.mark.parametrize(
    ("build", "subset", "expected"),
    [
        (lambda root: davis(root, {"a": [ONE]}), "val", "davis2016"),
        (lambda root: davis(root, {"a": [ONE]}, lists="2017"), "val", "davis2017"),
        (lambda root: youtube_vos(root, {"a": [ONE]}, {"a": {"1": "x"}}), "val", "youtube-vos"),
        (lambda root: youtube_vos(root / "valid", {"a": [ONE]}, {"a": {"1": "x"}}), "valid", "youtube-vos"),
        (lambda root: camvid(root, {"a_0": ONE}), "val", "camvid"),
        (lambda root: cityscapes(root, ["ulm_0_0"], {}), "val", "cityscapes"),
        (lambda root: vspw(root, {"a": [ONE]}), "val", "vspw"),
        (lambda root: write_clips(root / "truth", {"a": [ONE]}), "val", "folder"),
    ],
)
def test_a_layout_tells_its_protocol(tmp_path: Path, build: Any, subset: str, expected: str) -> None:
    build(tmp_path)
    assert protocol_of(tmp_path, subset) == expected


def test_a_folder_that_is_not_there_and_a_protocol_that_is_none_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wanted the folder of a data set, got no such folder"):
        protocol_of(tmp_path / "none", "val")
    with pytest.raises(InputError, match=r"protocol: wanted one of davis2016, .*, got 'davis'"):
        require_protocol("davis")


def test_a_missing_clip_is_one_line_before_work_begins(tmp_path: Path) -> None:
    root = davis(tmp_path / "davis", {"dog": [ONE] * 2, "cat": [ONE] * 2})
    ours = write_clips(tmp_path / "ours", {"dog": [ONE] * 2})
    with pytest.raises(InputError, match=r"ours: wanted the masks of cat \(a folder or .*\), got none"):
        evaluated(root, tmp_path / "out", ours)
    with pytest.raises(VideoError, match=r"theirs: wanted a folder with the masks .*, got no such folder"):
        evaluated(root, tmp_path / "out", tmp_path / "theirs")
    assert not [*tmp_path.glob("*out*")]


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ([ONE], r"^dog: .*dog: wanted a mask for each of 2 frames of dog, got 1; .* without a mask is 00001"),
        ([np.zeros((8, 9))] * 2, r"^dog: .*dog: wanted height x width 8 x 10 as dog, got 8 x 9"),
    ],
)
def test_masks_that_do_not_fit_are_one_line(tmp_path: Path, maps: list[ArrayLike], message: str) -> None:
    root = davis(tmp_path / "davis", {"dog": [ONE] * 2})
    with pytest.raises(InputError, match=message):
        evaluated(root, tmp_path / "out", write_clips(tmp_path / "ours", {"dog": maps}))


def test_soft_masks_are_scored_by_their_most_probable_class(tmp_path: Path) -> None:
    write_clips(tmp_path / "data" / "truth", {"dog": [ONE] * 2})
    ours = write_clips(tmp_path / "ours", {"dog": [ONE * 200 + 40] * 2}, palette=False)
    found = evaluated(tmp_path / "data", tmp_path / "out", ours, reading=Reading(read_as="probability"))
    assert found["predictions"]["ours"]["overall"]["jaccard"] == 1
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == found
