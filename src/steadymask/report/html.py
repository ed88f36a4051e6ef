"""`report.html`: one file that shows what the masks do over time, and asks nothing of any network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steadymask.errors import require
from steadymask.io.unfinished import write_file
from steadymask.report.glossary import change, improves, written
from steadymask.report.page import page
from steadymask.report.pictures import data_uri, encoded, line_picture
from steadymask.report.slices import Slice
from steadymask.report.tables import metric_rows, metrics_of, object_rows, roles_of
from steadymask.report.timeline import length, timeline
from steadymask.report.verdict import Scores, accuracy_warnings, excess, overall, steadiness, verdict
from steadymask.report.vocabulary import Metric
from steadymask.report.worst import WorstFrame

_CARDS = (
    "jaccard",
    "boundary_f",
    "recall",
    "mean_iou",
    "temporal_consistency",
    "smoothness",
)
_MOST_CARDS = 4
_OPEN_OBJECTS = 12
_OBJECT_METRICS = (
    "inconsistency",
    "temporal_consistency",
    "jaccard",
    "boundary_f",
    "recall",
    "mean_absolute_error",
)
_ROLES = {"masks": "Masks", "compare": "Compared", "truth": "Truth"}


@dataclass(frozen=True, kw_only=True)
class ReportContent:
    """All that a report shows.

    Args:
        scores: the contents of `scores.json`; `truth` and `compare` hold `overall`, `objects`, `frames` too.
        version: of steadymask.
        times: seconds of each frame; empty where unknown.
        cuts: frames that begin a new scene.
        names: what the folders or files are called, by role: "masks", "compare", "truth".
        worst: the frames that flicker most.
        slices: lines of pixels through time.
        warnings: sentences; those about lost accuracy are added from the scores.
    """

    scores: Scores
    version: str
    times: Sequence[float] = ()
    cuts: Sequence[int] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    worst: Sequence[WorstFrame] = ()
    slices: Sequence[Slice] = ()
    warnings: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check that there is a clip and that times fit the frames."""
        for name in ("clip", "overall"):
            require(
                name in self.scores,
                f"scores: wanted the key {name!r}, got {', '.join(self.scores) or 'nothing'}",
            )
        frames = self.frames
        require(
            not self.times or len(self.times) == frames,
            f"times: wanted {frames}, one a frame, got {len(self.times)}",
        )

    @property
    def frames(self) -> int:
        """Length of the clip: of the longest series, or of `times` where there is none."""
        return length(self.scores) or len(self.times)


def write_report(path: Path, content: ReportContent) -> None:
    """Write the page under a temporary name, then rename it.

    Args:
        path: of the HTML file; replaced if it exists.
        content: what the page shows.

    Raises:
        VideoError: the file cannot be written.
    """
    write_file(path, render(content).encode(errors="backslashreplace"))  # names that are no text


def render(content: ReportContent) -> str:
    """The page as text; the same content gives the same bytes."""
    scores = content.scores
    roles = roles_of(scores)
    per_object = {
        key: metric for key, metric in metrics_of(scores, "objects").items() if key in _OBJECT_METRICS
    }
    competitors = [role for role in roles if role != "truth"]
    shown = {
        "content": content,
        "scores": scores,
        "roles": roles,
        "role_names": {role: _ROLES[role] for role in roles},
        "verdict": verdict(scores),
        "warnings": [*content.warnings, *accuracy_warnings(scores)],
        "cards": _cards(scores, roles),
        "timeline": timeline(
            content.scores,
            times=content.times,
            cuts=content.cuts,
            worst=[each.index for each in content.worst],
        ),
        "worst": [_worst(frame, number) for number, frame in enumerate(content.worst, 1)],
        "slices": [_slice(each, roles, content.times) for each in content.slices],
        "rows": metric_rows(scores),
        "object_metrics": per_object,
        "object_roles": competitors,
        "objects": object_rows(scores, per_object, competitors),
        "open_objects": _OPEN_OBJECTS,
    }
    return page(
        "page.html.j2",
        shown,
        version=content.version,
        settings=scores.get("settings", {}),
        styles=("page.css",),
        scripts=("page.js", "tables.js"),
    )


def _cards(scores: Scores, roles: Sequence[str]) -> list[dict[str, str]]:
    metrics = metrics_of(scores, "overall")
    wanted = (steadiness(scores), *_CARDS)
    shown = [key for key in wanted if key in metrics and overall(scores, "masks").get(key) is not None]
    cards = [_card(metrics[key], [overall(scores, role).get(key) for role in roles], roles) for key in shown]
    removed = scores.get("excess_removed")
    if removed is not None:
        first = {
            "name": "Excess flicker removed",
            "value": excess(removed),
            "before": "",
            "note": "",
        }
        first |= {"change": "of what lies above the truth", "verdict": ""}
        cards.insert(0, first)
    return cards[:_MOST_CARDS]


def _card(metric: Metric, values: Sequence[float | None], roles: Sequence[str]) -> dict[str, str]:
    by_role = dict(zip(roles, values, strict=True))
    before, after, truth = (by_role.get(role) for role in ("masks", "compare", "truth"))
    card = {"name": metric.name, "value": written(before, metric), "before": "", "change": "", "verdict": ""}
    card["note"] = (
        f"truth {written(truth, metric)}" if truth is not None and metric.kind == "stability" else ""
    )
    if "compare" in by_role:
        verdict = {None: "", True: "better", False: "worse"}[improves(before, after, metric)]
        card |= {"value": written(after, metric), "before": card["value"]}
        card |= {"change": change(before, after, metric), "verdict": verdict}
    return card


def _worst(frame: WorstFrame, number: int) -> dict[str, Any]:
    captions = {
        "before": "Masks, one frame earlier",
        "masks": "Masks",
        "flicker": "Flickering pixels",
        "compare": "Compared",
        "truth": "Truth",
    }
    pictures = [
        (name, caption, data_uri(frame.thumbnails[name]))
        for name, caption in captions.items()
        if name in frame.thumbnails
    ]
    return {"number": number, "frame": frame, "pictures": pictures}


def _slice(line: Slice, roles: Sequence[str], times: Sequence[float]) -> dict[str, Any]:
    low, high = _cropped(line)
    pictures = []
    for role in (role for role in roles if role in line.labels):
        drawn = line_picture(
            line.picture[:, low:high], line.labels[role][low:high].long(), line.occluded[low:high]
        )
        pictures.append(
            (role, _ROLES[role], data_uri(encoded(drawn, "jpeg" if drawn.shape[-1] > 100 else "png")))
        )
    first, last = line.frames[0], line.frames[-1]
    return {
        "line": line,
        "first": first,
        "last": last,
        "span": (times[first], times[last]) if times else None,
        "pictures": pictures,
    }


def _cropped(line: Slice) -> tuple[int, int]:
    """The part of the line where anybody's objects are, with a margin; all of it where there are none."""
    anywhere = [
        index for each in line.labels.values() for index in (each > 0).any(1).nonzero().flatten().tolist()
    ]
    points = line.picture.shape[1]
    if not anywhere:
        return 0, points
    low, high = min(anywhere), max(anywhere) + 1
    margin = max((high - low) // 6, points // 24)
    return max(low - margin, 0), min(high + margin, points)
