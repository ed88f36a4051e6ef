"""`train`: what is interrupted goes on to the same bytes, what is there stays, what is wrong is said."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from small_clips import write_frames
from small_data_sets import box, camvid
from small_training_data import image_folder, plain_clips, video_file
from steadymask.cli import main
from steadymask.data.frame_files import VideoFrames
from steadymask.errors import InputError, SteadymaskError, VideoError, WeightsError
from steadymask.io.weights import WeightsOf, write_weights
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.recipes.start import open_weights
from steadymask.tasks import train as module
from steadymask.tasks.segment import segment
from steadymask.tasks.train import RECIPES, train
from steadymask.tasks.trained import Trained
from world import World

SIZE = (24, 32)
RECIPE = Path(__file__).parent / "own_recipe.py"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """frames/CLIP and truth/CLIP; nothing writes into it."""
    root = tmp_path_factory.mktemp("clips")
    return plain_clips(root, {name: moving(n) for n, name in enumerate(("a", "b"))})


def moving(start: int) -> list[np.ndarray]:
    return [box((1, 6, 18, 4 + start + t, 16 + start + t), size=SIZE) for t in range(5)]


def quick(data: Path, out: Path, name: str = "plain", **settings: object) -> Trained:
    return train(f"{RECIPE}:{name}", data=data, out=out, **({"device": "cpu"} | settings))


def results(out: Path) -> dict[str, bytes]:
    """Weights and logs of all phases; TensorBoard's files have clock times."""
    files = (each for pattern in ("*.safetensors", "log.csv", "*.json") for each in out.rglob(pattern))
    return {str(each.relative_to(out)): each.read_bytes() for each in sorted(files)}


def interrupted_at(*wanted: object) -> object:
    def progress(*told: object) -> None:
        if told[:2] == wanted:
            raise KeyboardInterrupt

    return progress


@pytest.fixture(scope="module")
def whole(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for name in ("plain", "taught", "looked_at"):
        found[name] = tmp_path_factory.mktemp("whole") / "out"
        quick(clips, found[name], name)
    return found


@pytest.mark.parametrize(
    ("name", "what", "step"),
    [
        ("plain", "first", 1),  # before any checkpoint
        ("plain", "first", 2),
        ("plain", "first", 3),  # its last step is done, it is not finished
        ("plain", "second", 1),
        ("plain", "second", 3),
        ("looked_at", "second", 2),
        ("taught", "pseudo labels", 1),
        ("taught", "pseudo labels", 3),
        ("taught", "second", 1),
    ],
)
def test_interrupted_work_goes_on_to_the_same_bytes(
    name: str, what: str, step: int, clips: Path, whole: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        quick(clips, tmp_path / "out", name, progress=interrupted_at(what, step))
    assert not (tmp_path / "out" / "weights.safetensors").exists()
    torch.manual_seed(99)  # as in another process
    quick(clips, tmp_path / "out", name, resume=True)
    assert results(tmp_path / "out") == results(whole[name])
    assert not (tmp_path / "out" / "begun.json").exists()
    assert not [*tmp_path.rglob("checkpoint.pt")]


def test_work_stopped_between_phases_goes_on_to_the_same_bytes(
    clips: Path, whole: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steadymask.tasks import training_job

    fit = training_job.fit

    def stopped(*arguments: object, **more: object) -> object:
        if more["folder"].name == "second":
            raise KeyboardInterrupt
        return fit(*arguments, **more)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training_job, "fit", stopped)
        quick(clips, tmp_path / "out")
    told: list[str] = []
    quick(clips, tmp_path / "out", resume=True, progress=lambda what, *_: told.append(what))
    assert {*told} == {"second"}
    assert results(tmp_path / "out") == results(whole["plain"])


def test_a_finished_run_has_nothing_left_to_do(clips: Path, whole: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(whole["looked_at"], tmp_path / "out")
    before = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")}
    again = quick(clips, tmp_path / "out", "looked_at", resume=True, progress=interrupted_at("first", 1))
    assert {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")} == before
    assert (again.steps, again.seconds, again.weights) == (6, None, tmp_path / "out" / "weights.safetensors")
    assert set(again.found) == {"accuracy", "stability"}


def test_progress_names_what_is_done(clips: Path, tmp_path: Path) -> None:
    told: list[tuple[object, ...]] = []
    done = quick(clips, tmp_path / "out", "taught", steps=2, progress=lambda *all: told.append(all))
    wanted = [("pseudo labels", at, 4) for at in range(1, 5)]
    wanted += [(phase, at, 2) for phase in ("first", "second") for at in (1, 2)]
    assert told == wanted
    assert (done.steps, done.recipe) == (4, "own_recipe.py:taught")
    assert done.seconds is not None and done.seconds > 0
    assert done.parameters == sum(each.numel() for each in load_file(done.weights).values()) - 13


def test_the_seed_decides_all_that_is_random(clips: Path, whole: dict[str, Path], tmp_path: Path) -> None:
    """The weights of the user's network among it, which begin at random."""
    torch.manual_seed(5)
    for seed in (0, 1):
        quick(clips, tmp_path / str(seed), seed=seed)
    assert results(tmp_path / "0") == results(whole["plain"])
    name = "weights.safetensors"
    assert results(tmp_path / "1")[name] != results(whole["plain"])[name]


def test_a_network_of_the_users_own_gets_plain_weights(whole: dict[str, Path]) -> None:
    weights = whole["plain"] / "weights.safetensors"
    assert set(load_file(weights)) >= {"body.weight", "head.bias", "norm.running_mean"}
    with pytest.raises(WeightsError, match=r"weights\.safetensors: wanted weights of ESPNetV2"):
        open_weights(weights)


def test_weights_are_what_segment_takes(clips: Path, tmp_path: Path) -> None:
    done = quick(clips, tmp_path / "out", "ours", steps=1)
    network, classes = open_weights(done.weights)
    assert (type(network), classes) == (ESPNetV2, ("background", "object"))
    masks = segment(clips / "frames" / "a", tmp_path / "masks", model=str(done.weights), device="cpu")
    assert masks.classes == {1: "object"}
    # A recipe for other classes keeps all weights but the classifier.
    again = RECIPES["espnetv2-davis"](module.Given(data=clips, weights=done.weights))
    assert torch.equal(again.network.classifier.weight, network.classifier.weight)


def test_a_place_that_exists_is_replaced_only_when_told_and_only_if_it_is_training(
    clips: Path, whole: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole["plain"], out)
    before = results(out)
    with pytest.raises(InputError, match="out: wanted a new place, got one that exists; see overwrite"):
        quick(clips, out)
    for foreign in (out / "notes.txt", out / "first" / "notes.txt"):
        foreign.write_text("mine")
        with pytest.raises(InputError, match=r"wanted nothing but an older result to overwrite, got .*notes"):
            quick(clips, out, overwrite=True)
        foreign.unlink()
    assert results(out) == before
    # Another recipe, with other phases, may take the place.
    quick(clips, out, "ours", steps=1, overwrite=True)
    assert sorted(each.name for each in out.iterdir()) == [
        "flows", "manifest.json", "only", "weights.safetensors",
    ]  # fmt: skip


def test_interrupted_training_may_be_replaced_too(
    clips: Path, whole: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        quick(clips, tmp_path / "out", seed=3, progress=interrupted_at("second", 2))
    with pytest.raises(InputError, match="see overwrite"):
        quick(clips, tmp_path / "out")
    quick(clips, tmp_path / "out", overwrite=True)
    assert results(tmp_path / "out") == results(whole["plain"])


def test_folders_of_others_are_not_replaced(clips: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text('{"task": "segment"}')
    for name in ("file", "folder", "other"):
        for resume in (False, True):
            with pytest.raises(InputError, match="wanted a new place"):
                quick(clips, tmp_path / name, resume=resume)
        with pytest.raises(InputError, match=f"{name}: wanted a folder"):
            quick(clips, tmp_path / name, overwrite=True)
    assert (tmp_path / "file").read_text() == "a"
    with pytest.raises(VideoError, match=r"file/out: cannot be made"):
        quick(clips, tmp_path / "file" / "out")


def test_an_empty_folder_is_a_new_place(clips: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".unfinished-begun.json").write_text("{")  # stopped at the first instant
    quick(clips, tmp_path / "out", "ours", steps=1, resume=True)


def test_what_is_learned_from_is_never_replaced(clips: Path, whole: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole["plain"], out)
    for settings in ({"weights": out / "weights.safetensors"}, {"videos": out}):
        with pytest.raises(InputError, match="wanted a place apart from the input"):
            quick(clips, out, overwrite=True, **settings)
    assert results(out) == results(whole["plain"])


def test_resuming_something_else_names_what_changed(clips: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 1)):
        torch.manual_seed(seed)
        write_weights(tmp_path / f"{name}.safetensors", {"x": torch.rand(1)})
    given = {"weights": tmp_path / "a.safetensors"}
    with pytest.raises(KeyboardInterrupt):
        quick(clips, tmp_path / "out", **given, progress=interrupted_at("first", 2))
    changes = [
        ({"seed": 7}, r"first\.config\.seed, first\.batch\.seed, second\.config\.seed"),
        ({"steps": 9}, r"first\.config\.steps"),
        ({"weights": tmp_path / "b.safetensors"}, r"the same inputs\.weights as before"),
        ({"name": "ours"}, r"the same recipe, "),
    ]
    for change, says in changes:
        with pytest.raises(InputError, match=rf"out: resume: wanted .*{says}.*, got others") as error:
            quick(clips, tmp_path / "out", resume=True, **(given | change))
        assert "\n" not in str(error.value)
    quick(clips, tmp_path / "out", resume=True, **given)
    with pytest.raises(InputError, match=r"first\.config\.seed"):  # of a finished run too
        quick(clips, tmp_path / "out", resume=True, **given, seed=7)


def test_a_recipe_file_that_changed_is_not_gone_on_with(clips: Path, tmp_path: Path) -> None:
    recipe = shutil.copy(RECIPE, tmp_path / "mine.py")
    with pytest.raises(KeyboardInterrupt):
        train(f"{recipe}:plain", data=clips, out=tmp_path / "out", progress=interrupted_at("first", 2))
    with recipe.open("a") as file:
        file.write("# changed\n")
    with pytest.raises(InputError, match=r"wanted the same inputs\.recipe as before"):
        train(f"{recipe}:plain", data=clips, out=tmp_path / "out", resume=True)


def test_without_a_place_the_recipe_names_it(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = train(f"{RECIPE}:ours", data=clips, steps=1, device="cpu")
    assert done.weights.resolve() == tmp_path / "own_recipe" / "weights.safetensors"


def test_a_network_is_fitted_to_one_clip(clips: Path, tmp_path: Path) -> None:
    clip, mask = clips / "frames" / "a", clips / "truth" / "a" / "00000.png"
    done = quick(clip, tmp_path / "out", online=mask)
    assert done.steps == 6
    made = json.loads((tmp_path / "out" / "manifest.json").read_text())["made"]
    assert made["data"] == {
        "name": "a",
        "classes": ["background", "object"],
        "labeled": 1,
        "videos": {"a": 5},
    }
    assert made["inputs"]["online"]["name"] == "00000.png"


def test_video_files_are_unpacked_once_and_learned_from_as_pictures_are(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    read = VideoFrames.__call__
    frames = sorted((clips / "frames" / "a").iterdir())
    video = video_file(tmp_path / "a.mkv", [np.array(Image.open(each)) for each in frames])
    mask = clips / "truth" / "a" / "00000.png"
    quick(clips / "frames" / "a", tmp_path / "folder", online=mask)
    with monkeypatch.context() as patch:
        patch.setattr(VideoFrames, "__call__", lambda self, at: (decoded.append(at), read(self, at))[1])
        quick(video, tmp_path / "file", online=mask)
    assert decoded == [0]  # when the mask is compared with its frame
    assert sorted(each.name for each in (tmp_path / "file" / "frames" / "a").iterdir()) == [
        f"{at:06d}.png" for at in range(5)
    ]
    name = "weights.safetensors"
    assert results(tmp_path / "file")[name] == results(tmp_path / "folder")[name]


def espnet(path: Path, classes: int, names: tuple[str, ...] = ()) -> Path:
    config = {"classes": classes, "scale": 1.0}
    of = WeightsOf(network="espnetv2", config=config, classes=names)
    write_weights(path, ESPNetV2(ESPNetV2Config(**config)).state_dict(), of=of)
    return path


@pytest.fixture(scope="module")
def desk(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that a user could mix up."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copytree(clips, desk / "clips")
    camvid(desk / "camvid", {f"f_{at}": box((1, 2, 5, 2, 5)) for at in range(3)})
    camvid(desk / "camvid", {f"f_{at}": box((1, 2, 5, 2, 5)) for at in range(3)}, subset="train")
    (desk / "empty").mkdir()
    espnet(desk / "two.safetensors", 2, ("background", "object"))
    espnet(desk / "nameless.safetensors", 2)
    espnet(desk / "three.safetensors", 3, ("a", "b", "c"))
    (desk / "text.safetensors").write_text("I am a text")
    (desk / "broken.py").write_text("def recipe(given)\n    return 1\n")
    (desk / "raising.py").write_text("import nowhere_at_all\n")
    shutil.copy(RECIPE, desk / "mine.py")
    write_frames(desk / "large", World(), 2)
    return desk


DAVIS = ("espnetv2-davis-coherent", "--data", "clips", "--weights", "two.safetensors")
CAMVID = ("espnetv2-camvid-full", "--data", "camvid", "--weights", "two.safetensors")
MINE = ("mine.py:plain", "--data", "clips")
OWN = ("own-coherent", "--data", "clips", "--weights", "two.safetensors")
WRONG = {
    "an unknown recipe": (("espnet",), "recipe: wanted one of espnetv2-davis, "),
    "a file without a function": (("mine.py",), "or FILE.py:FUNCTION, got 'mine.py'"),
    "a file that is not there": (("nowhere.py:f",), "nowhere.py: wanted a file with a recipe, got no such"),
    "a function that is not there": (("mine.py:f",), "mine.py: wanted a function f, got none"),
    "a name that is no function": (("mine.py:RECIPE",), "mine.py: wanted a function RECIPE, got none"),
    "a file that is no Python": (("broken.py:recipe",), "broken.py:1: wanted a recipe, got SyntaxError"),
    "a file that imports nothing": (("raising.py:f",), "raising.py:1: wanted a recipe, got ModuleNotFound"),
    "a function with an error": (("mine.py:fails",), "wanted a recipe, got NameError: name 'missing'"),
    "a function without a recipe": (
        ("mine.py:nothing",),
        "nothing: wanted a Recipe to come out, got NoneType",
    ),
    "a network of other classes": (
        ("mine.py:three_classes", "--data", "clips"),
        "network: wanted 2 outputs, one for each class of clips, got 3",
    ),
    "no data": (("espnetv2-davis",), "data: wanted the folder of the data set, got none"),
    "data that is not there": (("espnetv2-davis", "--data", "nowhere"), "nowhere: wanted the list"),
    "data of another layout": (("espnetv2-davis", "--data", "camvid"), "camvid: wanted the list ImageSets"),
    "clips for CamVid": (("espnetv2-camvid", "--data", "clips"), "clips/train"),
    "a folder without anything": (
        ("own-coherent", "--data", "empty", "--weights", "two.safetensors"),
        "empty: wanted images/ and masks/, or frames/ and truth/, got neither",
    ),
    "no weights": (("espnetv2-davis", "--data", "clips"), "weights: wanted weights of ESPNetV2 for PASCAL"),
    "no weights of one's own": (("own-temporal", "--data", "clips"), "weights: wanted those of your network"),
    "weights that are not there": ((*DAVIS[:-1], "nowhere.safetensors"), "nowhere.safetensors"),
    "weights that are a text": ((*DAVIS[:-1], "text.safetensors"), "text.safetensors"),
    "weights of other classes": ((*OWN[:-1], "three.safetensors"), "wanted a network of 2 classes as clips"),
    "a missing teacher": (CAMVID, "teacher: wanted the weights that a recipe for teachers wrote, got none"),
    "a teacher of other classes": (
        (*CAMVID, "--teacher", "three.safetensors"),
        "three.safetensors: wanted a teacher of ",
    ),
    "a teacher without names": (
        (*CAMVID, "--teacher", "nameless.safetensors"),
        "whose classes have no names",
    ),
    "a teacher that nobody asks": ((*DAVIS, "--teacher", "two.safetensors"), "teacher: wanted none for"),
    "videos that nobody looks at": ((*DAVIS, "--videos", "clips"), "videos: wanted none for espnetv2-davis"),
    "videos that are not there": ((*OWN, "--videos", "nowhere"), "nowhere: wanted a folder of videos"),
    "a folder without videos": ((*OWN, "--videos", "empty"), "empty: wanted video files or folders"),
    "the first mask without a clip": ((DAVIS[0], "--online", "m.png"), "data: wanted the clip"),
    "the first mask of another clip": (
        (*DAVIS[:1], "--data", "large", "--online", "clips/truth/a/00000.png", *DAVIS[3:]),
        "wanted labels of height x width",
    ),
    "a recipe that is not for one clip": (
        ("espnetv2-davis", "--data", "clips/frames/a", "--online", "clips/truth/a/00000.png", *DAVIS[3:]),
        "frames/a: wanted the list",
    ),
    "no steps": ((*MINE, "--steps", "0"), "steps: wanted at least 1, got 0"),
    "a negative seed": ((*MINE, "--seed", "-1"), "seed: wanted 0 to"),
    "a device that is not there": ((*MINE, "--device", "abacus"), "device: wanted auto, cpu, cuda"),
    "both of resume and overwrite": ((*MINE, "--resume", "--overwrite"), "wanted either resume or overwrite"),
    "a result on a file": ((*MINE, "--out", "mine.py"), "mine.py: wanted a place apart from the input"),
    "a result on the data": ((*MINE, "--out", "clips", "--overwrite"), "wanted a place apart from the input"),
    "flows on a file": ((*MINE, "--flows", "broken.py"), "broken.py"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_line_and_leaves_nothing(
    name: str, desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, says = WRONG[name]
    monkeypatch.chdir(desk)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = sorted(desk.rglob("*"))
    out = () if "--out" in arguments else ("--out", "out")
    with pytest.raises(SystemExit) as exit:
        main(["train", *arguments, *out])
    said = capsys.readouterr()
    assert exit.value.code == 1
    assert said.out == ""
    assert says in said.err
    assert said.err.count("\n") == 1
    assert sorted(desk.rglob("*")) == before


def test_a_recipe_that_ignores_the_clip_says_so(clips: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip"
    shutil.copytree(clips / "frames" / "a", clip)
    shutil.copytree(clips / "frames", clip / "frames")
    shutil.copytree(clips / "truth", clip / "truth")
    weights = espnet(tmp_path / "two.safetensors", 2, ("background", "object"))
    with pytest.raises(
        InputError, match="online: wanted a recipe that can be fitted to a clip, got espnetv2-d"
    ):
        train(
            "espnetv2-davis", data=clip, weights=weights, online=clips / "truth" / "a" / "00000.png",
            out=tmp_path / "out",
        )  # fmt: skip


def test_an_error_among_the_data_leaves_nothing_if_nothing_is_finished(clips: Path, tmp_path: Path) -> None:
    data = shutil.copytree(clips, tmp_path / "data")
    for each in data.rglob("truth/*/*.png"):
        Image.fromarray(np.zeros((5, 5), np.uint8)).save(each)
    with pytest.raises(SteadymaskError):
        quick(data, tmp_path / "new" / "out")
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_trained_is_found_before_an_older_result_goes(
    clips: Path, whole: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(whole["plain"], tmp_path / "out")
    one = plain_clips(tmp_path / "one", {"a": moving(0)[:1]})
    with pytest.raises(InputError, match="pairs: wanted some in one, got none"):
        quick(one, tmp_path / "out", overwrite=True)
    assert results(tmp_path / "out") == results(whole["plain"])


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """A limit on the size of files does what a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("room", "file"), [(500, "begun.json"), (4000, "checkpoint.pt")])
def test_a_full_disk_is_one_line_and_leaves_nothing_of_what_had_hardly_begun(
    room: int, file: str, clips: Path, tmp_path: Path
) -> None:
    quick(clips, tmp_path / "before", "ours", flows=tmp_path / "flows", steps=1)
    with full_disk(room), pytest.raises(VideoError, match=rf"out/.*{file}: cannot be written: ") as error:
        quick(clips, tmp_path / "out", "ours", flows=tmp_path / "flows")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_what_a_full_disk_left_is_gone_on_from(clips: Path, whole: dict[str, Path], tmp_path: Path) -> None:
    def fill(what: str, done: int, of: int) -> None:
        if (what, done) == ("second", 1):
            raise VideoError("the disk") from OSError(28, "No space left on device")

    with pytest.raises(VideoError, match="the disk"):
        quick(clips, tmp_path / "out", progress=fill)
    assert (tmp_path / "out" / "first" / "manifest.json").exists()
    quick(clips, tmp_path / "out", resume=True)
    assert results(tmp_path / "out") == results(whole["plain"])


def test_the_command_line_trains_and_says_where_the_weights_lie(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["train", f"{RECIPE}:looked_at", "--data", str(clips), "--out", str(tmp_path / "out")]
    main([*places, "--steps", "1", "--device", "cpu"])
    said = capsys.readouterr()
    assert said.err == ""
    assert "own_recipe.py:looked_at: 2 steps, 0.00 million parameters, 0.0 minutes" in said.out
    assert "held out: accuracy 0." in said.out
    assert f"weights: {tmp_path / 'out' / 'weights.safetensors'}" in said.out


_TWO = """
import sys
from pathlib import Path
from steadymask.tasks.train import train
train({recipe!r}, data=Path({data!r}), out=Path({out!r}), device="cpu")
"""


@pytest.mark.parametrize("name", ["shared_out", "everything"])
def test_two_processes_do_what_one_does(name: str, clips: Path, tmp_path: Path) -> None:
    quick(clips, tmp_path / "one", name)
    script = tmp_path / "two.py"
    script.write_text(_TWO.format(recipe=f"{RECIPE}:{name}", data=str(clips), out=str(tmp_path / "two")))
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)],
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    one, two = (load_file(tmp_path / each / "weights.safetensors") for each in ("one", "two"))
    assert [*one] == [*two]
    names = [
        {
            str(each.relative_to(tmp_path / out))
            for each in (tmp_path / out).rglob("*")
            if "events" not in each.name
        }
        for out in ("one", "two")
    ]
    assert {each for each in names[0] if "flows" not in each} == {
        each for each in names[1] if "flows" not in each
    }
    for phase in ("first", "second"):
        assert len([*(tmp_path / "two" / phase).glob("*tfevents*")]) == 1  # one process writes
    if name == "shared_out":
        for key, value in one.items():
            torch.testing.assert_close(two[key], value, atol=1e-6, rtol=0)


def test_what_is_held_out_is_looked_at_and_chooses_the_weights(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = quick(clips, out, held_out=clips, steps=4)
    assert {*found.found} == {"accuracy", "stability"}
    assert all(0 <= value <= 1 for value in found.found.values())
    rows = (out / "first" / "log.csv").read_text().splitlines()
    at = rows[0].split(",").index("accuracy")
    assert all(row.split(",")[at] for row in rows[1:])  # fewer than ten steps: a look after each
    made = json.loads((out / "manifest.json").read_text())["made"]
    assert made["held_out"]["labeled"] == 10
    with pytest.raises(InputError, match="held_out"):
        quick(clips, out, resume=True, steps=4)


def test_what_cannot_be_held_out_is_said(clips: Path, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "folder", {"x": box((1, 2, 5, 2, 5))})
    with pytest.raises(InputError, match="folder: wanted labeled pictures and videos to look at"):
        quick(clips, tmp_path / "out", held_out=folder)
    with pytest.raises(VideoError, match="wanted images/ and masks/, or frames/ and truth/, got neither"):
        quick(clips, tmp_path / "out", held_out=tmp_path)
    assert not (tmp_path / "out").exists()
