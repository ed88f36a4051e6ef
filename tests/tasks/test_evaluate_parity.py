"""`evaluate` on real clips, against the numbers of davis2017-evaluation, ETC and VSPW."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from steadymask.data.reading import Reading
from steadymask.errors import InputError
from steadymask.tasks.evaluate import evaluate

STATISTICS = {"mean": "", "recall": "_recall", "decay": "_decay"}


def document(reference: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((reference / f"{name}.json").read_text())
    return content


def davis(data: Path, root: Path, clips: list[str], *, truth: Path, lists: str) -> Path:
    """The layout of DAVIS over the stored clips."""
    for place in ("Annotations", "JPEGImages", f"ImageSets/{lists}"):
        (root / place).mkdir(parents=True)
    (root / "Annotations" / "480p").symlink_to(truth)
    (root / "JPEGImages" / "480p").symlink_to(data / "davis-dev-480p" / "frames")
    (root / "ImageSets" / lists / "val.txt").write_text("\n".join(clips))
    return root


@pytest.mark.slow
@pytest.mark.parametrize("name", ["osvos", "rvos"])
def test_davis_2016_has_the_official_numbers(data: Path, reference: Path, tmp_path: Path, name: str) -> None:
    expected = document(reference, "davis2017_jf_binary")
    stored = data / "davis-dev-480p"
    root = davis(data, tmp_path / "davis", [*expected["clips"]], truth=stored / "truth", lists="2016")
    found = evaluate(root, (stored / name,), measures=("accuracy",), out=tmp_path / "out").content
    assert found["protocol"] == "davis2016"
    part = found["predictions"][name]
    for clip, wanted in expected["clips"].items():
        for letter, key in (("J", "jaccard"), ("F", "boundary_f")):
            official = wanted[name]["official"][letter]
            got = {each: part["clips"][clip]["overall"][key + end] for each, end in STATISTICS.items()}
            assert got == pytest.approx(official, abs=1e-9), (clip, key)
        got = part["clips"][clip]["overall"]["jaccard_and_boundary_f"]
        assert got == pytest.approx(wanted[name]["official"]["J_and_F_mean"], abs=1e-9)
    summary = {
        f"{letter}{each}": part["overall"][key + end]
        for letter, key in (("J", "jaccard"), ("F", "boundary_f"))
        for each, end in STATISTICS.items()
    }
    assert summary == pytest.approx(expected["summary"][name], abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "masks", "true"),
    [
        ("davis2017_jf_multi_object", "osvos", "rvos"),
        ("davis2017_jf_multi_object_reversed", "rvos", "osvos"),
    ],
)
def test_davis_2017_unsupervised_has_the_official_numbers(
    data: Path, reference: Path, tmp_path: Path, name: str, masks: str, true: str
) -> None:
    """A network's result stands in for the truth: what is tested is the arithmetic."""
    expected = document(reference, name)["clips"]
    stored = data / "davis-dev-480p"
    root = davis(data, tmp_path / "davis", [*expected], truth=stored / true, lists="2017")
    found = evaluate(
        root,
        (stored / masks,),
        protocol="davis2017-unsupervised",
        measures=("accuracy",),
        out=tmp_path / "out",
    ).content["predictions"][masks]
    means: dict[str, list[float]] = {"jaccard": [], "boundary_f": []}
    for clip, wanted in expected.items():
        objects = found["clips"][clip]["objects"]
        assert len(objects) == len(wanted["objects"])
        for each in wanted["objects"]:
            for letter, key in (("J", "jaccard"), ("F", "boundary_f")):
                scores = objects[str(each["truth_id"])]
                got = {name: scores[key + end] for name, end in STATISTICS.items()}
                assert got == pytest.approx(each[letter], abs=1e-9), (clip, each["truth_id"])
                means[key].append(each[letter]["mean"])
        got = found["clips"][clip]["overall"]
        assert got["jaccard"] == pytest.approx(wanted["J_mean_over_objects"], abs=1e-9)
        assert got["boundary_f"] == pytest.approx(wanted["F_mean_over_objects"], abs=1e-9)
    for key, values in means.items():
        assert found["overall"][key] == pytest.approx(np.mean(values), abs=1e-9)


NAMES = {
    "AP": "average_precision",
    "AP50": "average_precision_50",
    "AP75": "average_precision_75",
    **{f"AP_{area}": f"average_precision_{area}" for area in ("small", "medium", "large")},
    **{f"AR_{most}": f"average_recall_{most}" for most in (1, 10, 100)},
    **{f"AR_{area}": f"average_recall_{area}" for area in ("small", "medium", "large")},
}


def test_youtube_vis_has_the_official_numbers(reference: Path, tmp_path: Path) -> None:
    folder = reference / "youtube_vis"
    made = evaluate(folder / "truth.json", (folder / "predictions.json",), out=tmp_path / "out")
    found = made.content["predictions"]["predictions"]["overall"]
    expected = document(reference, "youtube_vis/youtube_vis")["stats"]
    known = {name: found[key] for name, key in NAMES.items()}
    assert {name: -1 if each is None else each for name, each in known.items()} == pytest.approx(
        expected, abs=1e-9
    )


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("protocol", "davis2017"),
        ("measures", ("accuracy",)),
        ("reading", Reading(void=255)),
        ("subset", "train"),
    ],
)
def test_tracks_leave_no_room_for_options(reference: Path, tmp_path: Path, option: str, given: Any) -> None:
    folder = reference / "youtube_vis"
    with pytest.raises(InputError, match=rf"^{option}: wanted none with .*truth\.json"):
        evaluate(
            folder / "truth.json", (folder / "predictions.json",), out=tmp_path / "out", **{option: given}
        )
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def camvid(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `evaluate` says of ESPNet, and of the truth in its place."""
    root = data / "camvid"
    made = evaluate(
        root,
        (root / "val-espnet", root / "valannot"),
        protocol="camvid",
        measures=("accuracy", "stability", "recipes", "video-consistency"),
        out=tmp_path_factory.mktemp("camvid") / "out",
        workers=1,
    )
    return dict(made.content)


@pytest.mark.slow
@pytest.mark.parametrize("frames", [8, 16])
def test_video_consistency_of_camvid_is_that_of_the_script(
    camvid: dict[str, Any], reference: Path, frames: int
) -> None:
    expected = document(reference, "camvid_tc_vc")["video_consistency"][f"VC{frames}"]
    found = camvid["predictions"]["val-espnet"]["overall"]
    key = f"video_consistency_{frames}"
    assert found[key] == pytest.approx(expected["strict"]["correct_prediction"], abs=1e-9)
    assert found[f"{key}_vspw"] == pytest.approx(expected["vspw"]["value"], abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("set_of_masks", "named"), [("val-espnet", "espnet"), ("valannot", "truth")])
def test_temporal_consistency_of_camvid_is_that_of_the_scripts(
    camvid: dict[str, Any], reference: Path, set_of_masks: str, named: str
) -> None:
    """All but the flow is theirs, which depends on OpenCV's version and the processor."""
    expected = document(reference, "camvid_tc_vc")["temporal_consistency"][named]
    found = camvid["predictions"][set_of_masks]["overall"]
    etc = expected["etc_plus_1e-3_before_truncation"]["mean_over_12"]
    assert found["temporal_consistency_etc"] == pytest.approx(etc, abs=2e-3)
    assert found["temporal_consistency_vspw"] == pytest.approx(expected["vspw"]["mean"], abs=2e-3)
    counts = np.array(expected["strict_visible_forward_backward"]["confusion"])[:11, :11]  # void is the last
    both = counts.diagonal()
    strict = (both / (counts.sum(0) + counts.sum(1) - both)).mean()
    assert found["temporal_consistency"] == pytest.approx(strict, abs=2e-3)


@pytest.mark.slow
def test_the_truth_of_camvid_is_steadier_than_the_network_by_every_recipe(camvid: dict[str, Any]) -> None:
    """The truth as the floor, whose void has another number than a predicted one."""
    network, truth = camvid["predictions"]["val-espnet"]["overall"], camvid["truth"]["overall"]
    same = camvid["predictions"]["valannot"]["overall"]
    for key in ("temporal_consistency", "temporal_consistency_etc", "temporal_consistency_vspw"):
        assert truth[key] > network[key]
        assert truth[key] == pytest.approx(same[key], abs=1e-12)


@pytest.mark.slow
def test_mean_iou_of_espnet_on_camvid_is_known(camvid: dict[str, Any], data: Path) -> None:
    """70.2 % (the data set's README), and the confusion matrix of all pixels says so too."""
    found = camvid["predictions"]["val-espnet"]["overall"]
    assert found["mean_iou"] == pytest.approx(0.702, abs=5e-4)
    confusion = np.zeros((12, 12), np.int64)
    for path in sorted((data / "camvid" / "valannot").glob("*.png")):
        truth = np.array(Image.open(path)).ravel().astype(int)
        labels = np.array(Image.open(data / "camvid" / "val-espnet" / path.name)).ravel()
        confusion += np.bincount(truth * 12 + labels, minlength=144).reshape(12, 12)
    counted = confusion[:11]  # void of the truth counts nowhere
    right = counted.diagonal()
    iou = right / (counted.sum(1) + counted.sum(0)[:11] - right)
    assert found["mean_iou"] == pytest.approx(iou.mean(), abs=1e-12)
    assert found["pixel_accuracy"] == pytest.approx(right.sum() / counted.sum(), abs=1e-12)
    assert found["mean_accuracy"] == pytest.approx((right / counted.sum(1)).mean(), abs=1e-12)
    truth = camvid["predictions"]["valannot"]["overall"]
    assert (truth["mean_iou"], truth["pixel_accuracy"]) == (1, 1)
