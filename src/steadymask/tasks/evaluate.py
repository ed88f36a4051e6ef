"""`evaluate`: a whole data set by its own protocol, several sets of masks side by side."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from steadymask.data.dataset import Dataset, DatasetClip, Source, by_stem, predictions_of
from steadymask.data.lineup import TRUTH
from steadymask.data.reading import Reading
from steadymask.errors import VideoError, require
from steadymask.flow.dis import DIS
from steadymask.io.manifest import plain, versions, without_nan, write_json
from steadymask.io.new_folder import new_folder
from steadymask.io.place import refuse_inputs, require_free
from steadymask.io.unfinished import replace_with
from steadymask.io.work_folder import open_work_folder, work_path
from steadymask.report.evaluation_csv import write_clips_csv, write_objects_csv
from steadymask.report.evaluation_page import write_evaluation_page
from steadymask.tasks.clip_evaluation import ClipJob, Measure
from steadymask.tasks.evaluation_table import better_of, evaluation
from steadymask.tasks.measured_clips import measure_clips
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.protocols import PROTOCOLS, Protocol, ProtocolName, protocol_of, require_protocol
from steadymask.tasks.track_evaluation import track_evaluation

MEASURES: tuple[Measure, ...] = ("accuracy", "stability", "video-consistency")
_MARKER = "evaluation.json"


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What `evaluate` found.

    Args:
        out: the folder with `evaluation.json`, `clips.csv`, `objects.csv` and `report.html`.
        content: the contents of `evaluation.json`.
    """

    out: Path
    content: Mapping[str, Any]

    @property
    def report(self) -> Path:
        """Where the page lies."""
        return self.out / "report.html"


def evaluate(
    dataset: Path,
    predictions: tuple[Path, ...],
    *,
    protocol: ProtocolName | None = None,
    subset: str = "val",
    measures: tuple[Measure, ...] = MEASURES,
    out: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    reading: Reading = Reading(),  # noqa: B008  # frozen
    workers: int | None = None,
    progress: Progress = silent,
) -> Evaluated:
    """Score a whole data set by its own protocol, several sets of masks side by side.

    Writes evaluation.json, clips.csv, objects.csv and report.html into a folder that appears as a whole. The
    truth's own flicker is stated beside that of the masks. With several sets they are ranked, and every
    difference comes with a 95 % interval (paired bootstrap over clips). What an interrupted run has finished
    is kept, and `resume` goes on from there.

    Args:
        dataset: the folder of the data set; of synthetic sequences, what `synthesize` wrote; of YouTube-VIS
            (or a set like it), the JSON of the truth.
        predictions: folders with the masks of every clip, one for each set; of YouTube-VIS, JSON results.
        protocol: how the data set is laid out and counted; None: told from its layout.
        subset: the part of the data set, such as val.
        measures: accuracy; stability (flicker, smoothness, temporal consistency); recipes (temporal
            consistency as the scripts of ETC and VSPW compute it); video-consistency (VC8 and VC16);
            temporal-stability (DAVIS's T, of outlines).
        out: the folder to write; None: one named for the data set, in the current folder.
        resume: go on with interrupted work.
        overwrite: replace an evaluation that is there.
        reading: how masks are read.
        workers: processes, or threads for a few clips without motion; None: one for each core.
        progress: told of every finished clip.

    Raises:
        InputError: a setting is wrong, or the masks do not fit the data set.
        VideoError: something cannot be read or written.
    """
    measures = tuple(dict.fromkeys(measures))
    dataset, predictions = Path(dataset), tuple(Path(each) for each in predictions)
    require(not (resume and overwrite), "resume: wanted either resume or overwrite, got both")
    require(workers is None or workers >= 1, f"workers: wanted at least 1, got {workers}")
    require(bool(predictions), "predictions: wanted at least one folder of masks, got none")
    require(bool(measures), f"measures: wanted some of {', '.join(get_args(Measure))}, got none")
    unknown = sorted({*measures} - {*get_args(Measure)})
    require(not unknown, f"measures: wanted some of {', '.join(get_args(Measure))}, got {', '.join(unknown)}")
    sets = _names(predictions)
    out = Path(f"{dataset.resolve().stem}-evaluation" if out is None else out)
    refuse_inputs(str(out), out, (dataset, *predictions))
    if dataset.suffix.lower() == ".json":
        return _evaluate_tracks(dataset, sets, out, overwrite=overwrite, progress=progress)
    if protocol is not None:
        require_protocol(protocol)
    name = protocol or protocol_of(dataset, subset)
    rules, found = PROTOCOLS[name], PROTOCOLS[name].read(dataset, subset)
    how = _reading(found, rules, reading)
    jobs = {
        clip.name: ClipJob(
            dataset=dataset,
            clip=clip,
            masks=masks,
            protocol=rules,
            measures=frozenset(measures),
            classes=found.classes,
            reading=how,
            fps=reading.fps or found.fps,
        )
        for clip, masks in _masks_of(found, sets)
    }
    settings = _settings(name, subset, found, measures, reading)
    going_on = resume and work_path(out).exists()
    require_free(str(out), out, marker=out / _MARKER, overwrite=overwrite or going_on)
    state = settings | {"protocol": name, "predictions": [*sets], "clips": [*jobs]}
    work = open_work_folder(out, json.loads(json.dumps(plain(state))), resume=resume)
    results = measure_clips(jobs, work.frames, workers=workers, progress=progress)
    content = {"dataset": found.name, "protocol": name, "settings": settings} | evaluation(
        results,
        tuple(sets),
        protocol=rules,
        seen={each.name: each.seen for each in found.clips},
        groups={each.name: each.group for each in found.clips},
        class_names=found.classes.names if found.classes else (),
    )
    finished = work.path / "result"
    finished.mkdir(exist_ok=True)
    content = _written(finished, content)
    replace_with(out, finished)  # the result appears as a whole, and what it was made of goes
    work.remove()
    return Evaluated(out=out, content=content)


def _evaluate_tracks(
    truth: Path, sets: Mapping[str, Path], out: Path, *, overwrite: bool, progress: Progress
) -> Evaluated:
    """YouTube-VIS: the truth is one JSON, and so are the results of each set of masks."""
    with new_folder(out, marker=_MARKER, overwrite=overwrite) as folder:
        found = track_evaluation(truth, sets, progress)
        content = {
            "dataset": truth.stem,
            "protocol": "youtube-vis",
            "settings": {"versions": versions()},
        } | found
        return Evaluated(out=out, content=_written(folder, content))


def _written(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write every file of the result; return the contents of `evaluation.json`."""
    keys = (key for part in content["predictions"].values() for key in part["overall"])
    content["settings"]["better"] = better_of(keys)
    known: dict[str, Any] = without_nan(content)
    write_json(folder / _MARKER, known)
    write_clips_csv(folder / "clips.csv", known)
    write_objects_csv(folder / "objects.csv", known)
    write_evaluation_page(folder / "report.html", known)
    return known


def _masks_of(found: Dataset, sets: Mapping[str, Path]) -> list[tuple[DatasetClip, dict[str, Source]]]:
    """Every clip with the place of its masks in each set; all is known to be there before work begins."""
    flat = any(clip.flat for clip in found.clips)
    for folder in sets.values():
        if not folder.is_dir():
            raise VideoError(f"{folder}: wanted a folder with the masks of every clip, got no such folder")
    stems = {name: by_stem(folder) if flat else {} for name, folder in sets.items()}
    return [
        (clip, {name: predictions_of(clip, folder, stems[name]) for name, folder in sets.items()})
        for clip in found.clips
    ]


def _reading(found: Dataset, protocol: Protocol, reading: Reading) -> Reading:
    """What the protocol knows about the masks, beside what was told."""
    if found.classes is not None:
        return replace(reading, read_as="labels")
    if protocol.ids == "merged":
        return replace(reading, merge_objects=True)
    return reading if found.void is None else replace(reading, void=found.void)


def _names(predictions: Sequence[Path]) -> dict[str, Path]:
    """What reports call each set: the folder's name, with the one above it where names are the same."""
    places = [path.resolve() for path in predictions]
    short = [path.stem if path.suffix.lower() == ".json" else path.name for path in places]
    clash = len(set(short)) < len(short) or TRUTH in short
    names = (
        [f"{path.parent.name}/{name}" for path, name in zip(places, short, strict=True)] if clash else short
    )
    twice = next((name for name in names if names.count(name) > 1), None)
    require(twice is None, f"predictions: wanted folders of different names, got {twice} twice")
    return dict(zip(names, predictions, strict=True))


def _settings(
    protocol: ProtocolName, subset: str, found: Dataset, measures: Sequence[Measure], reading: Reading
) -> dict[str, Any]:
    rules = PROTOCOLS[protocol]
    return {
        "subset": subset,
        "measures": list(measures),
        "flow": {"estimator": "OpenCV DIS", **asdict(DIS())},
        "fps": reading.fps or found.fps,
        "accuracy": {
            "ids": rules.ids,
            "average": rules.average,
            "first_and_last_frame_count": rules.ends,
            "objects_count_from_the_frame_after_their_first": rules.from_first,
        },
        "reading": plain(vars(reading)),
        "versions": versions(),
    }
