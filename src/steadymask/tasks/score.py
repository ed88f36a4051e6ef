"""`score`: how steady masks are and, with truth, how accurate."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadymask.data.clip import Clip
from steadymask.data.reading import Reading, open_clip
from steadymask.errors import require
from steadymask.flow.dis import DIS, one_thread
from steadymask.io.cut_list import read_cuts
from steadymask.io.manifest import write_json
from steadymask.io.new_folder import new_folder
from steadymask.io.place import refuse_inputs
from steadymask.report.html import ReportContent, write_report
from steadymask.report.verdict import accuracy_warnings
from steadymask.tasks.measured import Measured, measure
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.scores import scores_of
from steadymask.tasks.torch_threads import torch_in_one_thread
from steadymask.tasks.warnings import warnings_of, warnings_of_reading

_FILES = ("scores.json", "report.html")
_FLOW = DIS()


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What `score` found.

    Args:
        clip: name of the clip.
        out: the folder with `scores.json` and `report.html`.
        scores: the contents of `scores.json`.
        warnings: what to beware of, in sentences.
    """

    clip: str
    out: Path
    scores: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def scores_file(self) -> Path:
        """Where the numbers lie."""
        return self.out / "scores.json"

    @property
    def report(self) -> Path:
        """Where the page lies."""
        return self.out / "report.html"


def score(
    video: Path,
    masks: Path,
    *,
    truth: Path | None = None,
    compare: Path | None = None,
    out: Path | None = None,
    cuts: Path | None = None,
    temporal_stability: bool = False,
    overwrite: bool = False,
    reading: Reading = Reading(),  # noqa: B008  # frozen
    workers: int | None = None,
    progress: Progress = silent,
) -> Scored:
    """Measure how steady masks are and, with truth, how accurate.

    Writes scores.json and report.html into a folder that appears as a whole when all is measured. The truth's
    own flicker is stated beside that of the masks: it is the natural floor.

    Args:
        video: a video file or a folder of pictures.
        masks: a folder of PNG or npz masks, one npz or JSON file, a matte or an alpha video.
        truth: masks that people drew; frames may be missing.
        compare: other masks of the same frames, such as the same ones after a filter.
        out: the folder to write; None: one named for the masks, in the current folder.
        cuts: a text file with the frames that begin a new scene, one a line; None: cuts are detected.
        temporal_stability: also measure T of DAVIS 2016, the stability of outlines; it takes long.
        overwrite: replace scores that are there.
        reading: how the video and its masks are read.
        workers: threads; None: one for each core.
        progress: told of every finished frame.

    Raises:
        InputError: a setting is wrong, or the masks do not fit the video.
        VideoError: something cannot be read or written.
    """
    video, masks = Path(video), Path(masks)  # strings are welcome
    truth, compare, cuts = truth and Path(truth), compare and Path(compare), cuts and Path(cuts)
    out = Path(f"{_name(masks)}-score" if out is None else out)
    require(workers is None or workers >= 1, f"workers: wanted at least 1, got {workers}")
    clip = open_clip(video, masks, reading, truth=truth, compare=compare)
    given = None if cuts is None else read_cuts(cuts, frames=clip.video.count)
    refuse_inputs(str(out), out, (video, masks, truth, compare, cuts, reading.colors))
    with new_folder(out, marker="scores.json", overwrite=overwrite, known=_FILES) as folder:
        with one_thread(), torch_in_one_thread(), ThreadPoolExecutor(workers or os.cpu_count()) as threads:
            measured = measure(
                clip,
                flow=_FLOW,
                cuts=given,
                outlines=temporal_stability,
                executor=threads,
                progress=progress,
            )
        scores = scores_of(clip, measured, flow=_FLOW, cuts_given=given is not None)
        warnings = (*warnings_of_reading(clip), *warnings_of(measured))
        write_json(folder / "scores.json", scores)
        write_report(folder / "report.html", _report(clip, measured, scores, warnings))
    return Scored(clip=clip.name, out=out, scores=scores, warnings=(*warnings, *accuracy_warnings(scores)))


def _report(
    clip: Clip, measured: Measured, scores: dict[str, Any], warnings: tuple[str, ...]
) -> ReportContent:
    roles = {"masks": clip.masks, "compare": clip.compare, "truth": clip.truth}
    return ReportContent(
        scores=scores,
        version=scores["settings"]["versions"]["steadymask"],
        times=measured.times,
        cuts=measured.cuts,
        names={role: _name(masks.path) for role, masks in roles.items() if masks is not None},
        worst=measured.worst,
        slices=measured.slices,
        warnings=warnings,
    )


def _name(masks: Path) -> str:
    """What people call these masks."""
    return masks.absolute().name if masks.is_dir() else masks.stem
