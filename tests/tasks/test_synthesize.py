"""`synthesize` from files to files: what it writes, how that is read again, and what it refuses."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import spoiled_clips as s
from small_clips import write_masks
from steadymask.cli import main
from steadymask.data.exact_motion import read_motion
from steadymask.data.synthetic import Synthesis, synthesize_sequence
from steadymask.data.synthetic_folder import find_sequences, motion_file
from steadymask.errors import InputError, SteadymaskError, VideoError
from steadymask.tasks.batch import Batch
from steadymask.tasks.synthesize import synthesize
from world import World

WORLD = World()
SHORT = {"frames": 3, "noise": 0.01}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, its mask, and sequences of it."""
    box = tmp_path_factory.mktemp("synthesize")
    picture = Image.fromarray(WORLD.picture(0).permute(1, 2, 0).numpy())
    picture.save(box / "pond.png")
    write_masks(box / "masks", [WORLD.labels(0)])
    (box / "masks" / "00000.png").rename(box / "mask.png")
    synthesize(box / "pond.png", box / "mask.png", box / "out", **SHORT)
    return box


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_folder_has_frames_truth_and_motion_of_each_severity(box: Path) -> None:
    per_sequence = {
        *(f"{kind}/{t:05d}.png" for kind in ("frames", "truth") for t in range(3)),
        *(f"flow/{t:05d}.npz" for t in range(2)),
    }
    wanted = {f"severity-{k}/{each}" for k in range(1, 7) for each in per_sequence}
    assert set(files(box / "out")) == {"manifest.json", *wanted}
    assert [p.name for p in box.iterdir() if p.name.startswith(".")] == []


def test_what_is_read_again_is_what_was_made(box: Path) -> None:
    sequences = find_sequences(box / "out")
    assert [each.name for each in sequences] == [f"severity-{k}" for k in range(1, 7)]
    for sequence in sequences:
        made = synthesize_sequence(
            WORLD.picture(0),
            WORLD.labels(0),
            severity=sequence.severity,
            settings=Synthesis(**SHORT),
            scene="pond",
        )
        for frame, wanted in zip(sequence.frames(), made, strict=True):
            assert frame.picture.equal(wanted.picture)
            assert frame.labels.equal(wanted.labels)
            assert frame.kind == wanted.kind
            assert (frame.motion is None) == (wanted.motion is None)
            if frame.motion is not None:
                assert (frame.motion.forward, frame.motion.backward) == (
                    wanted.motion.forward,
                    wanted.motion.backward,
                )
                assert frame.motion.visible_forward.equal(wanted.motion.visible_forward)
                assert frame.motion.visible_backward.equal(wanted.motion.visible_backward)


def test_the_first_frame_is_the_picture_bit_for_bit(box: Path) -> None:
    for k in range(1, 7):
        first = np.asarray(Image.open(box / "out" / f"severity-{k}" / "frames" / "00000.png"))
        assert np.array_equal(first, np.asarray(Image.open(box / "pond.png")))


def test_the_same_command_writes_the_same_bytes_and_names_no_place_or_time(box: Path, tmp_path: Path) -> None:
    synthesize(box / "pond.png", box / "mask.png", tmp_path / "again", **SHORT)
    assert files(tmp_path / "again") == files(box / "out")
    assert str(box) not in (box / "out" / "manifest.json").read_text()
    other = tmp_path / "other"
    synthesize(box / "pond.png", box / "mask.png", other, seed=1, **SHORT)
    here, there = files(box / "out"), files(other)
    frames = [name for name in here if "frames" in name and "00000" not in name]
    assert not any(here[name] == there[name] for name in frames)


def test_dense_flow_is_the_matrix_at_every_pixel(box: Path, tmp_path: Path) -> None:
    synthesize(box / "pond.png", box / "mask.png", tmp_path / "out", dense_flow=True, **SHORT)
    for sequence in find_sequences(tmp_path / "out"):
        file = motion_file(sequence.folder, "00000")
        motion = read_motion(file, size=sequence.video.size)
        with np.load(file) as arrays:
            assert arrays["flow_forward"].dtype == np.float32
            assert np.array_equal(arrays["flow_forward"], motion.flow_forward.numpy())
            assert np.array_equal(arrays["flow_backward"], motion.flow_backward.numpy())
            rows, columns = np.mgrid[: WORLD.size[0], : WORLD.size[1]].astype(np.float64)
            places = arrays["forward"] @ np.stack([columns, rows, np.ones_like(rows)]).reshape(3, -1)
            flow = places.reshape(2, *WORLD.size) - np.stack([columns, rows])
            assert np.abs(flow - arrays["flow_forward"]).max() < 1e-5


def test_void_comes_back_as_void(box: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    synthesize(box / "pond.png", box / "mask.png", out, kinds=("occlusion",), void_occluders=True, frames=3)
    last = list(find_sequences(out)[5].frames())[-1].labels
    assert set(last.unique().tolist()) == {-1, 0, 1, 2}
    assert json.loads((out / "manifest.json").read_text())["void"] == 255


@pytest.mark.parametrize("largest", [255, 65535, 70000])
@pytest.mark.parametrize("void", [False, True])
def test_large_ids_are_kept(largest: int, void: bool, box: Path, tmp_path: Path) -> None:
    ids = np.zeros((1, *WORLD.size), np.int32)
    ids[:, 5:30, 5:30], ids[:, 31:40, 8:50] = largest, 3
    np.savez(tmp_path / "mask.npz", labels=ids)
    made = {"frames": 2, "void_occluders": void}
    synthesize(box / "pond.png", tmp_path / "mask.npz", tmp_path / "out", **made)
    first = next(find_sequences(tmp_path / "out")[0].frames()).labels
    assert torch.equal(first, torch.from_numpy(ids[0]))


def test_an_interrupted_run_goes_on_to_the_same_bytes(box: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def interrupt(what: str, done: int, of: int) -> None:
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(box / "pond.png", box / "mask.png", out, progress=interrupt, **SHORT)
    assert not out.exists()
    with pytest.raises(
        InputError, match="wanted to resume with the same inputs and settings, got another synth"
    ):
        synthesize(box / "pond.png", box / "mask.png", out, resume=True, seed=5, **SHORT)
    told: list[int] = []
    resumed = {"resume": True, "progress": lambda what, done, of: told.append(done)}
    synthesize(box / "pond.png", box / "mask.png", out, **resumed, **SHORT)
    assert told[0] == 7  # the two finished sequences were not made again
    assert files(out) == files(box / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    before = (out / "manifest.json").stat().st_mtime_ns
    assert synthesize(box / "pond.png", box / "mask.png", out, resume=True, **SHORT).sequences == 6
    assert (out / "manifest.json").stat().st_mtime_ns == before


def test_a_result_is_replaced_only_when_told(box: Path, tmp_path: Path) -> None:
    shutil.copytree(box / "out", tmp_path / "out")
    with pytest.raises(InputError, match="wanted a new place, got one that exists; see overwrite"):
        synthesize(box / "pond.png", box / "mask.png", tmp_path / "out", **SHORT)
    synthesize(box / "pond.png", box / "mask.png", tmp_path / "out", overwrite=True, frames=2)
    assert find_sequences(tmp_path / "out")[0].video.count == 2
    (tmp_path / "out" / "thesis.txt").write_text("dear")
    with pytest.raises(InputError, match=r"wanted nothing but an older result to overwrite, got thesis\.txt"):
        synthesize(box / "pond.png", box / "mask.png", tmp_path / "out", overwrite=True, frames=2)


def test_a_folder_of_pictures_is_a_batch_and_a_scene_of_it_is_what_it_is_alone(
    box: Path, tmp_path: Path
) -> None:
    for folder, file in (("pictures", "pond.png"), ("masks", "mask.png")):
        (tmp_path / folder).mkdir()
        for name in ("pond", "lake"):
            shutil.copy(box / file, tmp_path / folder / f"{name}.png")
    (tmp_path / "masks" / "lake.png").write_bytes(b"no picture")
    made = synthesize(tmp_path / "pictures", tmp_path / "masks", tmp_path / "out", workers=1, **SHORT)
    assert isinstance(made, Batch)
    assert list(made.done) == ["pond"]
    assert "lake.png: wanted a PNG" in made.failed["lake"]
    here, alone = (
        {name: content for name, content in files(each).items() if name != "manifest.json"}
        for each in (tmp_path / "out" / "pond", box / "out")
    )
    assert here == alone
    assert [each.name for each in find_sequences(tmp_path / "out")][:2] == [
        "pond/severity-1",
        "pond/severity-2",
    ]


def test_the_command_says_what_it_did(box: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    main(
        [
            "synthesize",
            str(box / "pond.png"),
            str(box / "mask.png"),
            out,
            "--frames",
            "2",
            "--kinds",
            "scaling",
        ]
    )
    assert capsys.readouterr().out.splitlines()[0].startswith("pond: 6 sequences of 2 frames (palette PNG")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["kinds"]["6"] == ["scaling"]


BAD: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "no picture there": (lambda b: None, ["nowhere.png", "mask.png", "out"], "nowhere.png: no such file"),
    "a text as the picture": (
        s.content("text.png", "hello"),
        ["text.png", "mask.png", "out"],
        "text.png: cannot be read as a picture",
    ),
    "no mask there": (lambda b: None, ["pond.png", "nowhere.png", "out"], "nowhere.png: wanted masks"),
    "a text as the mask": (
        s.content("text.png", "hello"),
        ["pond.png", "text.png", "out"],
        "text.png: wanted a PNG",
    ),
    "a mask of another size": (
        lambda b: s.palette(b / "small.png", np.zeros((10, 12), np.uint8)),
        ["pond.png", "small.png", "out"],
        "small.png: wanted height x width 48 x 64 as pond.png, got 10 x 12",
    ),
    "a grey mask that says nothing": (
        lambda b: Image.fromarray(np.full((48, 64), 3, np.uint8)).save(b / "grey.png"),
        ["pond.png", "grey.png", "out"],
        "--read-as labels or --read-as probability",
    ),
    "masks of a clip": (
        lambda b: np.savez(b / "m.npz", labels=np.zeros((3, 48, 64), np.uint8)),
        ["pond.png", "m.npz", "out"],
        "m.npz: wanted one mask for pond.png, got 3",
    ),
    "an object that is not there": (
        lambda b: None,
        ["pond.png", "mask.png", "out", "--objects", "9"],
        "objects: wanted ids that mask.png has, got 9",
    ),
    "a rate": (lambda b: None, ["pond.png", "mask.png", "out", "--fps", "24"], "fps, every: wanted neither"),
    "one frame": (
        lambda b: None,
        ["pond.png", "mask.png", "out", "--frames", "1"],
        "frames: wanted at least 2, got 1",
    ),
    "a folder and a file": (
        lambda b: (b / "p").mkdir(),
        ["p", "mask.png", "out"],
        "mask.png: wanted a folder of masks",
    ),
    "a folder without pictures": (
        lambda b: [(b / each).mkdir() for each in "pm"],
        ["p", "m", "out"],
        "p: wanted pictures, got a folder without any",
    ),
    "a picture without a mask": (
        lambda b: [(b / each).mkdir() for each in "pm"] and shutil.copy(b / "pond.png", b / "p"),
        ["p", "m", "out"],
        "m: wanted a mask named pond, got none",
    ),
    "the picture as the result": (
        lambda b: None,
        ["pond.png", "mask.png", "pond.png", "--overwrite"],
        "pond.png: wanted a place apart from the input",
    ),
    "something else as the result": (
        s.content("dear/thesis.tex", "years"),
        ["pond.png", "mask.png", "dear", "--overwrite"],
        "dear: wanted a folder with manifest.json to overwrite, got something else",
    ),
    "a result that is there": (
        s.content("dear/thesis.tex", "years"),
        ["pond.png", "mask.png", "dear"],
        "dear: wanted a new place, got one that exists; see overwrite",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_line_and_changes_nothing(
    name: str, box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, command, message = BAD[name]
    for each in ("pond.png", "mask.png"):
        shutil.copy(box / each, tmp_path / each)
    (tmp_path / "dear").mkdir()
    spoil(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as exit:
        main(["synthesize", *command])
    out, err = capsys.readouterr()
    assert (exit.value.code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def other_manifest(out: Path) -> None:
    (out / "manifest.json").write_text('{"made": {"task": "stabilize"}}')


def other_kind(out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["kinds"]["3"][0] = "melting"
    (out / "manifest.json").write_text(json.dumps(manifest))


DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a frame": (
        lambda o: (o / "severity-2/frames/00001.png").unlink(),
        "wanted 3 frames as the manifest says, got 2",
    ),
    "a truth": (
        lambda o: (o / "severity-2/truth/00001.png").unlink(),
        "wanted a mask for each of 3 frames, got 2",
    ),
    "a motion": (
        lambda o: (o / "severity-2/flow/00001.npz").unlink(),
        "00001.npz: wanted the motion to the next",
    ),
    "half a motion": (
        lambda o: (o / "severity-2/flow/00001.npz").write_bytes(b"PK\3\4"),
        "00001.npz: cannot be read as npz",
    ),
    "a motion that bends": (
        lambda o: np.savez(
            o / "severity-2/flow/00000.npz",
            forward=np.ones((2, 3)),
            backward=np.ones((2, 3)),
            visible_forward=np.ones(WORLD.size, bool),
            visible_backward=np.ones(WORLD.size, bool),
        ),
        "00000.npz: wanted a matrix that turns, scales and moves",
    ),
    "a severity": (lambda o: shutil.rmtree(o / "severity-2"), "severity-2"),
    "the manifest": (lambda o: (o / "manifest.json").unlink(), "without manifest.json"),
    "another manifest": (other_manifest, "wanted the manifest of synthetic sequences"),
    "another kind": (other_kind, "wanted the manifest of synthetic sequences"),
    "everything": (shutil.rmtree, "wanted a folder that synthesize wrote, got no such folder"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_missing_or_damaged_is_named(what: str, box: Path, tmp_path: Path) -> None:
    damage, message = DAMAGED[what]
    out = tmp_path / "out"
    shutil.copytree(box / "out", out)
    damage(out)
    with pytest.raises((InputError, VideoError)) as raised:
        for sequence in find_sequences(out):
            list(sequence.frames())
    assert isinstance(raised.value, SteadymaskError)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
