"""`score` from files to files: against direct calls of the metrics, the contract, and what it warns of."""

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from small_clips import FRAMES, flickering, true_labels, write_frames, write_masks
from steadymask.data.reading import Reading
from steadymask.errors import InputError
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import DIS, one_thread
from steadymask.metrics.boundary_f import boundary_f, boundary_f_sums
from steadymask.metrics.inconsistency import (
    boundary_factor,
    extent,
    inconsistency,
    inconsistency_sums,
)
from steadymask.metrics.jaccard import jaccard, jaccard_sums
from steadymask.metrics.smoothness import smoothness, smoothness_sums
from steadymask.metrics.stability_rate import near_edge, stability_rate, stability_rate_sums
from steadymask.metrics.temporal_consistency import temporal_consistency, temporal_consistency_sums
from steadymask.metrics.temporal_stability import temporal_stability, temporal_stability_sums
from steadymask.metrics.video_consistency import (
    VideoConsistencyStream,
    VideoConsistencySums,
    video_consistency,
)
from steadymask.tasks.score import Scored, score
from steadymask.warp import visibility
from world import World

WORLD = World()
TRUTH = true_labels(WORLD)
MASKS = flickering(TRUTH)
HALF = [mask if t % 4 == 1 else true for t, (mask, true) in enumerate(zip(MASKS, TRUTH, strict=True))]
PIXELS = math.prod(WORLD.size)

STABILITY = {
    "inconsistency",
    "inconsistency_area",
    "inconsistency_none",
    "smoothness",
    "temporal_consistency",
    "warping_pixel_accuracy",
    "stability_rate_video_global",
}
WITH_TRUTH = {"stability_rate_video_local"}
CONSISTENCY = {"video_consistency_8", "video_consistency_16"}
ACCURACY = {
    "jaccard",
    "boundary_f",
    "jaccard_and_boundary_f",
    "jaccard_recall",
    "jaccard_decay",
    "boundary_f_recall",
    "boundary_f_decay",
    "recall",
    "mean_iou",
    "pixel_accuracy",
    "mean_absolute_error",
}
BY_MASKS = "inconsistency_by_masks_boundary"


@dataclass(frozen=True)
class Files:
    video: Path
    masks: Path
    truth: Path
    compare: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = tmp_path_factory.mktemp("clip")
    return Files(
        video=write_frames(root / "frames", WORLD),
        masks=write_masks(root / "masks", MASKS),
        truth=write_masks(root / "truth", TRUTH),
        compare=write_masks(root / "compare", HALF),
    )


@pytest.fixture(scope="module")
def alone(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    return score(files.video, files.masks, out=tmp_path_factory.mktemp("out") / "alone")


@pytest.fixture(scope="module")
def everything(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    out = tmp_path_factory.mktemp("out") / "everything"
    return score(files.video, files.masks, truth=files.truth, compare=files.compare, out=out)


def pairs_directly(labels: list[Tensor], starts: tuple[int, ...] = (0,)) -> dict[str, float]:
    """The same numbers straight from the metrics, pair by pair."""
    scene = [sum(t >= start for start in starts) for t in range(len(labels))]
    disagreements, consistent, rates, rates_at_edges = [], [], [], []
    with one_thread():
        flows = FlowBetween(DIS())
        for t in range(len(labels)):
            flows.add(t, WORLD.picture(t))
        for i in range(len(labels)):
            for j in range(i + 1, min(i + 4, len(labels))):
                if scene[i] != scene[j]:
                    continue
                ij, ji = flows(i, j)[None], flows(j, i)[None]
                there, back = visibility(ij, ji)[0], visibility(ji, ij)[0]
                disagreements.append(
                    inconsistency_sums(
                        labels[i], labels[j], ij[0], ji[0], visible_ij=there, visible_ji=back, classes=3
                    )
                )
                if j == i + 1:
                    consistent.append(
                        temporal_consistency_sums(labels[j], labels[i], ji[0], visible=back, classes=3)
                    )
                    for where, found in ((back, rates), (back & near_edge(TRUTH[j]), rates_at_edges)):
                        found.append(
                            stability_rate(
                                stability_rate_sums(labels[j], labels[i], ji[0], visible=where, classes=3)
                            )
                        )
    counts = [extent(each, classes=3).boundary for each in labels]
    bounds = [*starts, len(labels)]
    scenes = [torch.stack(labels[a:b]) for a, b in pairwise(bounds)]
    smooth = sum(
        (smoothness_sums(each, sigma=3.6, classes=3) for each in scenes[1:]),
        start=smoothness_sums(scenes[0], sigma=3.6, classes=3),
    )
    total = sum(disagreements[1:], start=disagreements[0])
    return {
        "inconsistency": inconsistency(total, factor=boundary_factor(counts, pixels=PIXELS)),
        "inconsistency_none": inconsistency(total),
        "temporal_consistency": temporal_consistency(sum(consistent[1:], start=consistent[0])),
        "smoothness": smoothness(smooth, boundary=float(np.median(counts))),
        "stability_rate_video_global": float(np.mean(rates)),
        "stability_rate_video_local": float(np.mean(rates_at_edges)),
    }


def disagreement(labels: list[Tensor], i: int, j: int) -> float:
    with one_thread():
        ij, ji = (DIS()(WORLD.picture(a), WORLD.picture(b))[None] for a, b in ((i, j), (j, i)))
    there, back = visibility(ij, ji)[0], visibility(ji, ij)[0]
    sums = inconsistency_sums(
        labels[i], labels[j], ij[0], ji[0], visible_ij=there, visible_ji=back, classes=3
    )
    return inconsistency(sums)


def test_stability_is_what_the_metrics_say(everything: Scored) -> None:
    for role, labels in (("masks", MASKS), ("compare", HALF), ("truth", TRUTH)):
        part = everything.scores if role == "masks" else everything.scores[role]
        for key, value in pairs_directly(labels).items():
            assert part["overall"][key] == pytest.approx(value, rel=1e-9), (role, key)


def test_temporal_stability_is_what_the_metric_says(files: Files, tmp_path: Path) -> None:
    scores = score(
        files.video, files.masks, compare=files.compare, temporal_stability=True, out=tmp_path / "both"
    ).scores
    for part, labels in ((scores, MASKS), (scores["compare"], HALF)):
        pairs = [temporal_stability_sums(a, b, classes=3) for a, b in pairwise(labels)]
        expected = temporal_stability(sum(pairs[1:], start=pairs[0]))
        assert part["overall"]["temporal_stability"] == pytest.approx(expected)
    cuts = tmp_path / "cuts.txt"
    cuts.write_text("4\n")
    cut = score(files.video, files.masks, cuts=cuts, temporal_stability=True, out=tmp_path / "out").scores
    pairs = [
        temporal_stability_sums(MASKS[t - 1], MASKS[t], classes=3) for t in range(1, len(MASKS)) if t != 4
    ]
    expected = temporal_stability(sum(pairs[1:], start=pairs[0]))
    assert cut["overall"]["temporal_stability"] == pytest.approx(expected)


def test_video_consistency_is_what_the_metric_says(everything: Scored) -> None:
    for part, labels in ((everything.scores, MASKS), (everything.scores["compare"], HALF)):
        stream = VideoConsistencyStream(frames=8)
        sums = VideoConsistencySums(total=0.0, windows=0)
        for mask, true in zip(labels, TRUTH, strict=True):
            sums += stream.push(mask, true)
        assert part["overall"]["video_consistency_8"] == pytest.approx(video_consistency(sums))


def test_accuracy_is_what_the_metrics_say(everything: Scored) -> None:
    j = sum(
        (jaccard_sums(m, t, classes=3) for m, t in zip(MASKS[1:], TRUTH[1:], strict=True)),
        start=jaccard_sums(MASKS[0], TRUTH[0], classes=3),
    )
    f = sum(
        (boundary_f_sums(m, t, classes=3) for m, t in zip(MASKS[1:], TRUTH[1:], strict=True)),
        start=boundary_f_sums(MASKS[0], TRUTH[0], classes=3),
    )
    scores = everything.scores
    assert scores["overall"]["jaccard"] == pytest.approx(float(jaccard(j).mean()), abs=1e-7)
    assert scores["overall"]["boundary_f"] == pytest.approx(float(boundary_f(f).mean()), abs=1e-7)
    for id in (1, 2):
        assert scores["objects"][str(id)]["jaccard"] == pytest.approx(float(jaccard(j)[id - 1]), abs=1e-7)
    wrong = float(np.mean([float((m != t).double().mean()) for m, t in zip(MASKS, TRUTH, strict=True)]))
    assert scores["overall"]["mean_absolute_error"] == pytest.approx(wrong)
    assert scores["overall"]["pixel_accuracy"] == pytest.approx(1 - wrong)


def test_scores_json_holds_what_the_contract_says(alone: Scored, everything: Scored) -> None:
    for scored in (alone, everything):
        assert json.loads(scored.scores_file.read_text()) == scored.scores
        assert set(scored.scores) == {
            "clip", "settings", "overall", "objects", "frames", "truth", "compare", "excess_removed",
        }  # fmt: skip
    assert set(alone.scores["overall"]) == STABILITY
    assert (alone.scores["truth"], alone.scores["compare"], alone.scores["excess_removed"]) == (
        None,
        None,
        None,
    )
    scores = everything.scores
    stable = STABILITY | WITH_TRUTH | {BY_MASKS}
    assert set(scores["overall"]) == set(scores["compare"]["overall"]) == stable | CONSISTENCY | ACCURACY
    assert set(scores["truth"]["overall"]) == stable
    assert set(scores["objects"]) == set(scores["truth"]["objects"]) == {"1", "2"}
    for part in (scores, scores["truth"], scores["compare"]):
        assert {len(series) for series in part["frames"].values()} == {FRAMES}
        assert part["frames"]["temporal_consistency"][0] is None
    better = scores["settings"]["better"]
    assert better["inconsistency"] == better["smoothness"] == better[BY_MASKS] == "lower"
    assert better["jaccard"] == better["temporal_consistency"] == "higher"
    assert set(better) >= STABILITY | ACCURACY


def test_settings_say_all_that_the_numbers_depend_on(everything: Scored) -> None:
    settings = everything.scores["settings"]
    assert settings["flow"] | {"preset": "medium", "scale": 1.0} == settings["flow"]
    assert (
        settings["pairs_within_frames"],
        round(settings["smoothness_sigma_frames"], 9),
        settings["fps"],
    ) == (
        3,
        3.6,
        24,
    )
    assert settings["cuts"] == []
    assert set(settings["inputs"]) == {"video", "masks", "compare", "truth"}
    assert "steadymask" in settings["versions"]
    assert "/" not in json.dumps(settings["inputs"])  # no place of this machine


def test_values_are_null_where_undefined_and_never_a_sentinel(files: Files, tmp_path: Path) -> None:
    empty = write_masks(tmp_path / "empty", [torch.zeros(WORLD.size)] * FRAMES)
    scores = score(files.video, empty, truth=empty, out=tmp_path / "out").scores
    assert scores["overall"]["inconsistency"] is None
    assert scores["overall"]["inconsistency_none"] == 0
    assert scores["overall"]["jaccard"] is None
    assert scores["overall"]["pixel_accuracy"] == 1
    assert scores["frames"]["inconsistency"] == [None] * FRAMES


def test_the_truth_against_itself_is_perfect(files: Files, tmp_path: Path) -> None:
    scored = score(files.video, files.truth, truth=files.truth, compare=files.truth, out=tmp_path / "out")
    scores = scored.scores
    assert (scores["overall"]["jaccard"], scores["overall"]["boundary_f"], scores["overall"]["recall"]) == (
        1,
        1,
        1,
    )
    assert scores["overall"]["mean_absolute_error"] == 0
    assert scores["excess_removed"] is None
    assert scores["truth"]["overall"]["inconsistency"] == scores["overall"]["inconsistency"]
    assert scores["compare"]["inconsistency_reduction"]["inconsistency"] == 0
    assert scored.warnings == ()


def test_compare_states_reductions_and_changes(everything: Scored) -> None:
    scores = everything.scores
    before, after = scores["overall"], scores["compare"]["overall"]
    for key, reduction in scores["compare"]["inconsistency_reduction"].items():
        assert reduction == pytest.approx(1 - after[key] / before[key])
    assert after[BY_MASKS] / after["inconsistency_none"] == pytest.approx(
        before["inconsistency"] / before["inconsistency_none"]
    )
    for key, change in scores["compare"]["accuracy_change"].items():
        assert change == pytest.approx(after[key] - before[key])
    none = {role: scores[role]["overall"]["inconsistency_none"] for role in ("compare", "truth")}
    n = before["inconsistency_none"]
    assert scores["excess_removed"] == pytest.approx((n - none["compare"]) / (n - none["truth"]))


def test_sparse_truth_scores_the_annotated_frames(files: Files, tmp_path: Path) -> None:
    frames = (1, 2, 6)
    truth = write_masks(tmp_path / "truth", [TRUTH[t] for t in frames], frames)
    scores = score(files.video, files.masks, truth=truth, compare=files.compare, out=tmp_path / "out").scores
    series = scores["frames"]["jaccard"]
    assert [t for t, value in enumerate(series) if value is not None] == list(frames)
    assert scores["overall"]["jaccard"] == pytest.approx(np.mean([series[t] for t in frames]))
    own = scores["truth"]
    assert [t for t, value in enumerate(own["frames"]["inconsistency"]) if value is not None] == [1, 2]
    assert own["overall"]["smoothness"] is None  # it knows no gaps
    assert own["overall"]["temporal_consistency"] is not None
    before, after, natural = (disagreement(each, 1, 2) for each in (MASKS, HALF, TRUTH))  # its only pair
    assert own["overall"]["inconsistency_none"] == pytest.approx(natural)
    assert scores["excess_removed"] == (
        pytest.approx((before - after) / (before - natural)) if before > natural else None
    )


def test_truth_of_single_frames_has_no_steadiness(files: Files, tmp_path: Path) -> None:
    truth = write_masks(tmp_path / "truth", [TRUTH[t] for t in (0, 4)], (0, 4))
    scores = score(files.video, files.masks, truth=truth, out=tmp_path / "out").scores
    assert scores["truth"]["overall"]["inconsistency"] is None
    assert scores["truth"]["overall"]["temporal_consistency"] is None
    assert scores["overall"]["jaccard"] is not None


def test_pairs_do_not_cross_a_cut(files: Files, tmp_path: Path) -> None:
    cuts = tmp_path / "cuts.txt"
    cuts.write_text("4\n")
    scores = score(files.video, files.masks, truth=files.truth, cuts=cuts, out=tmp_path / "out").scores
    for key, value in pairs_directly(MASKS, starts=(0, 4)).items():
        assert scores["overall"][key] == pytest.approx(value, rel=1e-9), key
    assert scores["settings"]["cuts"] == [4]
    assert scores["frames"]["temporal_consistency"][4] is None


def test_each_flow_is_estimated_once(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    estimate = DIS.__call__

    def counted(self: DIS, picture_i: Tensor, picture_j: Tensor) -> Tensor:
        if min(picture_i.shape[1:]) == min(WORLD.size):  # not those of the cut detector
            asked.append(1)
        return estimate(self, picture_i, picture_j)

    monkeypatch.setattr(DIS, "__call__", counted)
    score(files.video, files.masks, truth=files.truth, compare=files.compare, out=tmp_path / "out")
    assert len(asked) == 2 * sum(FRAMES - gap for gap in (1, 2, 3))


def test_one_and_several_threads_give_the_same_bytes(files: Files, tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("several", 3)):
        score(files.video, files.masks, truth=files.truth, out=tmp_path / name, workers=workers)
    for file in ("scores.json", "report.html"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "several" / file).read_bytes()


def test_foreign_ids_are_told_once_and_merging_is_suggested(files: Files, tmp_path: Path) -> None:
    other = write_masks(tmp_path / "other", [38 * (each == 1) for each in TRUTH])
    one = write_masks(tmp_path / "one", [(each == 1).int() for each in TRUTH])
    scored = score(files.video, one, truth=other, out=tmp_path / "out")
    assert len(scored.warnings) == 1
    assert "object 1" in scored.warnings[0]
    assert "object 38" in scored.warnings[0]
    assert "--merge-objects" in scored.warnings[0]
    assert scored.scores["overall"]["jaccard"] == 0
    merged = score(
        files.video, one, truth=other, out=tmp_path / "merged", reading=Reading(merge_objects=True)
    )
    assert merged.warnings == ()
    assert merged.scores["overall"]["jaccard"] == 1


def write_grey(folder: Path, planes: list[Tensor]) -> Path:
    folder.mkdir()
    for t, plane in enumerate(planes):
        Image.fromarray(plane.numpy().astype(np.uint8)).save(folder / f"{t:05d}.png")
    return folder


def test_palette_masks_are_scored_beside_soft_ones(files: Files, tmp_path: Path) -> None:
    soft = write_grey(tmp_path / "soft", [40 + 100 * (each == 1) for each in TRUTH])
    hard = write_masks(tmp_path / "hard", [(each == 1).int() for each in TRUTH])
    reading = Reading(read_as="probability")
    scored = score(files.video, hard, compare=soft, out=tmp_path / "out", reading=reading)
    assert scored.scores["compare"]["overall"]["inconsistency"] == scored.scores["overall"]["inconsistency"]


def test_a_truth_that_seems_empty_is_warned_of(files: Files, tmp_path: Path) -> None:
    """Grey ids, read as the probabilities that the masks are."""
    soft = write_grey(tmp_path / "soft", [100 + 100 * (each == 1) for each in TRUTH])
    ids = write_grey(tmp_path / "ids", [(each == 1).int() for each in TRUTH])
    reading = Reading(read_as="probability")
    scored = score(files.video, soft, truth=ids, out=tmp_path / "out", reading=reading)
    assert scored.warnings == ("The truth has no edge in any frame: is it read as it is meant (--read-as)?",)
    assert score(files.video, soft, truth=soft, out=tmp_path / "soft-out", reading=reading).warnings == ()


def test_soft_masks_are_judged_by_their_most_probable_class(files: Files, tmp_path: Path) -> None:
    probs = torch.stack([torch.stack([t != 1, t == 1]) for t in TRUTH]).float() * 0.8 + 0.1
    path = tmp_path / "soft.npz"
    np.savez(path, probs=probs.numpy())
    truth = write_masks(tmp_path / "truth", [(each == 1).int() for each in TRUTH])
    scores = score(files.video, path, truth=truth, out=tmp_path / "out").scores
    assert scores["overall"]["jaccard"] == 1
    assert scores["overall"]["mean_absolute_error"] == pytest.approx(0.1)


def test_masks_that_lag_are_warned_of(files: Files, tmp_path: Path) -> None:
    late = write_masks(tmp_path / "late", [TRUTH[max(t - 1, 0)] for t in range(FRAMES)])
    for name, truth in (("alone", None), ("with truth", files.truth)):
        scored = score(files.video, files.truth, compare=late, truth=truth, out=tmp_path / name)
        assert any("lag" in warning for warning in scored.warnings)
        assert scored.scores["compare"]["lag"] > 0.5


def test_with_truth_a_repair_is_no_lag(files: Files, tmp_path: Path) -> None:
    scored = score(files.video, files.masks, compare=files.compare, truth=files.truth, out=tmp_path / "out")
    assert scored.warnings == ()


def test_soft_masks_are_scored_against_a_palette_truth(files: Files, tmp_path: Path) -> None:
    soft = tmp_path / "soft"
    soft.mkdir()
    for t, mask in enumerate(TRUTH):
        grey = np.where(mask.numpy() > 0, 200, 30).astype(np.uint8)
        Image.fromarray(grey).save(soft / f"{t:05d}.png")
    reading = Reading(read_as="probability", merge_objects=True)
    scored = score(
        files.video, soft, truth=files.truth, compare=files.truth, out=tmp_path / "out", reading=reading
    )
    assert scored.scores["overall"]["jaccard"] == 1.0
    assert scored.scores["compare"]["overall"]["mean_absolute_error"] == 0.0
    assert scored.scores["overall"]["mean_absolute_error"] > 0.1


def test_masks_that_lose_accuracy_are_warned_of(files: Files, tmp_path: Path) -> None:
    scored = score(files.video, files.truth, compare=files.masks, truth=files.truth, out=tmp_path / "out")
    assert any("paid with accuracy" in warning for warning in scored.warnings)


def test_the_report_shows_the_clip(everything: Scored) -> None:
    page = everything.report.read_text()
    for word in ("Worst frames", "Flicker (inconsistency)", "Truth", "Compared", "data:image/"):
        assert word in page


def test_results_are_replaced_only_when_told_and_only_if_they_are_ours(files: Files, tmp_path: Path) -> None:
    out = tmp_path / "out"
    score(files.video, files.masks, out=out)
    with pytest.raises(InputError, match="wanted a new place, got one that exists; see overwrite"):
        score(files.video, files.masks, out=out)
    score(files.video, files.masks, out=out, overwrite=True)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").touch()
    with pytest.raises(InputError, match=r"wanted a folder with scores\.json to overwrite"):
        score(files.video, files.masks, out=precious, overwrite=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out", "precious"]
    (out / "thesis.txt").write_text("dear")
    with pytest.raises(InputError, match=r"wanted nothing but an older result to overwrite, got thesis\.txt"):
        score(files.video, files.masks, out=out, overwrite=True)
    assert (out / "thesis.txt").read_text() == "dear"


def test_nothing_is_left_of_a_run_that_fails(files: Files, tmp_path: Path) -> None:
    broken = write_masks(tmp_path / "broken", TRUTH)
    (broken / "00005.png").write_bytes(b"")
    with pytest.raises((InputError, OSError)):
        score(files.video, broken, out=tmp_path / "out")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["broken"]


def test_scores_lie_in_a_folder_named_for_the_masks(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scored = score(files.video, files.masks)
    assert scored.out == Path("masks-score")
    assert scored.scores_file.is_file()
