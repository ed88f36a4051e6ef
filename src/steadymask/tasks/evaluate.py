"""`evaluate`: a whole data set by its own protocol, several sets of masks side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from steadymask.data.lineup import TRUTH
from steadymask.data.reading import Reading
from steadymask.errors import require
from steadymask.io.manifest import read_json, without_nan, write_json
from steadymask.io.place import refuse_inputs, require_free
from steadymask.io.unfinished import replace_with
from steadymask.io.work_folder import open_work_folder, work_path
from steadymask.report.evaluation_csv import write_clips_csv, write_objects_csv
from steadymask.report.evaluation_page import write_evaluation_page
from steadymask.tasks.clip_evaluation import Measure
from steadymask.tasks.compared_sets import better_of
from steadymask.tasks.evaluation_plan import EvaluationPlan, state_of
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.protocols import PROTOCOLS, ProtocolName, protocol_of, require_protocol
from steadymask.tasks.track_evaluation import TrackPlan

MEASURES: tuple[Measure, ...] = ("accuracy", "stability", "video-consistency")
_MARKER, _MADE_OF = "evaluation.json", "made_of.json"
_FILES = (_MARKER, _MADE_OF, "clips.csv", "objects.csv", "report.html")


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
        workers: processes, or threads where these are done first; None: one for each core.
        progress: told of every finished clip.

    Raises:
        InputError: a setting is wrong, or the masks do not fit the data set.
        VideoError: something cannot be read or written.
    """
    dataset, predictions = Path(dataset), tuple(Path(each) for each in predictions)
    require(not (resume and overwrite), "resume: wanted either resume or overwrite, got both")
    require(workers is None or workers >= 1, f"workers: wanted at least 1, got {workers}")
    require(bool(predictions), "predictions: wanted at least one folder of masks, got none")
    sets = _names(predictions)
    out = Path(f"{dataset.resolve().stem}-evaluation" if out is None else out)
    refuse_inputs(str(out), out, (dataset, *predictions))
    measures = tuple(dict.fromkeys(measures))
    plan = _plan(dataset, sets, protocol=protocol, subset=subset, measures=measures, reading=reading)
    if resume and (done := _finished(out, plan)) is not None:
        return Evaluated(out=out, content=done)
    going_on = resume and work_path(out).exists()
    require_free(str(out), out, marker=out / _MARKER, overwrite=overwrite or going_on, known=_FILES)
    with open_work_folder(out, plan.state, resume=resume) as work:
        found = plan.result(work.frames, workers=workers, progress=progress)
        finished = work.path / "result"
        finished.mkdir(exist_ok=True)
        content = _written(finished, found)
        write_json(finished / _MADE_OF, plan.made_of)
        replace_with(out, finished)  # the result appears as a whole, and what it was made of goes
        work.remove()
    return Evaluated(out=out, content=content)


def _plan(
    dataset: Path,
    sets: Mapping[str, Path],
    *,
    protocol: ProtocolName | None,
    subset: str,
    measures: tuple[Measure, ...],
    reading: Reading,
) -> EvaluationPlan | TrackPlan:
    """What is to be done, once it is known that it can be."""
    _require_measures(measures)
    if dataset.suffix.lower() == ".json":
        usual = {"protocol": None, "subset": "val", "measures": MEASURES, "reading": Reading()}
        given = {"protocol": protocol, "subset": subset, "measures": measures, "reading": reading}
        for option, value in usual.items():
            require(given[option] == value, f"{option}: wanted none with {dataset}, a truth of tracks")
        return TrackPlan(truth=dataset, sets=sets)
    require(reading.every == 1, "every: wanted masks named like the frames of a data set, not every n-th")
    if protocol is not None:
        require_protocol(protocol)
    name = protocol or protocol_of(dataset, subset)
    if not PROTOCOLS[name].parts:
        require(subset == "val", f"subset: wanted none with {dataset}, which has no parts, got {subset}")
    if PROTOCOLS[name].exact_motion:
        require(measures == MEASURES, f"measures: wanted none with {dataset}: its motion is known exactly")
    return EvaluationPlan(
        dataset=dataset,
        protocol=name,
        subset=subset,
        found=PROTOCOLS[name].read(dataset, subset),
        sets=sets,
        measures=measures,
        reading=reading,
    )


def _finished(out: Path, plan: EvaluationPlan | TrackPlan) -> dict[str, Any] | None:
    """The contents of `evaluation.json`, where that is what the plan comes to; else None."""
    kept, made_of = (read_json(out / name) for name in (_MARKER, _MADE_OF))
    is_it = kept is not None and plan.state == state_of(kept) and made_of == plan.made_of
    return kept if is_it else None


def _require_measures(measures: Sequence[Measure]) -> None:
    known = get_args(Measure)
    require(bool(measures), f"measures: wanted some of {', '.join(known)}, got none")
    unknown = sorted({*measures} - {*known})
    require(not unknown, f"measures: wanted some of {', '.join(known)}, got {', '.join(unknown)}")


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
