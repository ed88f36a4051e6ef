"""Masks in JSON: what is read, where tracks overlap, and that they come back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_json as small
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from steadymask.errors import InputError, VideoError
from steadymask.io.mask_format import JsonFormat, format_named
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_writer import encode_masks, open_mask_writer
from steadymask.io.masks import Masks, open_masks


def read(masks: Masks) -> np.ndarray:
    return np.stack([frame.labels.numpy() for frame in masks.frames()])


def rewritten(masks: Masks, path: Path) -> Any:
    encode_masks(path, masks.frames(), masks.format, count=masks.count)
    return json.loads(path.read_text())


def numbered(folder: Path, content: object) -> Masks:
    return open_masks(small.write(folder / "masks.json", content))


# --- what is read


def test_annotations_of_youtube_vis_are_objects_under_their_own_ids(tmp_path: Path) -> None:
    masks = numbered(tmp_path, small.youtube_vis(ids=(17, 5)))
    assert (masks.size, masks.count, masks.soft) == (small.SIZE, small.COUNT, False)
    assert masks.stems == ("00000", "00005", "00010", "00015")
    assert (read(masks) == small.labels((17, 5))).all()
    assert masks.decision == "JSON, YouTube-VIS, video dog: ids are annotation ids"


@pytest.mark.parametrize("ids", [(70000, 5), (0, 1), (900100581, 900100582)])
def test_annotation_ids_that_are_none_of_a_label_map_are_counted(
    tmp_path: Path, ids: tuple[int, int]
) -> None:
    masks = numbered(tmp_path, small.youtube_vis(ids=ids))
    assert (read(masks) == small.labels()).all()
    assert masks.decision.endswith(f"id 1 is annotation {ids[0]}, 2 is annotation {ids[1]}")
    again = rewritten(masks, tmp_path / "again.json")
    assert [each["id"] for each in again["annotations"]] == list(ids)


def test_results_of_youtube_vis_are_objects_in_their_order(tmp_path: Path) -> None:
    masks = numbered(tmp_path, small.youtube_vis_results())
    assert masks.names == ("00000", "00001", "00002", "00003")
    assert (read(masks) == small.labels()).all()
    assert masks.decision == "JSON, YouTube-VIS results, video 1: ids count the tracks in their order"


@pytest.mark.parametrize("key", ["track_id", "instance_id"])
def test_a_number_of_their_own_makes_tracks_of_coco_annotations(tmp_path: Path, key: str) -> None:
    masks = numbered(tmp_path, small.coco_json(key, ids=(4, 7)))
    assert masks.stems == ("00000", "00001", "00002", "00003")
    assert (read(masks) == small.labels((4, 7))).all()
    assert masks.decision == "JSON, COCO, 4 images: ids are track ids"
    results = numbered(tmp_path, small.coco_results(key))
    assert (read(results) == small.labels()).all()
    assert results.decision == "JSON, COCO results, 4 images: ids are track ids"


def test_without_tracks_each_category_is_an_object_and_that_is_said(tmp_path: Path) -> None:
    masks = numbered(tmp_path, small.coco_json(key=""))
    assert (read(masks) == small.labels((10, 20))).all()
    assert masks.decision.endswith(
        "no track_id or instance_id, so that each category is one object; ids are category ids"
    )


def test_all_masks_of_a_category_in_an_image_are_one_object(tmp_path: Path) -> None:
    content = small.coco_json(key="")
    more = {"id": 900, "image_id": 101, "category_id": 10, "segmentation": small.rle(small.box(1, 10))}
    content["annotations"].append(more)
    expected = small.labels((10, 20))
    expected[1][small.box(1, 10) == 1] = 10
    assert (read(numbered(tmp_path, content)) == expected).all()


def test_images_are_put_in_the_order_of_their_names(tmp_path: Path) -> None:
    content = small.coco_json()
    content["images"].reverse()
    assert (read(numbered(tmp_path, content)) == small.labels()).all()


def test_runs_may_be_numbers_and_masks_polygons(tmp_path: Path) -> None:
    content = small.youtube_vis()
    masks = small.tracks()[1]
    content["annotations"][1]["segmentations"] = [
        small.numbers(masks[0]),
        [[3, 7, 8, 7, 8, 11, 3, 11]],
        small.rle(masks[2]),
        small.rle(masks[3]),
    ]
    assert (read(numbered(tmp_path, content)) == small.labels()).all()


def test_only_the_masks_of_a_frame_that_is_read_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked: list[object] = []
    decode = coco.decode
    monkeypatch.setattr(coco, "decode", lambda mask: (unpacked.append(mask), decode(mask))[1])
    frames = numbered(tmp_path, small.youtube_vis()).frames(start=2)
    assert unpacked == []
    assert (next(frames).labels.numpy() == small.labels()[2]).all()
    assert len(unpacked) == 1


# --- which clip


def several() -> dict[str, Any]:
    content = small.youtube_vis()
    content["videos"] = [small.video(id, name) for id, name in ((1, "dog"), (2, "cat"), (3, "bird"))]
    content["annotations"] += small.annotations(ids=(8, 9), video=2)
    return content


def test_the_clip_s_name_chooses_among_videos(tmp_path: Path) -> None:
    path = small.write(tmp_path / "all.json", several())
    assert set(np.unique(read(open_masks(path, clip="cat")))) == {0, 8, 9}
    assert set(np.unique(read(open_masks(path, clip="x", json_video="dog")))) == {0, 1, 2}
    assert set(np.unique(read(open_masks(path, clip="dog", json_video="2")))) == {0, 8, 9}
    assert not read(open_masks(path, clip="bird")).any()
    for choice in ({"clip": "horse"}, {"clip": "dog", "json_video": "horse"}):
        with pytest.raises(
            InputError, match=r"one clip called horse \(--json-video NAME\), got dog, cat, bird"
        ):
            open_masks(path, **choice)
    with pytest.raises(InputError, match=r"all\.json: wanted one clip \(--json-video NAME\), got dog"):
        open_masks(path)


def test_only_the_chosen_video_is_written(tmp_path: Path) -> None:
    path = small.write(tmp_path / "all.json", several())
    again = rewritten(open_masks(path, clip="cat"), tmp_path / "again.json")
    assert [each["id"] for each in again["videos"]] == [2]
    assert [each["id"] for each in again["annotations"]] == [8, 9]


def test_a_list_of_many_videos_names_them_by_id(tmp_path: Path) -> None:
    content = [each | {"video_id": f"v{video}"} for video in range(9) for each in small.youtube_vis_results()]
    path = small.write(tmp_path / "all.json", content)
    assert (read(open_masks(path, json_video="v3")) == small.labels()).all()
    with pytest.raises(InputError, match=r"got v0, v1, v2, v3, v4 and 4 more"):
        open_masks(path, clip="dog")


@pytest.mark.parametrize("by_video", [True, False])
def test_coco_images_of_several_clips_are_told_apart(tmp_path: Path, by_video: bool) -> None:
    content = small.coco_json()
    for at, folder in enumerate(("cat", "horse"), 2):
        for each in small.coco_json()["images"]:
            image = each | {"id": 100 * at + each["id"], "file_name": f"{folder}/{each['file_name']}"}
            content["images"].append(image | ({"video_id": at} if by_video else {}))
    for image in content["images"][: small.COUNT]:
        image.update({"video_id": 1} if by_video else {"file_name": f"dog/{image['file_name']}"})
    if by_video:
        content["videos"] = [{"id": at, "name": name} for at, name in enumerate(("dog", "cat", "horse"), 1)]
    path = small.write(tmp_path / "all.json", content)
    masks = open_masks(path, clip="dog")
    assert (read(masks) == small.labels()).all()
    assert "video dog" in masks.decision
    assert len(rewritten(masks, tmp_path / "again.json")["images"]) == small.COUNT
    assert not read(open_masks(path, json_video="horse")).any()
    with pytest.raises(InputError, match="got dog, cat, horse"):
        open_masks(path, clip="frog")


# --- overlaps


@pytest.mark.parametrize(("scores", "wins"), [((0.9, 0.4), 1), ((0.4, 0.9), 2), ((0.5, 0.5), 2), (None, 2)])
def test_where_tracks_overlap_the_surer_wins_then_the_later(
    tmp_path: Path, scores: tuple[float, float] | None, wins: int
) -> None:
    content = small.youtube_vis()
    for at, each in enumerate(content["annotations"]):
        each["segmentations"] = [small.rle(small.box(2, 2 + 3 * at))] + [None] * (small.COUNT - 1)
        each.update({} if scores is None else {"score": scores[at]})
    masks = numbered(tmp_path, content)
    both = (small.box(2, 2) & small.box(2, 5)) == 1
    assert (read(masks)[0][both] == wins).all()
    (warning,) = masks.warnings
    assert "masks.json, 8 pixels belong to several objects" in warning
    assert both.sum() == 8


def test_a_pixel_of_three_tracks_counts_once(tmp_path: Path) -> None:
    content = small.youtube_vis()
    content["annotations"].append(content["annotations"][0] | {"id": 3})
    for each in content["annotations"]:
        each["segmentations"] = [small.rle(small.box(0, 0, 1, 1))] * small.COUNT
    assert "4 pixels" in numbered(tmp_path, content).warnings[0]


def test_tracks_that_do_not_overlap_are_no_warning(tmp_path: Path) -> None:
    assert numbered(tmp_path, small.youtube_vis()).warnings == ()


# --- what is written


def test_annotations_come_back_with_all_that_stood_beside_their_masks(tmp_path: Path) -> None:
    content = small.youtube_vis(ids=(17, 5))
    content["annotations"][1]["segmentations"][0] = small.numbers(small.tracks()[1][0])
    again = rewritten(numbered(tmp_path, content), tmp_path / "again.json")
    assert list(again) == list(content)
    assert {key: again[key] for key in ("info", "videos", "categories")} == {
        key: content[key] for key in ("info", "videos", "categories")
    }
    for before, after, track in zip(
        content["annotations"], again["annotations"], small.tracks(), strict=True
    ):
        assert list(after) == list(before)
        for key in ("occlusion", "id", "video_id", "category_id", "iscrowd"):
            assert after[key] == before[key]
        assert after["segmentations"] == [None if mask is None else small.rle(mask) for mask in track]
        assert after["areas"] == [None if mask is None else 20 for mask in track]
    assert again["annotations"][0]["bboxes"] == [[0, 1, 5, 4], [1, 1, 5, 4], None, [3, 1, 5, 4]]


def test_results_come_back_with_the_keys_they_had(tmp_path: Path) -> None:
    content = small.youtube_vis_results()
    assert rewritten(numbered(tmp_path, content), tmp_path / "again.json") == content


def test_coco_comes_back_with_its_images_ids_and_categories(tmp_path: Path) -> None:
    content = small.coco_json()
    again = rewritten(numbered(tmp_path, content), tmp_path / "again.json")
    assert {key: again[key] for key in ("images", "categories")} == {
        key: content[key] for key in ("images", "categories")
    }
    by_id = {each["id"]: each for each in again["annotations"]}
    assert list(by_id) == [500, 503, 501, 504, 505, 502, 506]  # image by image
    for each in content["annotations"]:
        assert {key: by_id[each["id"]][key] for key in each} == each
    assert (by_id[501]["area"], by_id[501]["bbox"]) == (20, [1, 1, 5, 4])
    results = small.coco_results()
    found = rewritten(numbered(tmp_path, results), tmp_path / "again.json")
    order = {each["image_id"] * 10 + each["track_id"]: each for each in results}
    assert found == [order[key] for key in sorted(order)]


def test_an_annotation_that_is_new_is_like_the_nearest_of_its_track(tmp_path: Path) -> None:
    content = small.coco_json()
    content["annotations"][1]["score"] = 0.25
    masks = numbered(tmp_path, content)
    frames = list(masks.frames())
    frames[2] = MaskFrame(index=2, stem="00002", labels=frames[1].labels)
    encode_masks(tmp_path / "out.json", frames, masks.format, count=small.COUNT)
    (new,) = [
        each
        for each in json.loads((tmp_path / "out.json").read_text())["annotations"]
        if each["image_id"] == 102 and each["track_id"] == 1
    ]
    assert (new["id"], new["score"], new["category_id"]) == (507, 0.25, 10)


def test_results_tell_of_frames_without_any_object(tmp_path: Path) -> None:
    """In a bare list nothing else tells of the size, or of an image."""
    for name, content in (("vis", small.youtube_vis_results()), ("coco", small.coco_results())):
        masks = numbered(tmp_path, content)
        empty = [MaskFrame(index=t, stem=f"{t}", labels=torch.zeros(small.SIZE).int()) for t in range(4)]
        encode_masks(tmp_path / f"{name}.json", empty, masks.format, count=4)
        again = open_masks(tmp_path / f"{name}.json")
        assert (again.size, again.count) == (small.SIZE, 4)
        assert not read(again).any()


def test_objects_that_were_chosen_are_written_alone(tmp_path: Path) -> None:
    path = small.write(tmp_path / "in.json", small.youtube_vis(ids=(17, 5)))
    one = rewritten(open_masks(path, objects=[5]), tmp_path / "one.json")
    assert [each["id"] for each in one["annotations"]] == [5]
    merged = rewritten(open_masks(path, merge_objects=True), tmp_path / "merged.json")
    assert [(each["id"], each["category_id"]) for each in merged["annotations"]] == [(1, 3)]
    void = open_masks(path, objects=[5], void=17)
    assert set(np.unique(read(void))) == {-1, 0, 5}
    again = rewritten(void, tmp_path / "void.json")
    assert [each["id"] for each in again["annotations"]] == [17, 5]


@pytest.mark.parametrize("id", [-1, 65536])
def test_an_id_that_no_track_can_have_is_refused(tmp_path: Path, id: int) -> None:
    frame = MaskFrame(index=0, stem="large", labels=torch.full((2, 2), id, dtype=torch.int32))
    with pytest.raises(InputError, match=f"large: wanted ids 0 to 65535 for this format, got {id}"):
        encode_masks(tmp_path / "out.json", [frame], format_named("json"), count=1)
    with pytest.raises(InputError, match=r"wanted (2 frames to write, got 1|ids)"):
        encode_masks(tmp_path / "out.json", [frame], format_named("json"), count=2)
    with pytest.raises(InputError, match="wanted one file per frame"):
        open_mask_writer(tmp_path / "out", format_named("json"), size=(2, 2))
    assert list(tmp_path.iterdir()) == []


# --- there and back


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    seed=st.integers(0, 2**31),
    ids=st.lists(st.integers(1, 65535), max_size=4, unique=True),
    size=st.tuples(st.integers(1, 9), st.integers(1, 17)),
    count=st.integers(1, 4),
    flavor=st.sampled_from(["youtube-vis", "youtube-vis-results", "coco", "coco-results"]),
)
def test_labels_come_back_from_every_flavor(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    ids: list[int],
    size: tuple[int, int],
    count: int,
    flavor: str,
) -> None:
    folder = tmp_path_factory.mktemp("json")
    wanted = np.random.default_rng(seed).choice([0, *ids], (count, *size)).astype(np.int32)
    if flavor == "youtube-vis-results":  # has no ids: they are counted
        for place, id in enumerate(sorted(set(np.unique(wanted)) - {0}), 1):
            wanted[wanted == id] = place
    frames = [MaskFrame(index=t, stem=f"{t}", labels=torch.from_numpy(each)) for t, each in enumerate(wanted)]
    images = [{"id": 7 + t, "height": size[0], "width": size[1]} for t in range(count)]
    heads = {
        "youtube-vis": "",
        "youtube-vis-results": '{"video_id": 3}',
        "coco": json.dumps({"images": images, "annotations": None}),
        "coco-results": json.dumps({"image_ids": [each["id"] for each in images]}),
    }
    key = "track_id" if flavor.startswith("coco") else ""
    format = JsonFormat(flavor=flavor, head=heads[flavor], track_key=key)
    encode_masks(folder / "1.json", frames, format, count=count)
    masks = open_masks(folder / "1.json")
    assert masks.format.flavor == flavor
    assert (masks.size, masks.count) == (size, count)
    assert (read(masks) == wanted).all()
    encode_masks(folder / "2.json", masks.frames(), masks.format, count=count)
    encode_masks(folder / "3.json", open_masks(folder / "2.json").frames(), masks.format, count=count)
    assert (folder / "2.json").read_bytes() == (folder / "3.json").read_bytes()


def test_tracks_of_youtube_vis_come_back(reference: Path, tmp_path: Path) -> None:
    """Three real clips; the truth in numbers, the results in text."""
    truth = reference / "youtube_vis" / "truth.json"
    content = json.loads(truth.read_text())
    for clip in ("car-shadow", "dance-twirl", "libby"):
        masks = open_masks(truth, clip=clip)
        (video,) = [each for each in content["videos"] if each["file_names"][0].startswith(clip)]
        tracks = [each for each in content["annotations"] if each["video_id"] == video["id"]]
        again = rewritten(masks, tmp_path / f"{clip}.json")
        assert again["videos"] == [video]
        assert [each["id"] for each in again["annotations"]] == [each["id"] for each in tracks]
        if not masks.warnings:
            for before, after in zip(tracks, again["annotations"], strict=True):
                assert after["areas"] == before["areas"]
    with pytest.raises(InputError, match="got 1, 2, 3"):
        open_masks(reference / "youtube_vis" / "predictions.json")
    found = open_masks(reference / "youtube_vis" / "predictions.json", json_video="2")
    assert found.count == 5
    assert len(found.warnings) == 1


# --- what is refused


def spoiled(*path: object, to: object) -> dict[str, Any]:
    """A good file with one thing changed; `...` removes it."""
    content: Any = small.youtube_vis()
    *most, last = path
    owner = content
    for key in most:
        owner = owner[key]
    if to is ...:
        del owner[last]
    else:
        owner[last] = to
    return content


RLE = ("annotations", 1, "segmentations", 2)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("hello", "cannot be read as JSON"),
        ("", "cannot be read as JSON"),
        ('{"a": NaN}', "cannot be read as JSON .NaN is no number"),
        ("[" * 100000, "wanted at most 100 lists in one another"),
        ("[" * 100000 + "]" * 100000, "wanted at most 100 lists in one another"),
        ("1" * 5000, "cannot be read as JSON"),
        ("7", "wanted videos and annotations .*, got int"),
        ("[]", "got an empty list"),
        ("[7]", "entry 0: wanted a JSON object, got 7"),
        ('[{"a": 1}]', "got a list without these"),
        ('{"boxes": []}', "got an object with 'boxes'"),
        (spoiled("annotations", to=...), "got an object with 'info', 'videos', 'categories'"),
        (spoiled("annotations", to={}), "annotations: wanted a list, got an object"),
        (spoiled("annotations", 0, to=[]), "annotations: entry 0: wanted a JSON object, got a list"),
        (
            spoiled("annotations", 0, "id", to=...),
            "annotations: id: wanted a whole number or a name, got nothing",
        ),
        (spoiled("annotations", 0, "video_id", to=...), "annotations: video_id: wanted"),
        (
            spoiled("annotations", 0, "category_id", to="dog"),
            "annotation 1: category_id: wanted a whole number",
        ),
        (spoiled("annotations", 0, "score", to="high"), "annotation 1: score: wanted a number, got 'high'"),
        (
            spoiled("annotations", 0, "segmentations", to=...),
            "annotation 1: segmentations: wanted a list, got no",
        ),
        (spoiled("annotations", 0, "segmentations", to=[None]), "annotation 1: .* each of 4 frames, got 1"),
        (spoiled("annotations", 0, "extra", to=[[[[]]] * 9]), None),
        (spoiled("annotations", 0, "extra", to=10**400), None),
        (spoiled("videos", to=[]), "wanted a clip, got none"),
        (spoiled("videos", 0, "id", to=...), "videos: id: wanted"),
        (
            spoiled("videos", 0, "height", to=...),
            "video 1: height: wanted a whole number from 1 on, got nothing",
        ),
        (spoiled("videos", 0, "width", to=0), "video 1: width: wanted a whole number from 1 on, got 0"),
        (spoiled("videos", 0, "width", to=10**9), "wanted 1 to 67108864 pixels, got 12 x 1000000000"),
        (spoiled("videos", 0, "width", to=True), "video 1: width: wanted a whole number from 1 on, got True"),
        (spoiled("videos", 0, "length", to=5), "video 1: file_names: wanted 5 as its length says, got 4"),
        (spoiled("videos", 0, "file_names", to=[]), "file_names: wanted 4"),
        (spoiled("videos", 0, "file_names", 1, to=7), "file_names: wanted the names of frames' files, got 7"),
        (spoiled("videos", 0, "file_names", 1, to="a/.x"), "file_names: wanted the names of frames' files"),
        (spoiled("videos", 0, "file_names", 1, to="a\0"), "file_names: wanted the names of frames' files"),
        (
            spoiled("videos", 0, "file_names", 1, to="1" * 5000),
            "file_names: wanted the names of frames' files",
        ),
        (spoiled("videos", 0, "file_names", 1, to="\ud800"), "file_names: wanted the names of frames' files"),
        (
            spoiled("videos", 0, "file_names", 1, to="00000.jpg"),
            "in order, each once, got '00000' after '00000'",
        ),
        (
            spoiled(*RLE, to=7),
            "annotation 2: frame 2: wanted an object with size and counts, polygons or null",
        ),
        (spoiled(*RLE, to={}), "annotation 2: frame 2: size: wanted two whole numbers"),
        (spoiled(*RLE, "size", to=[12, 17]), r"frame 2: size: wanted 12 x 16 as the clip, got \[12, 17\]"),
        (
            spoiled(*RLE, "counts", to=...),
            "frame 2: counts: wanted whole numbers from 0 on, or text, got None",
        ),
        (spoiled(*RLE, "counts", to=[1, 2]), "frame 2: counts: wanted runs of 192 pixels, got 3"),
        (spoiled(*RLE, "counts", to=[10**400]), "frame 2: counts: wanted runs of 192 pixels, got 1000"),
        (spoiled(*RLE, "counts", to="11"), "frame 2: counts: wanted runs of 192 pixels, got 2"),
        (spoiled(*RLE, "counts", to="é"), "frame 2: counts: wanted text as COCO packs runs, got 'é'"),
        (spoiled(*RLE, to=[[1, 2]]), "frame 2: polygon: wanted numbers x, y of three points"),
    ],
)
def test_what_does_not_fit_is_one_line_that_says_where(
    tmp_path: Path, content: object, says: str | None
) -> None:
    path = small.write(tmp_path / "bad.json", content)
    if says is None:
        assert open_masks(path).count == small.COUNT
        return
    with pytest.raises((InputError, VideoError), match=says) as error:
        open_masks(path)
    assert str(error.value).startswith(str(path))
    assert len(str(error.value)) < len(str(path)) + 250


def test_lists_in_lists_beside_the_masks_are_refused_before_they_cannot_be_written(tmp_path: Path) -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    for place in (("annotations", 0, "extra"), ("info",)):
        with pytest.raises(InputError, match="wanted at most 100 lists in one another, got more"):
            numbered(tmp_path, spoiled(*place, to=deep))


def test_two_tracks_of_one_id_are_numbered_anew(tmp_path: Path) -> None:
    masks = numbered(tmp_path, small.youtube_vis(ids=(3, 3)))
    assert (read(masks) == small.labels()).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image_id": ...}, "annotation 500: image_id: wanted a whole number or a name, got nothing"),
        ({"track_id": ...}, "annotation 500: track_id: wanted a whole number or a name, got nothing"),
        ({"track_id": "1" * 5000}, "annotation 500: track_id: wanted a whole number or a name"),
        ({"category_id": None}, "annotation 500: category_id: wanted a whole number from 0 on, got nothing"),
        ({"segmentation": ...}, "annotation 500: image 100: segmentation: wanted a mask, got nothing"),
        ({"segmentation": {"size": [3, 3]}}, "annotation 500: image 100: size: wanted 12 x 16"),
        ({"score": "x"}, "annotation 500: score: wanted a number"),
    ],
)
def test_what_does_not_fit_in_coco_says_where(tmp_path: Path, change: dict[str, object], says: str) -> None:
    content = small.coco_json()
    for key, value in change.items():
        content["annotations"][0][key] = value
        if value is ...:
            del content["annotations"][0][key]
    with pytest.raises(InputError, match=says):
        numbered(tmp_path, content)


def test_images_that_do_not_fit_are_named(tmp_path: Path) -> None:
    for change, says in (
        ({"height": 13}, r"image 102: wanted height x width 12 x 16 as in the first, got 13 x 16"),
        ({"id": 100}, "images: wanted every id once"),
        ({"file_name": "00001.jpg"}, "each once, got '00001' after '00001'"),
        ({"file_name": None}, "wanted the names of frames' files, got None"),
        ({"width": None}, "image 102: width: wanted a whole number from 1 on, got nothing"),
    ):
        content = small.coco_json()
        content["images"][2] |= change
        with pytest.raises(InputError, match=says):
            numbered(tmp_path, content)
    with pytest.raises(InputError, match="wanted a clip, got none"):
        numbered(tmp_path, small.coco_json() | {"images": []})


def test_a_list_of_results_that_does_not_fit_is_named(tmp_path: Path) -> None:
    content = small.youtube_vis_results()
    content[1]["segmentations"] = [None]
    with pytest.raises(InputError, match=r"entry 1: segmentations: wanted one or null for each of 4 frames"):
        numbered(tmp_path, content)
    with pytest.raises(InputError, match=r"entry 0: video_id: wanted"):
        numbered(tmp_path, [each | {"video_id": [1]} for each in content])
    with pytest.raises(InputError, match=r"wanted a mask with its size \[h, w\], got None"):
        numbered(tmp_path, [each | {"segmentations": [None]} for each in content])
    boxes = [
        {key: value for key, value in each.items() if key != "segmentation"} for each in small.coco_results()
    ]
    with pytest.raises(InputError, match=r"wanted a mask with its size"):
        numbered(tmp_path, boxes)
    with pytest.raises(InputError, match=r"image_id: wanted all numbers or all text, got both"):
        numbered(tmp_path, [*small.coco_results(), small.coco_results()[0] | {"image_id": "a"}])
    with pytest.raises(InputError, match=r"json_video: .*wanted videos to choose among"):
        open_masks(small.write(tmp_path / "m.json", small.coco_results()), json_video="dog")


def test_a_json_holds_no_probabilities(tmp_path: Path) -> None:
    path = small.write(tmp_path / "m.json", small.youtube_vis())
    with pytest.raises(InputError, match=r"read_as: .*m\.json: wanted labels of a JSON, got probability"):
        open_masks(path, read_as="probability")
    assert open_masks(path, read_as="labels").count == small.COUNT
