"""Tracks in JSON through `stabilize` and `score`: they keep their ids, categories, scores and frames."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pycocotools import mask as coco

from small_clips import FRAMES, flickering, true_labels, write_frames, write_masks
from steadymask.data.reading import Reading
from steadymask.errors import InputError
from steadymask.io.masks import open_masks
from steadymask.tasks import stabilize_job
from steadymask.tasks.score import Scored, score
from steadymask.tasks.stabilize import stabilize
from steadymask.tasks.stabilize_job import Stabilized
from world import World

WORLD = World()
TRUTH = true_labels(WORLD)
MASKS = flickering(TRUTH)
IDS = (17, 5)


def youtube_vis(labels: list[torch.Tensor], *, scores: bool = False) -> dict[str, Any]:
    """Objects 1 and 2 as annotations 17 and 5 of a video `frames`."""
    tracks = []
    for id, object in zip(IDS, (1, 2), strict=True):
        found = [coco.encode(np.asfortranarray((each == object).numpy().astype(np.uint8))) for each in labels]
        masks = [{"size": each["size"], "counts": each["counts"].decode()} for each in found]
        track = {"id": id, "video_id": 9, "category_id": 10 * id, "iscrowd": 0, "segmentations": masks}
        tracks.append(track | ({"score": id / 100} if scores else {}))
    height, width = WORLD.size
    video = {"id": 9, "height": height, "width": width, "length": len(labels)}
    video["file_names"] = [f"frames/{t:05d}.jpg" for t in range(len(labels))]
    return {"videos": [video], "categories": [{"id": 170, "name": "dog"}], "annotations": tracks}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `frames`, and the same masks as palette PNGs and as JSON; nothing writes into it."""
    folder = tmp_path_factory.mktemp("clip")
    write_frames(folder / "frames", WORLD)
    ids = torch.tensor([0, *IDS])
    write_masks(folder / "masks", [ids[each.long()] for each in MASKS])
    (folder / "masks.json").write_text(json.dumps(youtube_vis(MASKS, scores=True)))
    (folder / "truth.json").write_text(json.dumps(youtube_vis(TRUTH)))
    return folder


def done(clip: Path, out: Path, **settings: Any) -> Stabilized:
    masks = settings.pop("masks", clip / "masks.json")
    found = stabilize(clip / "frames", masks, out, **({"method": "median"} | settings))
    assert isinstance(found, Stabilized)
    return found


def ids_and_more(path: Path) -> list[tuple[int, int, float | None]]:
    return [
        (each["id"], each["category_id"], each.get("score"))
        for each in json.loads(path.read_text())["annotations"]
    ]


def numbers(scored: Scored) -> dict[str, Any]:
    return {key: scored.scores[key] for key in ("overall", "objects", "frames")}


def test_tracks_are_stabilized_and_keep_their_ids(clip: Path, tmp_path: Path) -> None:
    found = done(clip, tmp_path / "out.json", method="motion")
    assert (found.objects, found.frames) == ((5, 17), FRAMES)
    assert found.decision == "JSON, YouTube-VIS, video frames: ids are annotation ids"
    assert (
        ids_and_more(tmp_path / "out.json")
        == ids_and_more(clip / "masks.json")
        == [
            (17, 170, 0.17),
            (5, 50, 0.05),
        ]
    )
    before = score(clip / "frames", clip / "masks.json", out=tmp_path / "before")
    after = score(clip / "frames", tmp_path / "out.json", out=tmp_path / "after")
    assert after.scores["overall"]["inconsistency"] < before.scores["overall"]["inconsistency"]
    assert set(after.scores["objects"]) == set(before.scores["objects"]) == {"5", "17"}


def test_json_is_filtered_and_scored_as_any_other_format(clip: Path, tmp_path: Path) -> None:
    done(clip, tmp_path / "out.json")
    done(clip, tmp_path / "out", masks=clip / "masks")
    pairs = zip(
        open_masks(tmp_path / "out.json").frames(), open_masks(tmp_path / "out").frames(), strict=True
    )
    assert all(torch.equal(one.labels, other.labels) for one, other in pairs)
    one, other = (
        score(
            clip / "frames",
            clip / masks,
            truth=clip / "truth.json",
            compare=tmp_path / out,
            out=tmp_path / name,
        )
        for masks, out, name in (("masks.json", "out.json", "1"), ("masks", "out", "2"))
    )
    assert numbers(one) == numbers(other)
    assert one.scores["settings"]["reading"]["truth"].startswith("JSON")


def test_strength_0_leaves_scores_and_tracks_as_they_are(clip: Path, tmp_path: Path) -> None:
    done(clip, tmp_path / "out.json", method="motion", strength=0.0)
    before, after = (json.loads(path.read_text()) for path in (clip / "masks.json", tmp_path / "out.json"))
    assert after["videos"] == before["videos"]
    for one, other in zip(before["annotations"], after["annotations"], strict=True):
        assert {key: other[key] for key in one} == one | {
            "segmentations": [each if coco.area(each) else None for each in one["segmentations"]]
        }
    one, other = (
        numbers(score(clip / "frames", path, out=tmp_path / name))
        for path, name in ((clip / "masks.json", "1"), (tmp_path / "out.json", "2"))
    )
    assert one == other


class Stopped(BaseException):
    """As if someone had pressed Ctrl-C."""


def test_interrupted_work_goes_on_to_the_same_json(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stabilize_job, "_KEEP_STATE_EVERY", 3)

    def stop(what: str, frame: int, of: int) -> None:
        if frame == 5:
            raise Stopped

    done(clip, tmp_path / "whole.json", method="motion")
    with pytest.raises(Stopped):
        done(clip, tmp_path / "out.json", method="motion", progress=stop)
    assert not (tmp_path / "out.json").exists()
    told: list[int] = []
    done(clip, tmp_path / "out.json", method="motion", resume=True, progress=lambda _, n, of: told.append(n))
    assert told[0] == 4
    assert (tmp_path / "out.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
    again = done(clip, tmp_path / "out.json", method="motion", resume=True)
    assert again.frames == FRAMES
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.json{more}" for name in ("out", "whole") for more in ("", ".manifest.json")
    }


def test_the_manifest_says_how_tracks_became_ids_and_holds_no_second_copy(clip: Path, tmp_path: Path) -> None:
    done(clip, tmp_path / "out.json")
    manifest = json.loads((tmp_path / "out.json.manifest.json").read_text())
    assert manifest["reading"] == "JSON, YouTube-VIS, video frames: ids are annotation ids"
    assert manifest["made"]["format"] == {
        "name": "JsonFormat",
        "flavor": "youtube-vis",
        "tracks": [17, 5],
        "track_key": "",
        "void": None,
    }


def test_other_masks_become_json_that_names_the_frames(clip: Path, tmp_path: Path) -> None:
    done(clip, tmp_path / "out.json", masks=clip / "masks", format="json")
    content = json.loads((tmp_path / "out.json").read_text())
    (video,) = content["videos"]
    assert (video["name"], video["length"]) == ("frames", FRAMES)
    assert video["file_names"][:2] == ["frames/00000.jpg", "frames/00001.jpg"]
    assert [(each["id"], each["category_id"]) for each in content["annotations"]] == [(5, 1), (17, 1)]
    assert open_masks(tmp_path / "out.json").names == open_masks(clip / "masks").names


def test_json_as_json_keeps_its_flavor_and_other_formats_take_its_ids(clip: Path, tmp_path: Path) -> None:
    results = [{k: each[k] for k in ("video_id", "category_id", "score", "segmentations")}
               for each in youtube_vis(MASKS, scores=True)["annotations"]]  # fmt: skip
    (tmp_path / "in.json").write_text(json.dumps(results))
    done(clip, tmp_path / "out.json", masks=tmp_path / "in.json", format="json")
    found = json.loads((tmp_path / "out.json").read_text())
    assert [(each["video_id"], each["score"]) for each in found] == [(9, 0.17), (9, 0.05)]
    done(clip, tmp_path / "out", format="palette")
    assert open_masks(tmp_path / "out").format.color == "palette"
    assert {int(id) for frame in open_masks(tmp_path / "out").frames() for id in frame.labels.unique()} == {
        0, 5, 17
    }  # fmt: skip


def test_truth_of_some_frames_pairs_by_the_names_of_its_frames(clip: Path, tmp_path: Path) -> None:
    some = [1, 6]
    content = youtube_vis([TRUTH[t] for t in some])
    content["videos"][0]["file_names"] = [f"frames/{t:05d}.jpg" for t in some]
    (tmp_path / "truth.json").write_text(json.dumps(content))
    scored = score(clip / "frames", clip / "masks.json", truth=tmp_path / "truth.json", out=tmp_path / "out")
    known = [t for t, each in enumerate(scored.scores["frames"]["jaccard"]) if each is not None]
    assert known == some


def test_soft_masks_are_scored_beside_json(clip: Path, tmp_path: Path) -> None:
    np.savez(
        tmp_path / "soft.npz", probs=np.stack([(each == 1).numpy() for each in MASKS]).astype(np.float32)
    )
    scored = score(
        clip / "frames",
        tmp_path / "soft.npz",
        truth=clip / "truth.json",
        reading=Reading(read_as="probability", merge_objects=True),
        out=tmp_path / "out",
    )
    assert scored.scores["overall"]["jaccard"] > 0.3


def test_overlapping_tracks_are_one_warning_of_either_verb(clip: Path, tmp_path: Path) -> None:
    content = youtube_vis(MASKS)
    first = content["annotations"][0]
    content["annotations"].append(first | {"id": 3})
    (tmp_path / "twice.json").write_text(json.dumps(content))
    pixels = sum(int((each == 1).sum()) for each in MASKS)
    found = done(clip, tmp_path / "out.json", masks=tmp_path / "twice.json")
    scored = score(clip / "frames", tmp_path / "twice.json", out=tmp_path / "out")
    for warnings in (found.warnings, scored.warnings):
        (warning,) = [each for each in warnings if "twice.json" in each]
        assert f"{pixels} pixels belong to several objects" in warning
    assert json.loads((tmp_path / "out.json.manifest.json").read_text())["reading"].endswith(
        found.warnings[0]
    )
    assert open_masks(tmp_path / "out.json").warnings == ()
    assert [each["id"] for each in json.loads((tmp_path / "out.json").read_text())["annotations"]] == [
        17,
        5,
        3,
    ]


def test_a_folder_of_json_is_a_batch(clip: Path, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "videos").mkdir(exist_ok=True)
        (tmp_path / "masks").mkdir(exist_ok=True)
        (tmp_path / "videos" / name).symlink_to(clip / "frames")
        (tmp_path / "masks" / f"{name}.json").symlink_to(clip / "masks.json")
        (tmp_path / "masks" / f"{name}.json.manifest.json").write_text("{}")
    batch = stabilize(tmp_path / "videos", tmp_path / "masks", tmp_path / "out", method="average", workers=1)
    assert list(batch.done) == ["cat", "dog"]
    assert not batch.failed
    for name in ("cat", "dog"):
        assert [id for id, *_ in ids_and_more(tmp_path / "out" / f"{name}.json")] == [17, 5]


def test_a_json_of_other_videos_is_refused(clip: Path, tmp_path: Path) -> None:
    content = youtube_vis(MASKS)
    other = content["videos"][0] | {"id": 10, "file_names": [f"horse/{t:05d}.jpg" for t in range(FRAMES)]}
    content["videos"].append(other)
    (tmp_path / "many.json").write_text(json.dumps(content))
    assert done(clip, tmp_path / "out.json", masks=tmp_path / "many.json").objects == (5, 17)
    (tmp_path / "horses").symlink_to(clip / "frames")
    with pytest.raises(InputError, match=r"one clip called horses .* got frames, horse$"):
        stabilize(tmp_path / "horses", tmp_path / "many.json", tmp_path / "no.json")
    reading = Reading(json_video="frames")
    stabilize(
        tmp_path / "horses", tmp_path / "many.json", tmp_path / "yes.json", reading=reading, method="median"
    )
