"""`segment`: masks from a network, against what the network itself says of each frame."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from PIL import Image
from torch import Tensor

from small_clips import FRAMES, write_frames
from steadymask.errors import InputError, SteadymaskError, VideoError, WeightsError
from steadymask.io.mask_format import FORMATS
from steadymask.io.mask_frame import MaskFrame, labels_of
from steadymask.io.mask_writer import MaskWriter
from steadymask.io.masks import open_masks
from steadymask.io.video import open_video
from steadymask.io.weights import WeightsOf, write_weights
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.networks.windows import Windows, in_windows
from steadymask.tasks import segment_job as module
from steadymask.tasks.batch import Batch
from steadymask.tasks.inference import Inference
from steadymask.tasks.segment import segment
from steadymask.tasks.segment_job import Segmented
from world import World

NAMES = ("background", "fish", "weed")
SOFT = {"probability8": 1 / 255, "probability16": 1e-4}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `frames` and the weights of a small network; nothing writes into it."""
    folder = tmp_path_factory.mktemp("clip")
    write_frames(folder / "frames", World())
    network = made()
    of = WeightsOf(network="espnetv2", config={"scale": 1.0, "classes": 3}, classes=NAMES)
    write_weights(folder / "small.safetensors", network.state_dict(), of=of)
    return folder


def made(classes: int = 3) -> ESPNetV2:
    """Random weights that tell the classes apart by color, so that every class is somewhere."""
    torch.manual_seed(1)
    network = ESPNetV2(ESPNetV2Config(classes=classes, scale=1.0))
    for name, value in network.named_buffers():  # what normalization has seen, lest logits be all alike
        if name.endswith("running_var"):
            value.fill_(0.05)
    network.eval()
    with torch.inference_mode():
        spread = network(World().picture(0)[None].float() / 255).std()
    for value in network.classifier.parameters():
        value.data.div_(float(spread))  # else all probabilities are 0 or 1
    return network


def quick(clip: Path, out: Path, **settings: object) -> Segmented:
    done = segment(
        clip / "frames", out, **({"model": str(clip / "small.safetensors"), "device": "cpu"} | settings)
    )
    assert isinstance(done, Segmented)
    return done


def expected(clip: Path, size: tuple[int, int] | None = None) -> list[Tensor]:
    """Probabilities of each frame, by the network alone."""
    network, found = made(), []
    for frame in open_video(clip / "frames").frames():
        picture = frame.picture[None].float() / 255
        own = (picture.shape[2], picture.shape[3])
        with torch.inference_mode():
            brought = F.interpolate(picture, size, mode="bilinear", antialias=True) if size else picture
            probs = network(brought).softmax(1)
            found.append((F.interpolate(probs, own, mode="bilinear") if size else probs)[0])
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def stored(path: Path) -> list[np.ndarray]:
    return [np.array(Image.open(file)) for file in sorted(path.glob("*.png"))]


@pytest.mark.parametrize("size", [None, (40, 56)])
def test_masks_are_the_most_probable_classes_of_the_network(
    size: tuple[int, int] | None, clip: Path, tmp_path: Path
) -> None:
    done = quick(clip, tmp_path / "out", size=size)
    wanted = [probs.argmax(0).numpy() for probs in expected(clip, size)]
    assert {int(each) for labels in wanted for each in np.unique(labels)} >= {1, 2}  # else it proves little
    assert all(np.array_equal(a, b) for a, b in zip(stored(tmp_path / "out"), wanted, strict=True))
    assert (done.frames, done.classes, done.device) == (FRAMES, {1: "fish", 2: "weed"}, "cpu")
    assert done.parameters == sum(each.numel() for each in made().parameters())
    assert done.frames_per_second is not None and done.frames_per_second > 0


@pytest.mark.parametrize("batch", [3, 100])
def test_batches_change_nothing_that_can_be_seen(batch: int, clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out.npz", batch=batch, format="npz-probability")
    with np.load(tmp_path / "out.npz") as file:
        np.testing.assert_allclose(file["probs"], torch.stack(expected(clip)).numpy(), atol=1e-5)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_holds_the_class_that_was_chosen(name: str, clip: Path, tmp_path: Path) -> None:
    format = FORMATS[name]
    out = tmp_path / f"out{format.suffix if format.single_file else ''}"
    quick(clip, out, format=name, classes=("weed",))
    grey = name in ("grey", "probability8", "probability16")
    read_as = ("probability" if format.soft else "labels") if grey else None
    masks = open_masks(out, read_as=read_as)
    assert masks.count == FRAMES
    for frame, probs in zip(masks.frames(), expected(clip), strict=True):
        if not format.soft:
            id = 1 if name == "binary" else 2
            assert torch.equal(labels_of(frame), id * (probs.argmax(0) == 2).int())
        else:
            assert frame.probs is not None
            # Video is written with loss; noise is the worst that can be asked of it.
            tolerance = SOFT.get(name, 1e-4 if name in ("npz-probability", "ffv1") else 0.1)
            assert (frame.probs[1] - probs[2]).abs().mean() < tolerance


@pytest.mark.parametrize("size", [None, (40, 56)])
def test_frames_in_windows_are_blended_before_they_come_back_to_their_size(
    size: tuple[int, int] | None, clip: Path, tmp_path: Path
) -> None:
    windows, network = Windows(size=(32, 40), overlap=0.5), made()
    settings = {"size": size, "window": (32, 40), "overlap": 0.5, "batch": 3, "format": "npz-probability"}
    quick(clip, tmp_path / "out.npz", **settings)
    with torch.inference_mode(), np.load(tmp_path / "out.npz") as file:
        for frame, found in zip(open_video(clip / "frames").frames(), file["probs"], strict=True):
            picture = frame.picture[None].float() / 255
            brought = F.interpolate(picture, size, mode="bilinear", antialias=True) if size else picture
            probs = in_windows(lambda x: network(x).softmax(1), brought, windows)
            wanted = F.interpolate(probs, picture.shape[2:], mode="bilinear") if size else probs
            np.testing.assert_allclose(found, wanted[0].numpy(), atol=1e-5)
    manifest = json.loads((tmp_path / "out.npz.manifest.json").read_text())["made"]
    assert (manifest["window"], manifest["batch"]) == ({"size": [32, 40], "overlap": 0.5}, 3)


def test_one_window_for_the_whole_frame_changes_not_a_byte(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "whole")
    quick(clip, tmp_path / "out", window=(1000, 1000))
    whole, found = contents(tmp_path / "whole"), contents(tmp_path / "out")
    assert {name for name in found if found[name] != whole[name]} == {"manifest.json"}


def test_frames_side_by_side_are_the_same_bytes(clip: Path, tmp_path: Path) -> None:
    for workers in (1, 3):
        quick(clip, tmp_path / str(workers), workers=workers, batch=2)
    assert contents(tmp_path / "3") == contents(tmp_path / "1")


def test_workers_share_the_threads_of_pytorch(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[tuple[int, str]] = set()
    probs = Inference.probs

    def watched(self: Inference, pictures: Sequence[Tensor]) -> Tensor:
        seen.add((torch.get_num_threads(), threading.current_thread().name.partition("_")[0]))
        return probs(self, pictures)

    monkeypatch.setattr(Inference, "probs", watched)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(6)
        quick(clip, tmp_path / "out", workers=3)
        assert seen == {(2, "MainThread"), (2, "segment")}
        assert torch.get_num_threads() == 6
    finally:
        torch.set_num_threads(before)


def test_a_video_of_masks_is_as_fast_as_its_folder_of_frames(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out.mp4", format="matte", classes=("fish",), fps=12.5)
    assert open_video(tmp_path / "out.mp4").fps == pytest.approx(12.5)
    with pytest.raises(InputError, match="got one that exists"):  # not the same video any more
        quick(clip, tmp_path / "out.mp4", format="matte", classes=("fish",), resume=True)
    with pytest.raises(InputError, match="fps: wanted a folder of pictures, got the file"):
        segment(tmp_path / "out.mp4", tmp_path / "again", model=str(clip / "small.safetensors"), fps=12.5)


def test_classes_get_the_ids_that_were_asked_for(clip: Path, tmp_path: Path) -> None:
    done = quick(clip, tmp_path / "out", classes=("background=9", "2=4"))
    wanted = [np.array([9, 0, 4])[probs.argmax(0).numpy()] for probs in expected(clip)]
    assert all(np.array_equal(a, b) for a, b in zip(stored(tmp_path / "out"), wanted, strict=True))
    assert done.classes == {4: "weed", 9: "background"}


def test_classes_of_one_id_share_its_probability(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out.npz", format="npz-probability", classes=("fish=1", "weed=1"))
    wanted = [torch.stack((probs[0], probs[1] + probs[2])) for probs in expected(clip)]
    with np.load(tmp_path / "out.npz") as file:
        np.testing.assert_allclose(file["probs"], torch.stack(wanted).numpy(), atol=1e-5)


def test_a_single_logit_is_the_one_object(clip: Path, tmp_path: Path) -> None:
    network = made(1)
    of = WeightsOf(network="espnetv2", config={"scale": 1.0, "classes": 1})
    write_weights(tmp_path / "one.safetensors", network.state_dict(), of=of)
    done = quick(clip, tmp_path / "out", model=str(tmp_path / "one.safetensors"), format="binary")
    with torch.inference_mode():
        picture = next(open_video(clip / "frames").frames()).picture[None].float() / 255
        wanted = (network(picture)[0, 0] > 0).numpy()
    assert np.array_equal(stored(tmp_path / "out")[0] == 255, wanted)
    assert done.classes == {1: "1"}


def test_an_onnx_file_gets_its_colors_as_it_wants_them(clip: Path, tmp_path: Path) -> None:
    """A network that gives its input back: the most probable class is the greatest color less its mean."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed, which writes the file for this test")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (the extra `onnx`)")
    helper, shape = onnx.helper, ["b", 3, "h", "w"]
    into, out = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "same", [into], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(tmp_path / "same.onnx"))
    mean, std = (0.6, 0.4, 0.2), (1.0, 0.5, 0.25)
    settings = {"model": str(tmp_path / "same.onnx"), "mean": mean, "std": std, "bgr": True}
    quick(clip, tmp_path / "out", **settings)
    for frame, found in zip(open_video(clip / "frames").frames(), stored(tmp_path / "out"), strict=True):
        red, green, blue = (
            (each / 255 - m) / s for each, m, s in zip(frame.picture.numpy(), mean, std, strict=True)
        )
        assert np.mean(found == np.stack((blue, green, red)).argmax(0)) > 0.999  # but for ties
    made = json.loads((tmp_path / "out" / "manifest.json").read_text())["made"]
    assert (made["model"]["mean"], made["model"]["bgr"]) == ([0.6, 0.4, 0.2], True)


class Stopped(BaseException):
    """As if someone had pressed Ctrl-C."""


def stop_at(frame: int) -> object:
    def progress(what: str, done: int, of: int) -> None:
        if done == frame:
            raise Stopped

    return progress


def test_interrupted_work_side_by_side_and_in_windows_goes_on_to_the_same_bytes(
    clip: Path, tmp_path: Path
) -> None:
    settings = {"workers": 2, "window": (32, 40), "batch": 4}
    quick(clip, tmp_path / "whole", **settings)
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", **settings, progress=stop_at(4))
    quick(clip, tmp_path / "out", **settings, resume=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    with pytest.raises(InputError, match="wanted a new place"):
        quick(clip, tmp_path / "out", **(settings | {"window": (32, 44)}), resume=True)


@pytest.mark.parametrize("name", ["palette", "npz-probability"])
@pytest.mark.parametrize("frame", [4, 8])
def test_interrupted_work_goes_on_to_the_same_bytes(
    name: str, frame: int, clip: Path, tmp_path: Path
) -> None:
    out = f"out{FORMATS[name].suffix if FORMATS[name].single_file else ''}"
    for folder in ("whole", "resumed"):
        (tmp_path / folder).mkdir()
    quick(clip, tmp_path / "whole" / out, batch=3, format=name)
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "resumed" / out, batch=3, format=name, progress=stop_at(frame))
    assert [path.name for path in (tmp_path / "resumed").iterdir()] == [f".{out}.unfinished"]
    told: list[int] = []
    quick(
        clip,
        tmp_path / "resumed" / out,
        batch=3,
        format=name,
        resume=True,
        progress=lambda _, n, of: told.append(n),
    )
    assert told == ([] if frame == FRAMES else list(range(1 + frame - frame % 3, FRAMES + 1)))
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")


def test_an_empty_file_of_interrupted_work_is_made_anew(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "whole")
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", progress=stop_at(5))
    (tmp_path / ".out.unfinished" / "frames" / "00002.png").write_bytes(b"")
    quick(clip, tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize("worth", [4, 5])
def test_what_a_full_disk_left_is_kept_if_it_is_worth_it(
    worth: int, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WORTH_KEEPING", worth)
    write = MaskWriter.write

    def full(self: MaskWriter, frame: MaskFrame) -> Path:
        if frame.index == 4:
            raise VideoError("the disk") from OSError(28, "No space left on device")
        return write(self, frame)

    with monkeypatch.context() as patch:
        patch.setattr(MaskWriter, "write", full)
        says = "what is finished is kept, see resume" if worth == 4 else "^the disk$"
        with pytest.raises(VideoError, match=says):
            quick(clip, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ([".out.unfinished"] if worth == 4 else [])
    told: list[int] = []
    quick(clip, tmp_path / "out", resume=True, progress=lambda _, n, of: told.append(n))
    assert told[0] == (5 if worth == 4 else 1)


def test_a_finished_result_needs_nothing_done(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out")
    before = contents(tmp_path)
    again = quick(clip, tmp_path / "out", resume=True, progress=stop_at(1))
    assert again.frames_per_second is None
    assert contents(tmp_path) == before


def test_work_is_not_taken_up_with_another_network(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        quick(clip, tmp_path / "out", progress=stop_at(4))
    of = WeightsOf(network="espnetv2", config={"scale": 1.0, "classes": 3})
    write_weights(tmp_path / "small.safetensors", made().state_dict(), of=of)
    with pytest.raises(InputError, match=r"wanted to resume with the same .* another model"):
        quick(clip, tmp_path / "out", model=str(tmp_path / "small.safetensors"), resume=True)


def test_a_result_that_is_there_is_replaced_only_when_told(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out")
    before = contents(tmp_path)
    for resume in (False, True):
        with pytest.raises(InputError, match="wanted a new place, got one that exists; see overwrite"):
            quick(clip, tmp_path / "out", classes=("fish",), resume=resume)
        assert contents(tmp_path) == before
    quick(clip, tmp_path / "out", classes=("fish",), overwrite=True)
    assert contents(tmp_path) != before


def test_the_manifest_names_the_network_and_no_clock_time(clip: Path, tmp_path: Path) -> None:
    quick(clip, tmp_path / "out", size=(40, 56))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    made = manifest["made"]
    assert made["model"]["name"] == "small.safetensors" and len(made["model"]["sha256"]) == 64
    assert (made["task"], made["size"], made["batch"], made["device"]) == ("segment", [40, 56], 1, "cpu")
    assert (manifest["frames"], manifest["classes"]) == (FRAMES, {"1": "fish", "2": "weed"})
    assert "second" not in json.dumps(manifest)


def test_a_folder_of_clips_is_a_batch_and_a_bad_one_does_not_stop_it(clip: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_frames(tmp_path / "clips" / name, World(), 2)
    (tmp_path / "clips" / "a" / "00001.png").write_bytes(b"no picture")
    model = str(clip / "small.safetensors")
    found = segment(tmp_path / "clips", tmp_path / "out", model=model, device="cpu")
    assert isinstance(found, Batch)
    assert [found.done["b"].frames, list(found.failed)] == [2, ["a"]]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["b"]
    with pytest.raises(InputError, match="apart from the input"):
        segment(tmp_path / "clips", tmp_path / "clips" / "out", model=model)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"size": (0, 5)}, "size: wanted at least 1 pixel a side"),
        ({"batch": 0}, "batch: wanted at least 1 frame, got 0"),
        ({"workers": 0}, "workers: wanted at least 1, got 0"),
        ({"window": (0, 5)}, "window: wanted at least 1 pixel a side"),
        ({"window": (9, 9), "overlap": 1.0}, "overlap: wanted a share from 0 to below 1"),
        ({"overlap": 0.5}, "overlap: wanted with a window, got 0.5 without one"),
        ({"fps": 0.0}, "fps: wanted a number above 0"),
        ({"mean": (0.0, 0.0, 0.0)}, "mean: wanted an ONNX file, got '.*small.safetensors', which knows its"),
        ({"std": (1.0, 1.0, 1.0), "bgr": True}, "std, bgr: wanted an ONNX file"),
        ({"device": "abacus"}, "device: wanted auto, cpu, cuda or cuda:N, got 'abacus'"),
        ({"device": "cuda:99"}, "device: wanted one of .* GPUs"),
        ({"half": True}, "half: wanted a GPU, got the device cpu"),
        ({"format": "gif"}, "format: wanted one of"),
        ({"format": "binary"}, "format: wanted one class for a format of one object, got 2"),
        ({"format": "probability8"}, "format: wanted one class for a format of one object, got 2"),
        ({"classes": ()}, "classes: wanted at least one, got none"),
        ({"classes": ("whale",)}, "classes: wanted some of background, fish, weed, got 'whale'"),
        ({"classes": ("3",)}, "classes: wanted some of background, fish, weed, got '3'"),
        ({"classes": ("fish=0",)}, "classes: wanted CLASS=ID with an id from 1 on, got 'fish=0'"),
        ({"classes": ("fish", "1=2")}, "classes: wanted each class once, got fish twice"),
        ({"classes": ("background",)}, "classes: wanted an id for class 0, such as background=1"),
        ({"classes": ("fish=300",)}, "300"),
        ({"resume": True, "overwrite": True}, "resume: wanted either resume or overwrite"),
    ],
)
def test_a_wrong_setting_is_one_line_and_leaves_nothing(
    settings: dict[str, object], says: str, clip: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says) as error:
        quick(clip, tmp_path / "out", **settings)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_results_do_not_go_on_top_of_what_they_are_made_of(clip: Path) -> None:
    before = contents(clip)
    for out in (clip, clip / "frames", clip / "small.safetensors"):
        with pytest.raises(SteadymaskError):
            quick(clip, out, overwrite=True)
    assert contents(clip) == before


def test_a_video_that_is_not_there_is_named_before_a_network_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="nowhere"):
        segment(tmp_path / "nowhere", tmp_path / "out", model="nor-this.safetensors")


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"workers": 0}, {"overlap": 0.5}, {"format": "gif"}])
def test_a_wrong_setting_is_named_before_a_network_is_loaded(
    wrong: dict[str, object], clip: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        quick(clip, tmp_path / "out", model="nowhere.safetensors", **wrong)


def test_weights_that_give_no_numbers_are_an_error(clip: Path, tmp_path: Path) -> None:
    state = made().state_dict()
    state["classifier.weight"] = torch.full_like(state["classifier.weight"], torch.nan)
    of = WeightsOf(network="espnetv2", config={"scale": 1.0, "classes": 3})
    write_weights(tmp_path / "nan.safetensors", state, of=of)
    with pytest.raises(WeightsError, match="wanted numbers for every pixel, got NaN"):
        quick(clip, tmp_path / "out", model=str(tmp_path / "nan.safetensors"))


@pytest.mark.slow  # three forward passes at 480p
def test_published_weights_find_the_car(data: Path, tmp_path: Path) -> None:
    """The mean J of every fourth frame is 84.9 %, by benchmarks/quality/espnetv2_weights.py."""
    weights = data / "weights" / "espnetv2" / "espnetv2_s_2.0_pascal_384x384.pth"
    davis = data / "davis-dev-480p"
    frames = sorted((davis / "frames" / "car-shadow").glob("*.jpg"))[::16]
    (tmp_path / "frames").mkdir()
    for frame in frames:
        (tmp_path / "frames" / frame.name).write_bytes(frame.read_bytes())
    settings = {"model": str(weights), "classes": ("car=1",), "format": "binary"}
    done = segment(tmp_path / "frames", tmp_path / "out", **settings)
    assert isinstance(done, Segmented)
    assert done.classes == {1: "car"}
    found = []
    for frame, mask in zip(frames, stored(tmp_path / "out"), strict=True):
        truth = np.array(Image.open(davis / "truth" / "car-shadow" / f"{frame.stem}.png")) > 0
        found.append((truth & (mask > 0)).sum() / (truth | (mask > 0)).sum())
    assert np.mean(found) == pytest.approx(0.849, abs=0.03)
