"""The clips of a data set, measured side by side, and kept so that interrupted work can go on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from steadymask.errors import InputError, VideoError
from steadymask.flow.dis import one_thread
from steadymask.io.manifest import read_json, write_json
from steadymask.tasks.batch import Workers, run_batch
from steadymask.tasks.clip_evaluation import ALONG_MOTION, ClipJob, Found, evaluate_clip, sources_of
from steadymask.tasks.forking import can_fork
from steadymask.tasks.progress import Progress
from steadymask.tasks.torch_threads import torch_in_one_thread

_FEW = 20
"""As many clips without flows are measured by threads before spawned processes have imported PyTorch and done
the same: threads start at once, but two hardly do more than one, so often do they wait for each other."""


def measured_file(job: ClipJob, file: Path) -> None:
    """Measure a clip and keep what was found; called in a process or thread of its own."""
    made_of = sources_of(job)
    write_json(file, {"made_of": made_of, "found": evaluate_clip(job)})


def measure_clips(
    jobs: Mapping[str, ClipJob], folder: Path, *, workers: int | None, progress: Progress
) -> dict[str, dict[str, Found]]:
    """Measure every clip that is not measured yet, side by side; what is finished stays in the folder.

    Args:
        jobs: by clip, in the same order in every run.
        folder: where what was found is kept.
        workers: processes, or threads where these are done first; None: one for each core.
        progress: told of every finished clip.

    Returns:
        By clip and role what was found.

    Raises:
        InputError: a clip cannot be measured.
        VideoError: something cannot be read or written.
    """
    files = {clip: folder / f"{number:05d}.json" for number, clip in enumerate(jobs)}
    _measure_missing(jobs, files, workers=workers, progress=progress)
    return {clip: _kept(file)["found"] for clip, file in files.items()}


def _measure_missing(
    jobs: Mapping[str, ClipJob], files: Mapping[str, Path], *, workers: int | None, progress: Progress
) -> None:
    waiting = {
        clip: {"job": job, "file": files[clip]}
        for clip, job in jobs.items()
        if not _is_measured(job, files[clip])
    }
    ready = len(jobs) - len(waiting)
    if not waiting:
        return

    def told(what: str, done: int, of: int) -> None:
        progress(what, done + ready, of + ready)

    with one_thread(), torch_in_one_thread():
        batch = run_batch(
            "evaluate",
            measured_file,
            waiting,
            workers=workers,
            progress=told,
            kind="threads" if workers == 1 else _workers([jobs[clip] for clip in waiting]),
        )
    if batch.failed:
        clip, message = next(iter(batch.failed.items()))
        more = f" (and {len(batch.failed) - 1} more clips failed)" if len(batch.failed) > 1 else ""
        raise InputError(f"{clip}: {message}{more}; what is measured is kept: see resume")


def _workers(jobs: Sequence[ClipJob]) -> Workers:
    """Those that are done first."""
    if len(jobs) == 1:
        return "threads"
    if can_fork():
        return "forked"
    moving = any(job.protocol.exact_motion or job.measures & ALONG_MOTION for job in jobs)
    few = sum(len(job.masks) for job in jobs) <= _FEW
    return "threads" if few and not moving else "spawned"


def _is_measured(job: ClipJob, file: Path) -> bool:
    """Whether it was, from the same files."""
    if not file.exists():
        return False
    return bool(_kept(file)["made_of"] == sources_of(job))


def _kept(file: Path) -> dict[str, Any]:
    content = read_json(file)
    if content is None:
        raise VideoError(f"{file}: wanted what was measured of a clip, got no such file")
    return content
