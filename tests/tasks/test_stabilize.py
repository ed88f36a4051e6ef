"""`stabilize`: formats, names, places, cuts, and work that was interrupted."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from small_clips import FRAMES, flickering, true_labels, write_frames, write_masks
from steadymask.data.reading import Reading
from steadymask.errors import InputError, SteadymaskError, VideoError
from steadymask.io.mask_format import FORMATS, MaskFormat
from steadymask.io.mask_frame import MaskFrame, labels_of, two_classes
from steadymask.io.mask_writer import encode_masks, open_mask_writer
from steadymask.io.masks import open_masks
from steadymask.io.video import open_video
from steadymask.tasks import stabilize_job as module
from steadymask.tasks.stabilize import stabilize
from steadymask.tasks.stabilize_job import Stabilized
from world import World

WORLD = World()
MASKS = flickering(true_labels(WORLD))
LABELS = Reading(read_as="labels")
PROBABILITY = Reading(read_as="probability")
READINGS = {"grey": LABELS, "probability8": PROBABILITY, "probability16": PROBABILITY}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `frames` and palette `masks`; nothing writes into it."""
    folder = tmp_path_factory.mktemp("clip")
    write_frames(folder / "frames", WORLD)
    write_masks(folder / "masks", MASKS)
    return folder


def quick(clip: Path, out: Path, **settings: object) -> Stabilized:
    """With a filter that takes no time, unless one is named."""
    masks = settings.pop("masks", clip / "masks")
    done = stabilize(clip / "frames", masks, out, **({"method": "median"} | settings))
    assert isinstance(done, Stabilized)
    return done


def stored(path: Path, format: MaskFormat, labels: list[Tensor]) -> Path:
    """Masks in a format: two objects where it can hold them, blurred where it is soft."""
    frames = []
    for t, each in enumerate(labels):
        several = format == FORMATS["npz-probability"] or not (
            format.soft or getattr(format, "binary", False)
        )
        ids = each if several else each.clamp(max=1)
        frame = MaskFrame(index=t, stem=f"{t:05d}", labels=ids)
        if format.soft:
            hard = torch.nn.functional.one_hot(ids.long(), 3).permute(2, 0, 1).float()
            soft = torch.nn.functional.avg_pool2d(hard, 5, 1, 2, count_include_pad=False)
            frame = replace(frame, labels=None, probs=soft if several else two_classes(soft[1]))
        frames.append(frame)
    path = path.with_suffix(format.suffix) if format.single_file else path
    if format.single_file:
        encode_masks(path, frames, format, count=len(frames))
    else:
        writer = open_mask_writer(path, format, size=WORLD.size)
        for frame in frames:
            writer.write(frame)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


@pytest.mark.parametrize("name", FORMATS)
def test_the_result_has_the_format_and_the_names_of_the_input(name: str, clip: Path, tmp_path: Path) -> None:
    reading = READINGS.get(name, Reading())
    masks = stored(tmp_path / "masks", FORMATS[name], MASKS)
    out = tmp_path / f"out{masks.suffix}"
    done = quick(clip, out, masks=masks, reading=reading)
    before, after = (open_masks(path, read_as=reading.read_as) for path in (masks, out))
    assert after.format == before.format
    assert after.names == before.names
    assert after.count == done.frames == FRAMES
    changed = [
        not torch.equal(labels_of(a), labels_of(b))
        for a, b in zip(before.frames(), after.frames(), strict=True)
    ]
    assert any(changed)
    manifest = tmp_path / f"{out.name}.manifest.json" if out.is_file() else out / "manifest.json"
    assert json.loads(manifest.read_text())["frames"] == FRAMES
    assert {p.name for p in tmp_path.iterdir()} <= {masks.name, out.name, manifest.name}


@pytest.mark.parametrize("name", [name for name in FORMATS if not FORMATS[name].soft and name != "binary"])
def test_another_format_holds_the_same_masks(name: str, clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "as-they-are")
    out = tmp_path / f"out{FORMATS[name].suffix if FORMATS[name].single_file else ''}"
    quick(clip, out, format=name)
    expected, got = (
        [labels_of(frame) for frame in open_masks(path, read_as=read_as).frames()]
        for path, read_as in ((tmp_path / "as-they-are", None), (out, READINGS.get(name, Reading()).read_as))
    )
    assert all(torch.equal(a, b) for a, b in zip(expected, got, strict=True))


def test_several_objects_do_not_fit_a_format_of_one(clip: Path, tmp_path: Path) -> None:
    for name in ("binary", "probability8", "matte"):
        out = tmp_path / f"out{FORMATS[name].suffix if FORMATS[name].single_file else ''}"
        with pytest.raises(InputError, match=r"wanted ids 0 to 1|wanted probabilities of one object"):
            quick(clip, out, format=name)
        assert list(tmp_path.iterdir()) == []


def test_the_palette_and_the_names_are_kept(clip: Path, tmp_path: Path) -> None:
    masks = write_masks(tmp_path / "odd", MASKS, indices=range(7, 7 + 3 * FRAMES, 3))
    quick(clip, tmp_path / "out", masks=masks)
    files = sorted(p.name for p in masks.iterdir())
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [*files, "manifest.json"]
    for name in files:
        with Image.open(masks / name) as before, Image.open(tmp_path / "out" / name) as after:
            assert after.mode == "P"
            assert after.getpalette() == before.getpalette()


@pytest.mark.parametrize("name", ["palette", "probability16", "npz-probability", "ffv1", "json"])
def test_strength_0_changes_nothing(name: str, clip: Path, tmp_path: Path) -> None:
    reading = READINGS.get(name, Reading())
    masks = stored(tmp_path / "masks", FORMATS[name], MASKS)
    out = tmp_path / f"out{masks.suffix}"
    quick(clip, out, masks=masks, reading=reading, method="motion", strength=0.0)
    if masks.is_dir():
        after = contents(out)
        del after["manifest.json"]
        assert after == contents(masks)
    else:
        assert out.read_bytes() == masks.read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "motion"},
        {"method": "motion", "live": True},
        {"method": "motion", "look_ahead": 2},
        {"method": "motion", "strength": 1.0},
        {"method": "motion", "strength": 0.01, "live": True},
        {"method": "guided"},
        {"method": "guided-2d", "strength": 0.3},
        {"method": "gaussian"},
        {"method": "gaussian", "strength": 0.2},
        {"method": "median", "strength": 1.0},
        {"method": "average"},
        {"method": "average", "strength": 1.0, "live": True},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_every_method_runs_and_tells_how_far_it_is(
    settings: dict[str, object], clip: Path, tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    done = quick(clip, tmp_path / "out", progress=lambda *each: told.append(each), **settings)
    assert (done.frames, done.objects, done.cuts) == (FRAMES, (1, 2), ())
    assert told == [("stabilize", n, FRAMES) for n in range(1, FRAMES + 1)]
    assert open_masks(tmp_path / "out").count == FRAMES


def test_the_motion_filter_takes_a_blink_out(clip: Path, tmp_path: Path) -> None:
    truth = true_labels(WORLD)
    labels = [MASKS[1] if t == 1 else true for t, true in enumerate(truth)]
    quick(clip, tmp_path / "out", method="motion", masks=write_masks(tmp_path / "masks", labels))
    changed = pixels(tmp_path / "out" / "00001.png") != truth[1].numpy()
    assert changed.sum() < 0.3 * (labels[1] != truth[1]).sum()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"strength": 1.5}, "strength"),
        ({"method": "median", "live": True}, "live"),
        ({"method": "median", "look_ahead": 3}, "look_ahead"),
        ({"method": "motion", "look_ahead": 0}, "look_ahead"),
        ({"method": "blur"}, "method"),
        ({"format": "gif"}, "format"),
        ({"resume": True, "overwrite": True}, "resume"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, object], says: str, clip: Path, tmp_path: Path) -> None:
    with pytest.raises((InputError, TypeError), match=says):
        quick(clip, tmp_path / "out", **settings)
    assert list(tmp_path.iterdir()) == []


def test_objects_are_chosen_and_merged(clip: Path, tmp_path: Path) -> None:
    one = quick(clip, tmp_path / "one", reading=Reading(objects=(2,)))
    merged = quick(clip, tmp_path / "merged", reading=Reading(merge_objects=True))
    assert (one.objects, merged.objects) == ((2,), (1,))
    for name, ids in (("one", {0, 2}), ("merged", {0, 1})):
        found = {int(i) for frame in open_masks(tmp_path / name).frames() for i in labels_of(frame).unique()}
        assert found == ids


def test_void_pixels_stay_where_they_are(clip: Path, tmp_path: Path) -> None:
    labels = [mask.clone() for mask in MASKS]
    for t, each in enumerate(labels):
        each[5:9, 20 + t : 40 + t] = 255
    masks = write_masks(tmp_path / "void", labels)
    for live in (False, True):
        out = tmp_path / f"out-{live}"
        quick(clip, out, masks=masks, method="motion", live=live, reading=Reading(void=255))
        for t, each in enumerate(labels):
            assert np.array_equal(pixels(out / f"{t:05d}.png") == 255, (each == 255).numpy())


def test_ids_of_any_size_come_back(clip: Path, tmp_path: Path) -> None:
    ids = torch.tensor([0, 700, 65535], dtype=torch.int32)
    masks = stored(tmp_path / "masks", FORMATS["grey16"], [ids[mask.long()] for mask in MASKS])
    assert quick(clip, tmp_path / "out", masks=masks).objects == (700, 65535)
    assert set(np.unique(pixels(tmp_path / "out" / "00002.png"))) == {0, 700, 65535}


def test_masks_without_an_object_stay_empty(clip: Path, tmp_path: Path) -> None:
    masks = write_masks(tmp_path / "empty", [torch.zeros_like(mask) for mask in MASKS])
    for method in ("motion", "median"):
        assert quick(clip, tmp_path / method, masks=masks, method=method).objects == ()
        assert not any(pixels(path).any() for path in (tmp_path / method).glob("*.png"))


def test_the_number_of_threads_changes_no_byte(clip: Path, tmp_path: Path) -> None:
    for workers in (1, 2):
        quick(
            clip,
            tmp_path / str(workers) / "out",
            method="motion",
            workers=workers,
            preview=tmp_path / str(workers) / "preview.mp4",
        )
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_the_preview_shows_before_and_after_side_by_side(clip: Path, tmp_path: Path) -> None:
    done = quick(clip, tmp_path / "out", preview=tmp_path / "preview.mp4")
    assert done.preview == tmp_path / "preview.mp4"
    video = open_video(tmp_path / "preview.mp4")
    assert video.count == FRAMES
    assert video.size == (WORLD.size[0], 2 * WORLD.size[1])


@pytest.mark.parametrize("name", ["palette", "npz"])
def test_a_result_that_is_there_is_not_touched(name: str, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{FORMATS[name].suffix if FORMATS[name].single_file else ''}"
    quick(clip, out, format=name)
    before = contents(tmp_path)
    for settings in ({}, {"resume": True, "strength": 0.9}):
        with pytest.raises(InputError, match="wanted a new place, got one that exists; see overwrite"):
            quick(clip, out, format=name, **settings)
        assert contents(tmp_path) == before


def test_a_preview_that_is_there_is_not_touched(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "preview.mp4").write_text("precious")
    with pytest.raises(InputError, match=r"preview\.mp4.*overwrite"):
        quick(clip, tmp_path / "out", preview=tmp_path / "preview.mp4")
    assert (tmp_path / "preview.mp4").read_text() == "precious"


def test_a_folder_of_something_else_is_never_overwritten(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match=r"manifest\.json"):
        quick(clip, tmp_path / "out", overwrite=True)
    assert contents(tmp_path) == {"out/thesis.tex": b"precious"}


@pytest.mark.parametrize("mine", ["notes.txt", "folder/notes.txt"])
def test_what_was_put_into_a_result_is_not_overwritten_with_it(clip: Path, tmp_path: Path, mine: str) -> None:
    quick(clip, tmp_path / "out")
    (tmp_path / "out" / mine).parent.mkdir(exist_ok=True)
    (tmp_path / "out" / mine).write_text("precious")
    (tmp_path / "out" / ".DS_Store").touch()
    before = contents(tmp_path)
    with pytest.raises(
        InputError, match=r"wanted nothing but an older result to overwrite, got (notes|folder)"
    ):
        quick(clip, tmp_path / "out", overwrite=True)
    assert contents(tmp_path) == before


def test_overwriting_replaces_at_the_end_only(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out")
    old = contents(tmp_path / "out")
    seen: list[bool] = []
    quick(
        clip,
        tmp_path / "out",
        method="average",
        overwrite=True,
        progress=lambda *_: seen.append(contents(tmp_path / "out") == old),
    )
    assert seen == [True] * FRAMES
    assert contents(tmp_path / "out") != old
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


class Stopped(BaseException):
    """As if someone had pressed Ctrl-C."""


def stop_at(frame: int) -> object:
    def progress(what: str, done: int, of: int) -> None:
        if done == frame:
            raise Stopped

    return progress


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is kept after every third frame."""
    monkeypatch.setattr(module, "_KEEP_STATE_EVERY", 3)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("live", [False, True])
def test_interrupted_work_goes_on_to_the_same_bytes(live: bool, clip: Path, tmp_path: Path) -> None:
    settings = {"method": "motion", "live": live}
    quick(clip, tmp_path / "whole", **settings)
    for frame in (4, 8):
        with pytest.raises(Stopped):
            quick(clip, tmp_path / "out", progress=stop_at(frame), **settings)
        assert [p.name for p in tmp_path.iterdir() if p.name != "whole"] == [".out.unfinished"]
        told: list[int] = []
        quick(clip, tmp_path / "out", resume=True, progress=lambda _, n, of: told.append(n), **settings)  # noqa: B023
        assert told[0] == 1 + 3 * ((frame - 1) // 3)  # not from the start
        assert contents(tmp_path / "out") == contents(tmp_path / "whole")
        assert {p.name for p in tmp_path.iterdir()} == {"out", "whole"}
        for path in (tmp_path / "out").iterdir():
            path.unlink()
        (tmp_path / "out").rmdir()


@pytest.mark.usefixtures("often")
def test_cuts_found_before_an_interruption_are_known_after_it(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "cuts.txt").write_text("2\n5  # a new scene\n\n")
    whole = quick(clip, tmp_path / "whole", method="average", cuts=tmp_path / "cuts.txt")
    assert whole.cuts == (2, 5)
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", method="average", cuts=tmp_path / "cuts.txt", progress=stop_at(7))
    quick(clip, tmp_path / "out", method="average", cuts=tmp_path / "cuts.txt", resume=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_work_is_not_taken_up_with_other_settings(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", progress=stop_at(4))
    with pytest.raises(InputError, match=r"wanted to resume with the same .* another filters; start anew"):
        quick(clip, tmp_path / "out", resume=True, method="average")
    with pytest.raises(InputError, match="another masks"):
        quick(clip, tmp_path / "out", resume=True, masks=write_masks(tmp_path / "other", MASKS[::-1]))
    assert (tmp_path / ".out.unfinished").is_dir()


def test_without_resume_work_begins_anew(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", progress=stop_at(4))
    quick(clip, tmp_path / "out", method="average")
    quick(clip, tmp_path / "whole", method="average")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_resuming_what_was_never_begun_does_it(clip: Path, tmp_path: Path) -> None:
    assert quick(clip, tmp_path / "out", resume=True).frames == FRAMES


@pytest.mark.parametrize("name", ["palette", "npz"])
def test_a_finished_result_needs_nothing_done(name: str, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{FORMATS[name].suffix if FORMATS[name].single_file else ''}"
    done = quick(clip, out, format=name)
    before = contents(tmp_path)
    told: list[object] = []
    assert quick(clip, out, format=name, resume=True, progress=lambda *each: told.append(each)) == done
    assert not told
    assert contents(tmp_path) == before


def test_what_is_left_after_the_result_is_in_place_is_cleared_away(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out")
    for left in (".out.unfinished", ".replaced-out"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "state.safetensors").write_text("")
    quick(clip, tmp_path / "out", resume=True)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_manifest_beside_a_missing_file_is_no_result(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out.npz", format="npz")
    before = contents(tmp_path)
    (tmp_path / "out.npz").unlink()
    quick(clip, tmp_path / "out.npz", format="npz", resume=True)
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("often")
def test_a_state_whose_masks_are_gone_is_not_gone_on_from(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "whole")
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", progress=stop_at(7))
    (tmp_path / ".out.unfinished" / "frames" / "00001.png").unlink()
    quick(clip, tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("left", ["", "half"])
def test_a_state_that_never_reached_the_disk_is_not_gone_on_from(
    left: str, clip: Path, tmp_path: Path
) -> None:
    quick(clip, tmp_path / "whole", method="motion", live=True)
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", method="motion", live=True, progress=stop_at(5))
    state = (tmp_path / ".out.unfinished") / "state.safetensors"
    state.write_bytes(state.read_bytes()[: 20 if left else 0])
    quick(clip, tmp_path / "out", method="motion", live=True, resume=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("name", ["frames/00002.png", "settings.json"])
def test_an_empty_file_of_interrupted_work_is_made_anew(name: str, clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "whole", method="motion", live=True)
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", method="motion", live=True, progress=stop_at(5))
    assert ((tmp_path / ".out.unfinished") / name).stat().st_size
    ((tmp_path / ".out.unfinished") / name).write_bytes(b"")
    quick(clip, tmp_path / "out", method="motion", live=True, resume=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_two_runs_do_not_write_the_same_result(clip: Path, tmp_path: Path) -> None:
    def second(what: str, done: int, of: int) -> None:
        for settings in ({}, {"resume": True}, {"overwrite": True}):
            with pytest.raises(InputError, match="out: wanted a place that no other run is writing"):
                quick(clip, tmp_path / "out", **settings)

    quick(clip, tmp_path / "whole")
    quick(clip, tmp_path / "out", progress=second)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]


def test_resuming_does_not_replace_a_folder_that_came_up_meanwhile(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", progress=stop_at(2))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"out: wanted a folder with manifest\.json"):
        quick(clip, tmp_path / "out", resume=True)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


def test_nothing_is_left_after_bad_input_is_found_on_the_way(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a mask being written any more while all is removed."""
    writing: set[int] = set()
    remove = module.WorkFolder.remove

    class Writer:
        """Fails at once for the third mask, while others are being written."""

        def __init__(self, real: object) -> None:
            self.path, self._write = real.path, real.write

        def write(self, frame: MaskFrame) -> Path:
            if frame.index == 2:
                raise InputError("bad")
            writing.add(frame.index)
            time.sleep(0.2)
            written = self._write(frame)
            writing.remove(frame.index)
            return written

    def removed(work: object) -> None:
        assert not writing
        remove(work)

    monkeypatch.setattr(module.WorkFolder, "remove", removed)
    monkeypatch.setattr(
        module, "open_mask_writer", lambda *each, **named: Writer(open_mask_writer(*each, **named))
    )
    with pytest.raises(InputError, match="bad"):
        quick(clip, tmp_path / "out", workers=8)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["3\n8\n", "-1\n", "two\n", "1.5\n", "3 4\n"])
def test_a_bad_line_in_a_list_of_cuts_is_named(text: str, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "cuts.txt").write_text(text)
    with pytest.raises(InputError, match=r"cuts\.txt: line [12]: wanted the index of a frame, 0 to 7, got "):
        quick(clip, tmp_path / "out", cuts=tmp_path / "cuts.txt")
    assert not (tmp_path / "out").exists()


def test_scenes_are_stabilized_as_if_they_stood_alone(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "cuts.txt").write_text("3\n")
    quick(clip, tmp_path / "both", method="motion", cuts=tmp_path / "cuts.txt")
    for start, end in ((0, 3), (3, FRAMES)):
        alone = tmp_path / f"from-{start}"
        for kind in ("frames", "masks"):
            (alone / kind).mkdir(parents=True)
            for t in range(start, end):
                (alone / kind / f"{t:05d}.png").symlink_to(clip / kind / f"{t:05d}.png")
        quick(alone, tmp_path / f"out-{start}", method="motion")
        for t in range(start, end):
            name = f"{t:05d}.png"
            assert (tmp_path / f"out-{start}" / name).read_bytes() == (tmp_path / "both" / name).read_bytes()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB, which the masks of a longer clip fill."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.getuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("a small disk can be mounted by root only")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("name", ["grey16", "npz", "matte", "json"])
def test_a_full_disk_is_one_clear_error(name: str, clip: Path, tmp_path: Path, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(44 * 1024))
    out = small_disk / f"out{FORMATS[name].suffix if FORMATS[name].single_file else ''}"
    noise = torch.Generator().manual_seed(0)
    masks = write_masks(
        tmp_path / "noise", [torch.randint(0, 2, WORLD.size, generator=noise).int() for _ in MASKS]
    )
    with pytest.raises(VideoError, match="No space left on device") as caught:
        stabilize(
            clip / "frames", masks, out, method="motion", strength=0.0, format=name,
            preview=small_disk / "preview.mp4",
        )  # fmt: skip
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, SteadymaskError)
    assert {p.name for p in small_disk.iterdir()} <= {"ballast", f".{out.name}.unfinished"}
    (small_disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    stabilize(
        clip / "frames", masks, out, method="motion", strength=0.0, format=name, resume=True,
        preview=small_disk / "preview.mp4",
    )  # fmt: skip
    assert out.exists()
    assert not (small_disk / f".{out.name}.unfinished").exists()


def test_a_place_that_cannot_be_written_is_named(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VideoError, match="file"):
        quick(clip, tmp_path / "file" / "out")


def test_places_may_be_strings(clip: Path, tmp_path: Path) -> None:
    """In a process of its own: here types are checked."""
    out, scored = tmp_path / "out", tmp_path / "scored"
    program = """
import sys, steadymask
frames, masks, out, scored = sys.argv[1:]
steadymask.stabilize(frames, masks, out, method="average")
steadymask.score(frames, masks, compare=out, out=scored)
"""
    places = [str(each) for each in (clip / "frames", clip / "masks", out, scored)]
    subprocess.run([sys.executable, "-c", program, *places], check=True)
    assert (scored / "scores.json").exists()


def kill_and_resume(*arguments: str) -> dict[str, dict[str, dict[str, int]]]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.quality.kill_and_resume", "--print", *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["modes"]


def test_killed_at_random_instants_and_resumed_the_bytes_are_the_same() -> None:
    modes = kill_and_resume(
        "--kills", "1", "--changes", "0", "--frames", "26", "--size", "32", "40",
        "--modes", "motion", "live", "average",
    )  # fmt: skip
    assert set(modes) == {"motion", "live", "average"}
    for counts in modes.values():
        assert counts["random_kills"] == {"resumed": 1, "identical": 1}


@pytest.mark.slow
def test_killed_before_any_change_on_the_disk_and_resumed_the_bytes_are_the_same() -> None:
    for counts in kill_and_resume("--kills", "20", "--frames", "27").values():
        assert counts["random_kills"] == {"resumed": 20, "identical": 20}
        at_changes = counts["kills_before_changes_on_disk"]
        assert at_changes["resumed"] == at_changes["identical"] > 50
