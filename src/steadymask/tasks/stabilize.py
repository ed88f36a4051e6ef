"""`stabilize`: the same masks without flicker, in the same format."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from steadymask.data.clip import find_clips, holds_clips
from steadymask.data.objects import objects_of, require_chosen
from steadymask.data.reading import Reading, open_clip
from steadymask.data.written_format import written_format
from steadymask.errors import InputError, require
from steadymask.filters.run import Filter
from steadymask.flow.dis import one_thread
from steadymask.io.cut_list import read_cuts
from steadymask.io.mask_format import format_named
from steadymask.io.place import refuse_among
from steadymask.io.unfinished import clear_replaced, make_folder
from steadymask.io.work_folder import WorkFolder, work_path
from steadymask.tasks.batch import Batch, run_batch
from steadymask.tasks.methods import Method, filters_of
from steadymask.tasks.places import check_free, check_preview, check_result
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.resumable import manifest_of
from steadymask.tasks.stabilize_job import Job, Stabilized
from steadymask.tasks.torch_threads import torch_in_one_thread


def stabilize(
    video: Path,
    masks: Path,
    out: Path,
    *,
    method: Method = "motion",
    strength: float | None = None,
    live: bool = False,
    look_ahead: int | None = None,
    format: str | None = None,
    preview: Path | None = None,
    cuts: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    reading: Reading = Reading(),  # noqa: B008  # frozen
    workers: int | None = None,
    progress: Progress = silent,
) -> Stabilized | Batch[Stabilized]:
    """Take the flicker out of masks that exist already; they keep their format and names.

    The result appears as a whole when it is finished, with a manifest of inputs, settings and versions. What
    an interrupted run has finished is kept, and `resume` goes on from there to the same bytes. A folder of
    clips, in `video` and in `masks`, is a batch: every clip that has masks, one to a core.

    Args:
        video: a video file or a folder of pictures; or a folder of these.
        masks: a folder of PNG or npz masks, one npz or JSON file, a matte or an alpha video; or a folder of
            these.
        out: the folder or file to write; of a batch, a folder.
        method: the filter: motion (motion-compensated fusion), guided (3-D), guided-2d, gaussian, median or
            average.
        strength: from 0 (changes nothing) to 1 (as steady as the method makes them); None: the method's
            default.
        live: without look-ahead, so that every mask depends on the past only.
        look_ahead: frames of look-ahead of the motion filter; None: its default.
        format: of the result: palette, binary, grey, grey16, rgb, probability8, probability16, npz,
            npz-probability, matte, prores4444, vp9-alpha, ffv1 or json; None: that of the input.
        preview: an MP4 to write that shows the masks before and after, side by side; of a batch, a folder.
        cuts: a text file with the frames that begin a new scene, one a line; None: cuts are detected.
        resume: go on with interrupted work.
        overwrite: replace a result that is there.
        reading: how the video and its masks are read.
        workers: threads, or of a batch processes; None: one for each core.
        progress: told of every finished frame.

    Raises:
        InputError: a setting is wrong, or the masks do not fit the video.
        VideoError: something cannot be read or written.
    """
    video, masks, out = Path(video), Path(masks), Path(out)  # strings are welcome
    preview, cuts = preview and Path(preview), cuts and Path(cuts)
    require(not (resume and overwrite), "resume: wanted either resume or overwrite, got both")
    require(workers is None or workers >= 1, f"workers: wanted at least 1, got {workers}")
    filters = filters_of(method, strength=strength, live=live, look_ahead=look_ahead)
    if holds_clips(video):
        shared = {
            "method": method,
            "strength": strength,
            "live": live,
            "look_ahead": look_ahead,
            "format": format,
            "resume": resume,
            "overwrite": overwrite,
            "reading": reading,
        }
        require(cuts is None, f"cuts: wanted one clip, got the folder of clips {video}")
        clips = _clips(video, masks, out, preview, format=format)
        arguments = {name: {**shared, **each, "workers": 1} for name, each in clips.items()}
        return run_batch("stabilize", stabilize_clip, arguments, workers=workers, progress=progress)
    job = _job(video, masks, out, filters=filters, format=format, preview=preview, cuts=cuts, reading=reading)
    if resume and job.is_finished:
        WorkFolder(path=work_path(out)).remove()
        clear_replaced(out)
        return job.described()
    _check_place(job, resume=resume, overwrite=overwrite)
    # Only flows fill the cores: what filters without them do, PyTorch spreads itself.
    beside = torch_in_one_thread() if method == "motion" else nullcontext()
    with one_thread(), beside, ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        return job.done(threads, resume=resume, progress=progress)


def _job(
    video: Path,
    masks: Path,
    out: Path,
    *,
    filters: tuple[Filter, ...],
    format: str | None,
    preview: Path | None,
    cuts: Path | None,
    reading: Reading,
) -> Job:
    """Open a clip and look through it, so that what is wrong with it is found before work begins."""
    clip = open_clip(video, masks, reading)
    stored = written_format(clip, format)
    inputs = (video, masks, cuts, reading.colors)
    check_result(out, stored, inputs)
    if preview is not None:
        check_preview(preview, out, inputs)
    objects = objects_of([clip.masks])
    require_chosen(objects, clip.masks)
    return Job(
        clip=clip,
        out=out,
        filters=filters,
        format=stored,
        objects=objects,
        cuts=None if cuts is None else read_cuts(cuts, frames=clip.video.count),
        preview=preview,
        reading=reading,
    )


def _check_place(job: Job, *, resume: bool, overwrite: bool) -> None:
    """Refuse to replace what is there; resumed work may only replace a result, as it had been told to."""
    begun = WorkFolder(path=work_path(job.out))
    going_on = resume and begun.path.exists()
    if going_on and begun.is_placing:  # what is there may be the result itself, still without its manifest
        return
    preview = None if going_on else job.preview
    check_free(job.out, preview, marker=manifest_of(job.out, job.format), overwrite=overwrite or going_on)


def stabilize_clip(video: Path, masks: Path, out: Path, **settings: Any) -> Stabilized:  # noqa: ANN401
    """`stabilize` for what is known to be one clip; `settings` are its."""
    stabilized = stabilize(video, masks, out, **settings)
    if isinstance(stabilized, Batch):
        raise InputError(f"{video}: wanted one clip, got a folder of clips")
    return stabilized


def _clips(
    videos: Path, masks: Path, out: Path, preview: Path | None, *, format: str | None
) -> dict[str, dict[str, Path | None]]:
    """Where each clip of a batch lies and goes, by name."""
    found = find_clips(videos, masks)
    refuse_among(str(out), out, (videos, masks))
    if preview is not None:
        refuse_among(f"preview: {preview}", preview, (videos, masks))
    for folder in (out, *([preview] if preview else [])):
        make_folder(folder)
    suffix = "" if format is None or not format_named(format).single_file else format_named(format).suffix
    return {
        each.name: {
            "video": each.video,
            "masks": each.masks,
            "out": out / (f"{each.name}{suffix}" if format is not None else each.masks.name),
            "preview": None if preview is None else preview / f"{each.name}.mp4",
        }
        for each in found
    }
