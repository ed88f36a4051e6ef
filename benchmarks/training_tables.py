"""Tables of what training for steadiness does, rendered from its results."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.differences_plot import Gain
from benchmarks.provenance import read_result
from benchmarks.table import table

_COHERENT = {
    "start": "start",
    "continued": "supervised for 300 steps more",
    "boundary": "+ boundary coherency",
    "global": "+ global coherency",
    "coherent": "**+ coherent loss**",
    "transform-invariance": "+ transform invariance",
    "online": "fitted to the first frame",
    "online-coherent": "fitted, with the coherent loss",
    "continued-stabilized": "supervised, then `stabilize`",
    "coherent-stabilized": "coherent loss, then `stabilize`",
}
_ON_CLIPS = {
    "mean_iou": "mIoU",
    "jaccard": "J",
    "boundary_f": "F",
    "mean_absolute_error": "MAE",
    "inconsistency": "inconsistency",
    "temporal_consistency": "TC",
}
_ON_SEQUENCES = {"stability_rate_global": "STB global", "stability_rate_local": "STB local"}


def coherent_table() -> str:
    """Each row's means, and its differences from the one that learned from labels alone."""
    rows = read_result("coherent_loss")["rows"]
    lines = []
    for name, title in _COHERENT.items():
        if name not in rows:
            continue
        row = rows[name]
        line = [title, str(row["seeds"])]
        for kind, columns in (("synthetic", _ON_SEQUENCES), ("davis", _ON_CLIPS)):
            line += [_cell(row, kind, key, compared=name not in ("start", "continued")) for key in columns]
        lines.append(line)
    return table(["", "seeds", *_ON_SEQUENCES.values(), *_ON_CLIPS.values()], lines)


def coherent_gains() -> list[Gain]:
    """What the losses gain and lose beside as much supervised training."""
    rows = read_result("coherent_loss").get("rows", {})
    return [
        Gain(
            name=title.strip("*+ "),
            right=_points(rows[name]["davis_difference"]["mean_iou"]),
            up=_points(rows[name]["synthetic_difference"]["stability_rate_local"]),
        )
        for name, title in _COHERENT.items()
        if name in rows and name in ("boundary", "global", "coherent", "transform-invariance")
    ]


def _points(difference: Mapping[str, Any]) -> dict[str, Any]:
    return {"mean": 100 * difference["mean"], "interval": [100 * each for each in difference["interval"]]}


def distillation_table(of: Sequence[str]) -> str:
    """The rows of some of paper 3's tables."""
    rows = read_result("temporal_distillation")["rows"]
    columns = {
        "mean_iou": "mIoU, test",
        "pixel_accuracy": "pixel accuracy, test",
        "mean_iou_later": "mIoU, val 51–101",
        "temporal_consistency": "TC",
        "temporal_consistency_etc": "TC, etc",
        "temporal_consistency_vspw": "TC, vspw",
        "temporal_stability": "T",
        "inconsistency": "inconsistency",
    }
    lines = [
        [name, str(row["seeds"]), *(_cell_of_row(row, key) if key in row["mean"] else "" for key in columns)]
        for name, row in rows.items()
        if row["table"] in of
    ]
    return table(["", "seeds", *columns.values()], lines)


def consistency_of_classes_table() -> str:
    """TC of each class: without and with the method (table VI)."""
    content = read_result("temporal_distillation")
    names = [each for each in ("baseline", "TL", "PF+MF+TL+PL") if each in content["rows"]]
    lines = [
        [name, *(_percent(content["rows"][each]["consistency_of_classes"][at]) for each in names)]
        for at, name in enumerate(content["classes"])
    ]
    return table(["", *names], lines)


def cost_table() -> str:
    """A step of each loss beside a supervised one."""
    content = read_result("speed_training")
    lines = [
        [name, f"{each['ms_a_frame']:.0f} [{each['ms_a_frame_iqr'][0]:.0f}, {each['ms_a_frame_iqr'][1]:.0f}]",
         f"{content['times_supervised'][name]:.2f}"]
        for name, each in content["times"].items()
    ]  # fmt: skip
    return table(["", "ms a picture", "times the supervised step"], lines)


def _cell(row: Mapping[str, Any], kind: str, key: str, *, compared: bool) -> str:
    if key not in row.get(kind, ()):
        return ""
    value = row[kind][key]
    difference = row[f"{kind}_difference"][key]
    return _with_difference(value, difference if compared else None, key)


def _cell_of_row(row: Mapping[str, Any], key: str) -> str:
    difference = (row["difference"] or {}).get(key)
    return _with_difference(row["mean"][key], difference, key)


def _with_difference(value: float, difference: Mapping[str, Any] | None, key: str) -> str:
    scale, digits = (1, 3) if key in ("inconsistency", "temporal_stability") else (100, 1)
    shown = f"{scale * value:.{digits}f}"
    if difference is None:
        return shown
    mean, low, high = (
        f"{scale * each:+.{digits}f}".replace("-", "−")
        for each in (difference["mean"], *difference["interval"])
    )
    return f"{shown} ({mean} [{low}, {high}])"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
