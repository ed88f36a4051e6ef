"""Tables of the documentation, rendered from benchmarks/results/*.json.

python -m benchmarks.tables            prints all of them
python -m benchmarks.tables DOC…       renews in each document what stands between `<!-- benchmark: NAME -->`
                                       and `<!-- end -->`, and draws stabilize_curves.svg,
                                       normalizers.svg, growth.svg and coherent-loss.svg in docs/images
python -m benchmarks.tables --stale    lists the rows whose filter has changed since they were measured
"""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.curves import draw_curves
from benchmarks.differences_plot import draw_differences
from benchmarks.growth_plot import draw_growth
from benchmarks.inputs import INPUTS
from benchmarks.provenance import ROOT, read_result
from benchmarks.quality.stabilize import METHODS, ROWS, STRENGTHS, Row
from benchmarks.scatter import draw_scatter
from benchmarks.table import table
from benchmarks.training_tables import (
    coherent_gains,
    coherent_table,
    consistency_of_classes_table,
    cost_table,
    distillation_table,
)

TITLES = {
    "input": "input",
    "truth": "truth (drawn by people)",
    "motion": "**motion** (default)",
    "motion-live": "**motion --live**",
    "gaussian": "Gaussian, σ = 1",
    "median": "median of 5",
    "average": "exponential average",
    "guided": "guided filter, 3-D",
}
GIVEN = ("input", "truth")
_ORDER = (*GIVEN, *METHODS)


def overall_table(name: str) -> str:
    """Steadiness and accuracy of every row: medians and means over clips."""
    content = read_result(f"stabilize_{name}")
    several = len(INPUTS[name].clips) > 1
    accuracies = ("mean_iou",) if name == "camvid" else ("jaccard", "boundary_f", "recall")
    lines = []
    for row in _rows(content):
        each = content["overall"][row]
        median, interval = each["median"], each["median_interval"]["inconsistency_excess_removed"]
        cells = [TITLES[row], _number(median["inconsistency"]), _percent(median["inconsistency_reduction"])]
        cells.append(_percent(median["inconsistency_excess_removed"]) + _range(interval, 0, several, row))
        cells.append(_percent(median["temporal_consistency"], 1))
        for key in accuracies:
            change = each["difference"][key]
            shown = _signed(change["mean"]) + _range(change["interval"], 1, several, row)
            cells.append(_percent(each["mean"][key], 1) + ("" if row in GIVEN else f" ({shown})"))
        cells.append("" if row in GIVEN else _broken(each["broken"]))
        lines.append(cells)
    titles = {"jaccard": "J", "boundary_f": "F", "recall": "recall", "mean_iou": "mIoU"}
    head = ["", "inconsistency", "reduction", "excess removed", "TC", *(titles[key] for key in accuracies)]
    return table([*head, "loses more than promised"], lines)


def independent_table(name: str) -> str:
    """The same rows by measures that share nothing with the filters."""
    content = read_result(f"stabilize_{name}")
    keys = (
        "inconsistency_farneback_reduction",
        "inconsistency_farneback_excess_removed",
        "contour_jitter_reduction",
        "contour_jitter_excess_removed",
        "jaccard_variation_reduction",
    )
    head = [
        "",
        "inconsistency by Farneback flow: reduction",
        "its excess removed",
        "jumps of contours: reduction",
        "their excess removed",
        "variation of J: reduction",
    ]
    lines = [
        [TITLES[row], *(_percent(content["overall"][row]["median"][key]) for key in keys)]
        for row in _rows(content)
        if row != "input"
    ]
    return table(head, lines)


def clips_table(name: str, row: str) -> str:
    """One row clip by clip, beside input and truth."""
    rows = read_result(f"stabilize_{name}")["rows"]
    lines = []
    for clip, after in rows[row]["clips"].items():
        before, truth = rows["input"]["clips"][clip], rows["truth"]["clips"][clip]
        steady = [_number(each["inconsistency"]) for each in (before, after, truth)]
        removed = _percent(after["inconsistency_excess_removed"])
        changes = [
            f"{_percent(before[key], 1)} ({_signed(after[key] - before[key])})"
            for key in ("jaccard", "boundary_f", "recall")
        ]
        lines.append([clip, " → ".join(steady[:2]), steady[2], removed, *changes])
    return table(["clip", "inconsistency", "truth's own", "excess removed", "J", "F", "recall"], lines)


def speed_table() -> str:
    """Frames a second, and where the processor's time goes."""
    content = read_result("speed_stabilize")
    head = [
        "",
        "frames a second (quartiles)",
        "ms a frame",
        "decode",
        "masks",
        "flow",
        "encode",
        "filter, rest",
    ]
    lines = []
    for name, run in content["runs"].items():
        part = content["breakdown_cpu_ms"].get(name, {})
        low, high = run["frames_a_second_iqr"]
        keys = ("decode", "read_masks", "flow", "encode", "filter_and_rest")
        stages = [f"{part[key]:.1f}" if part else "" for key in keys]
        above = f" ({part['above_floor_files_and_flow']:.1f} × its floor)" if part else ""
        shown = f"{run['frames_a_second']:.1f} ({low:.1f} to {high:.1f})"
        lines.append([name, shown, f"{run['ms_a_frame']:.1f}{above}", *stages])
    return table(head, lines)


def score_table() -> str:
    """Time of `score` beside its flows."""
    runs = read_result("speed_score")["runs"]
    lines = [
        [name, f"{run['ms_a_frame']:.0f}", f"{run['times_the_flows']:.2f}", f"{run['cpu_ms_a_frame']:.0f}"]
        for name, run in runs.items()
    ]
    return table(["", "ms a frame", "times the flows", "processor ms a frame"], lines)


def memory_table() -> str:
    """Peaks by length."""
    lines = [
        [f"{task}, {clip}", f"{run['frames']}", f"{run['peak_mb']:.0f} MB", f"{run['seconds']:.0f} s"]
        for clip, tasks in read_result("memory")["clips"].items()
        for task, each in tasks.items()
        for run in each["runs"]
    ]
    return table(["", "frames", "peak", "time"], lines)


def worth_table() -> str:
    """How each measure follows the two axes along which truths were spoiled."""
    head = ["", "better", "shaken", "eroded", "tells apart", "truth", "shaken by 8", "eroded by 20"]
    lines = []
    for key, each in read_result("measures_worth")["measures"].items():
        follows = [_correlation(each[axis]) for axis in ("displacement", "erosion")]
        medians = [_significant(each["median"].get(level)) for level in ("0/0", "0/8", "20/0")]
        better = "↑" if each["better"] == "higher" else "↓"
        lines.append([f"`{key}`", better, *follows, f"{each['qualifies']} of {each['clips']}", *medians])
    return table(head, lines)


def recipes_table() -> str:
    """Temporal consistency of the same labels by every recipe."""
    values = read_result("recipes")["temporal_consistency"]
    head = ["", "`strict`", "`strict`, void a class", "`vspw`", "`etc`", "`etc`, void renumbered"]
    keys = ("strict", "strict_void_a_class", "vspw", "etc", "etc_void_renumbered")
    titles = {"truth": "truth", "espnet": "ESPNet"}
    lines = [[title, *(_percent(values[row][key], 1) for key in keys)] for row, title in titles.items()]
    return table(head, lines)


def video_consistency_table() -> str:
    """Video consistency of the same labels by both recipes."""
    values = read_result("recipes")["video_consistency"]
    head = ["", "VC8, `strict`", "VC8, `vspw`", "VC16, `strict`", "VC16, `vspw`"]
    keys = ("8_strict", "8_vspw", "16_strict", "16_vspw")
    titles = {"espnet": "ESPNet on CamVid", "constant": "sky everywhere"}
    lines = [[title, *(_percent(values[row][key], 1) for key in keys)] for row, title in titles.items()]
    return table(head, lines)


def two_measures_table() -> str:
    """Temporal stability beside temporal consistency, and what they take."""
    names = {
        "osvos": "OSVOS, ten DAVIS clips",
        "rvos": "RVOS, the same",
        "camvid": "ESPNet, CamVid, 11 classes",
    }
    rows = {"input": "", "motion": ", filtered", "truth": ", truth"}
    lines = []
    for name, title in names.items():
        found = read_result("two_measures")["inputs"][name]
        clips = found["clips"].values()
        times = [median(each["ms_a_pair"][key] for each in clips) for key in _TWO]
        flow = median(each["flow_ms_a_pair"] for each in clips)
        for row, more in rows.items():
            each = found["overall"][row]
            t = f"{each['temporal_stability']:.3f}"
            cells = [
                title + more,
                _percent(each["accuracy"], 1),
                t,
                _percent(each["temporal_consistency"], 1),
            ]
            shown = (
                [f"{times[0]:.0f} ms", f"{times[1]:.0f} ms + {flow:.0f} ms"] if row == "input" else ["", ""]
            )
            lines.append([*cells, *shown])
    return table(["", "accuracy", "T ↓", "TC ↑", "time of T", "time of TC + flow"], lines)


def flow_error_table() -> str:
    """End-point error of each estimator by severity, and what a pair takes."""
    scenes = read_result("flow_error")["scenes"]
    titles = {
        "dis_medium": "`DIS()`",
        "dis_fast": '`DIS(preset="fast")`',
        "dis_half": "`DIS(scale=0.5)`",
        "lucas_kanade": "`LucasKanade()`",
        "lucas_kanade_3_iterations": "`LucasKanade(iterations=3)`",
    }
    lines = [["median motion", *(f"{each['motion']:.2f}" for each in scenes.values()), ""]]
    for name, title in titles.items():
        found = [each["estimators"][name] for each in scenes.values()]
        errors = [f"{each['median']:.3f} ({each['ninety_fifth']:.2f})" for each in found]
        lines.append([title, *errors, f"{median(each['cpu_ms'] for each in found):.0f}"])
    return table(["", *(name.replace("_", " ") for name in scenes), "processor ms a pair"], lines)


_TWO = ("temporal_stability", "temporal_consistency")


def espnetv2_davis_table() -> str:
    """J of the published weights of ESPNetV2 on DAVIS, by size of input."""
    content = read_result("espnetv2_weights")
    runs = _espnetv2_runs("davis")
    classes = content["settings"]["davis_classes"]
    lines = [
        [clip, " or ".join(classes[clip]), *(_percent(run[clip], 1) for _, run in runs)] for clip in classes
    ]
    return table(["clip", "class of PASCAL VOC", *(title for title, _ in runs)], lines)


def espnetv2_camvid_table() -> str:
    """IoU of each class of CamVid, with the published weights of ESPNetV2 for Cityscapes."""
    lines, names = [], []
    for split in ("val", "test"):
        for title, run in _espnetv2_runs(f"camvid_{split}"):
            names = list(run)
            lines.append([f"{title}, {split}", *(_percent(value) for value in run.values())])
    return table(["weights, input, split", *names], lines)


def _espnetv2_runs(data: str) -> list[tuple[str, dict[str, float]]]:
    """Weights and size of input, and the values."""
    weights = read_result("espnetv2_weights")["weights"]
    return [
        (f"{name.replace('_', ' ')}, {'own size' if size == 'own' else size.replace('x', ' × ')}", run[data])
        for name, each in weights.items()
        for size, run in each["inputs"].items()
        if data in run
    ]


def segment_speed_table() -> str:
    """Parameters of each network, and frames a second beside its bare forward."""
    networks = read_result("speed_segment")["networks"]
    lines = []
    for title, each in networks.items():
        shown = []
        for run in each["runs"].values():
            low, high = run["frames_a_second_iqr"]
            shown.append(f"{run['frames_a_second']:.1f} ({low:.1f}–{high:.1f})")
        lines.append([title, f"{each['parameters'] / 1e6:.2f}", *shown])
    head = [f"{name}, frames a second" for name in next(iter(networks.values()))["runs"]]
    return _table(["", "million parameters", *head], lines)


def segment_stages_table() -> str:
    """Processor milliseconds a frame of each stage, and of the forward in other ways."""
    networks = read_result("speed_segment")["networks"].values()
    first = next(iter(networks))
    lines = [
        [_WAYS.get(name, name.replace("_", " ")), *(f"{each[part][name]:.1f}" for each in networks)]
        for part in ("forward_cpu_ms", "stages_cpu_ms")
        for name in first[part]
    ]
    titles = read_result("speed_segment")["networks"]
    return _table(["processor ms a frame", *titles], lines)


_WAYS = {
    "as_segment_does": "**the network**",
    "batch_of_4": "the network, four frames at once",
    "channels_last": "the network, colors last in memory",
    "folded_batch_norms": "the network, batch normalizations folded",
    "bfloat16": "the network, bfloat16",
    "read_jpeg": "reading the JPEG",
    "check_for_nan": "looking for NaN",
    "most_probable": "the most probable class",
    "write_png": "writing the PNG",
}


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    **{name: (f"stabilize_{name}", lambda name=name: overall_table(name)) for name in INPUTS},
    "independent": ("stabilize_osvos", lambda: independent_table("osvos")),
    "clips": ("stabilize_osvos", lambda: clips_table("osvos", "motion")),
    "clips-live": ("stabilize_osvos", lambda: clips_table("osvos", "motion-live")),
    "speed": ("speed_stabilize", speed_table),
    "score-speed": ("speed_score", score_table),
    "memory": ("memory", memory_table),
    "worth": ("measures_worth", worth_table),
    "recipes": ("recipes", recipes_table),
    "video-consistency": ("recipes", video_consistency_table),
    "two-measures": ("two_measures", two_measures_table),
    "segment-speed": ("speed_segment", segment_speed_table),
    "segment-stages": ("speed_segment", segment_stages_table),
    "flow-error": ("flow_error", flow_error_table),
    "coherent-loss": ("coherent_loss", coherent_table),
    "training-cost": ("speed_training", cost_table),
    "distillation": ("temporal_distillation", lambda: distillation_table(("I",))),
    "sampling-and-teachers": ("temporal_distillation", lambda: distillation_table(("II", "III"))),
    "trained-and-filtered": ("temporal_distillation", lambda: distillation_table(("stabilized",))),
    "few-labels": ("temporal_distillation", lambda: distillation_table(("VIII",))),
    "consistency-of-classes": ("temporal_distillation", consistency_of_classes_table),
    "espnetv2-davis": ("espnetv2_weights", espnetv2_davis_table),
    "espnetv2-camvid": ("espnetv2_weights", espnetv2_camvid_table),
}
"""By the name documents use: the result it needs, and what renders it."""


def stale() -> list[str]:
    """Rows measured with other settings or other code than there is now, and clips that are missing."""
    found = []
    for name, of in INPUTS.items():
        content = read_result(f"stabilize_{name}")
        rows = content.get("rows", {})
        for row in _known_rows(rows):
            clips = rows[row.name]["clips"]
            old = [clip for clip, values in clips.items() if values["source"] != row.source]
            found += [f"{name}: {row.name}: other settings now"] * (rows[row.name]["filters"] != row.filters)
            found += [f"{name}: {row.name}: other code now than for {', '.join(old)}"] * bool(old)
            missing = ", ".join(clip for clip in of.clips if clip not in clips)
            found += [f"{name}: {row.name}: not measured: {missing}"] * bool(missing)
    return found


def _known_rows(rows: Mapping[str, Any]) -> list[Row]:
    at = [
        Row(method=row.method, live=row.live, strength=strength)
        for row in ROWS
        for strength in (None, *STRENGTHS)
    ]
    return [row for row in at if row.name in rows]


def renew(document: Path) -> None:
    """Replace every table of a document that has been measured."""

    def rendered(found: re.Match[str]) -> str:
        result, render = TABLES[found[1]]
        return (
            f"<!-- benchmark: {found[1]} -->\n{render()}\n<!-- end -->" if read_result(result) else found[0]
        )

    pattern = r"<!-- benchmark: ([\w-]+) -->.*?<!-- end -->"
    document.write_text(re.sub(pattern, rendered, document.read_text(), flags=re.DOTALL))


def curves() -> dict[str, list[tuple[float, dict[str, float]]]]:
    """By method its points (strength, figures) on the OSVOS clips, only where all clips are there."""
    content = read_result("stabilize_osvos")
    clips = len(content["rows"]["input"]["clips"])
    found: dict[str, list[tuple[float, dict[str, float]]]] = {}
    for row in ROWS:
        usual = Row(method=row.method, live=row.live).filters
        for strength in STRENGTHS:
            at = Row(method=row.method, live=row.live, strength=strength)
            name = row.name if at.filters == usual else at.name
            each = content["overall"].get(name)
            if each and each["clips"] == clips:
                figures = {key: 100 * each["difference"][key]["mean"] for key in ("jaccard", "boundary_f")}
                figures["reduction"] = 100 * each["median"]["inconsistency_reduction"]
                found.setdefault(row.name, []).append((strength, figures))
    return found


def _rows(content: Mapping[str, Any]) -> list[str]:
    return [row for row in _ORDER if row in content["overall"]]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _significant(value: float | None) -> str:
    return "–" if value is None else f"{value:#.3g}"


def _correlation(found: Mapping[str, Any]) -> str:
    if found["mean"] is None:
        return "–"
    mean, low, high = (
        f"{round(value, 2) + 0.0:+.2f}" for value in (found["mean"], *(found["interval"] or (0, 0)))
    )
    return (f"{mean} [{low}, {high}]" if found["interval"] else mean).replace("-", "−")


def _percent(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f}" + (" %" if digits == 0 else "")


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.1f}".replace("-", "−")


def _range(interval: Sequence[float] | None, digits: int, several: bool, row: str) -> str:
    if interval is None or not several or row in GIVEN:
        return ""
    low, high = (f"{100 * value:{'+' if digits else ''}.{digits}f}".replace("-", "−") for value in interval)
    return f" [{low}, {high}]"


def _broken(broken: Sequence[Mapping[str, Any]]) -> str:
    names = {"jaccard": "J", "boundary_f": "F"}
    texts = [f"{each['clip']} {names[each['measure']]} −{100 * each['loss']:.1f}" for each in broken]
    return ", ".join(texts) or "none"


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("documents", nargs="*", type=Path)
    parser.add_argument("--stale", action="store_true")
    arguments = parser.parse_args()
    if arguments.stale:
        print("\n".join(stale()) or "nothing is stale")
        return
    for document in arguments.documents:
        renew(document)
    if arguments.documents:
        images = ROOT / "docs" / "images"
        (images / "stabilize_curves.svg").write_text(draw_curves(curves(), titles=TITLES))
        if sizes := read_result("normalizers"):
            drawing = draw_scatter(sizes["points"], sizes["correlations"])
            (images / "normalizers.svg").write_text(drawing)
        if growth := read_result("speed_growth"):
            (images / "growth.svg").write_text(draw_growth(growth["axes"]))
        if gains := coherent_gains():
            labels = {"right": "mean IoU, points", "up": "stability rate at edges, points"}
            (images / "coherent-loss.svg").write_text(draw_differences(gains, **labels))
        return
    for name, (result, render) in TABLES.items():
        if read_result(result):
            print(f"## {name}\n\n{render()}\n")


if __name__ == "__main__":
    main()
