"""The command line as people meet it: help, exit codes, one line for each error, nothing half done."""

import inspect
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib import import_module, resources
from pathlib import Path

import pytest

import steadymask
from small_clips import flickering, true_labels, write_frames, write_masks
from steadymask.cli import VERBS, main
from steadymask.data.reading import Reading
from steadymask.io.mask_format import FORMATS
from steadymask.io.weights import WeightsOf, write_weights
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from world import World


def run(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int | None = None
) -> tuple[str, str]:
    """Output and errors of a command that ends with `code` (None: returns)."""
    if code is None:
        main([str(each) for each in arguments])
    else:
        with pytest.raises(SystemExit) as exit:
            main([str(each) for each in arguments])
        assert exit.value.code == code
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, world = tmp_path_factory.mktemp("cli"), World()
    write_frames(root / "frames", world, 5)
    write_masks(root / "truth", true_labels(world, 5))
    write_masks(root / "masks", flickering(true_labels(world, 5)))
    return root


def verb_of(name: str) -> object:
    return getattr(import_module(f"steadymask.tasks.{name}"), name)


def test_the_package_says_that_it_is_typed() -> None:
    assert resources.files(steadymask).joinpath("py.typed").is_file()


def test_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "stabilize", "--help", code=0)
    *most, last = FORMATS
    assert f"{','.join(most)}or{last}" in re.sub(r"[│\s]", "", out)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version")[0] == f"steadymask {steadymask.__version__}\n"


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "--help", code=0)
    assert all(name in out for name in VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_the_table_of_verbs_says_what_the_docstrings_say(name: str) -> None:
    assert inspect.getdoc(verb_of(name)).splitlines()[0] == VERBS[name]
    assert getattr(steadymask, name) is verb_of(name)


@pytest.mark.parametrize("name", VERBS)
def test_help_lists_every_parameter(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, name, "--help", code=0)
    parameters = inspect.signature(verb_of(name)).parameters
    names = set(parameters) - {"progress", "reading"}
    if "reading" in parameters:
        names |= {field.name for field in fields(Reading)}
    for each in names:
        required = parameters[each].default is inspect.Parameter.empty if each in parameters else False
        assert (each.upper() if required else f"--{each.replace('_', '-')}") in out
    assert "{None}" not in out
    assert "progress" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("scroe",),
        ("--nonsense",),
        ("score",),
        ("score", "a", "b", "--nonsense"),
        ("demo", "--frames", "many"),
    ],
)
def test_a_usage_error_exits_with_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    _, err = run(capsys, *arguments, code=2)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("nowhere", "masks"),
            "nowhere: wanted a video file or a folder of pictures, got no such file or folder",
        ),
        (("frames", "nowhere"), "nowhere: wanted masks, got no such file or folder"),
        (("frames", "masks", "--truth", "frames"), "frames"),
        (("frames", "masks", "--cuts", "nowhere"), "nowhere: cannot be read as a list of cuts: No such file"),
        (("frames", "masks", "--workers", "0"), "workers: wanted at least 1, got 0"),
        (("frames", "masks", "--every", "0"), "every: wanted 1 or more, got 0"),
        (("frames", "masks", "--void", "-3"), "void: wanted an id above 0, got -3"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: tuple[str, ...],
    message: str,
    clip: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(clip)
    before = sorted(clip.rglob("*"))
    out, err = run(capsys, "score", *arguments, code=1)
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert sorted(clip.rglob("*")) == before


def test_score_prints_a_table_and_says_where_the_files_lie(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = clip / "frames", clip / "masks", "--truth", clip / "truth", "--compare", clip / "truth"
    out, err = run(capsys, "score", *paths, "--out", tmp_path / ("a folder with a [long] name" * 4))
    assert err == ""  # no progress where nobody looks
    for word in (
        "Flicker, on one scale",
        "Region overlap J",
        "Masks",
        "Compared",
        "Truth",
        "Change",
        "100",
    ):
        assert word in out
    for name in ("report.html", "scores.json"):
        line = next(line for line in out.splitlines() if name in line)
        assert Path(line.partition(": ")[2]).is_file()


def test_stabilize_and_demo_print_what_they_did(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = run(capsys, "stabilize", clip / "frames", clip / "masks", tmp_path / "out", "--method", "median")
    assert "5 frames, 2 objects" in out
    assert str(tmp_path / "out") in out
    size = ("--size", "64", "96", "--frames", "6", "--method", "median")
    out, _ = run(capsys, "demo", "--out", tmp_path / "demo", *size)
    assert "excess flicker" in out or "flicker" in out
    assert str(tmp_path / "demo" / "after" / "report.html") in out


def test_segment_prints_what_a_network_costs(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of = WeightsOf(network="espnetv2", config={"classes": 2, "scale": 1.0}, classes=("background", "fish"))
    network = ESPNetV2(ESPNetV2Config(classes=2, scale=1.0))
    write_weights(tmp_path / "fish.safetensors", network.state_dict(), of=of)
    places = clip / "frames", tmp_path / "out", "--model", tmp_path / "fish.safetensors", "--device", "cpu"
    out, err = run(capsys, "segment", *places)
    assert err == ""
    facts = r"\(0\.23 million parameters, on cpu, \d+\.\d frames a second\)"
    assert re.search(rf"^frames: 5 frames by fish\.safetensors {facts}", out, re.MULTILINE)
    assert "classes: 1 fish\n" in out
    assert f"masks: {tmp_path / 'out'}\n" in out
    out, _ = run(capsys, "segment", *places, "--resume")
    assert "frames a second" not in out


def test_evaluate_prints_a_table_and_says_where_the_files_lie(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    for name in ("frames", "truth"):
        shutil.copytree(clip / name, data / name / "pond")
    for name in ("masks", "truth"):
        shutil.copytree(clip / name, tmp_path / f"of-{name}" / "pond")
    sets = tmp_path / "of-masks", tmp_path / "of-truth"
    out, err = run(capsys, "evaluate", data, *sets, "--out", tmp_path / "out", "--workers", "1")
    assert err == ""
    for word in ("data, 1 clip", "of-masks", "of-truth", "the truth", "Region overlap J", "Rank sum"):
        assert word in out
    for name in ("report.html", "evaluation.json"):
        line = next(line for line in out.splitlines() if name in line)
        assert Path(line.partition(": ")[2]).is_file()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "clips.csv", "evaluation.json", "made_of.json", "objects.csv", "report.html",
    ]  # fmt: skip


def test_an_interrupted_evaluation_says_that_what_is_finished_is_kept(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("steadymask.tasks.measured_clips.run_batch", interrupted)
    masks = tmp_path / "masks"
    shutil.copytree(clip / "masks", masks / clip.name)
    data = tmp_path / "data"
    shutil.copytree(clip / "frames", data / clip.name / "frames")
    err = run(capsys, "evaluate", data, masks, "--out", tmp_path / "out", code=130)[1]
    assert err == "stopped; what is finished is kept: run again with --resume\n"
    assert (tmp_path / ".out.unfinished").is_dir()
    assert not (tmp_path / "out").exists()


def test_one_frame_is_not_called_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame, mask = tmp_path / "frame", tmp_path / "mask"
    write_frames(frame, World(), 1)
    write_masks(mask, true_labels(World(), 1))
    out, _ = run(capsys, "stabilize", frame, mask, tmp_path / "one", "--method", "median")
    assert "frame: 1 frame, 2 objects" in out


def test_an_interrupted_command_says_so(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("steadymask.tasks.score.measure", interrupted)
    paths = clip / "frames", clip / "masks", "--out", tmp_path / "out"
    assert run(capsys, "score", *paths, code=130)[1] == "stopped\n"
    assert list(tmp_path.iterdir()) == []


def test_help_does_not_wait_for_torch() -> None:
    code = "import sys, steadymask.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_reader_that_goes_away_is_no_error(clip: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} -m steadymask score frames masks --out {tmp_path / 'out'} | true"
    done = subprocess.run(command, shell=True, cwd=clip, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "scores.json").is_file()


def test_an_unknown_name_is_no_part_of_the_package() -> None:
    with pytest.raises(AttributeError, match="no attribute 'scroe'"):
        steadymask.scroe  # noqa: B018
    assert {"score", "stabilize", "demo", "__version__"} <= set(dir(steadymask))
