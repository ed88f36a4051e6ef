"""`segment`: masks of a video from a network that sees each frame by itself."""

from pathlib import Path

from steadymask.data.clip import clip_entries, holds_clips
from steadymask.data.written_format import new_format
from steadymask.errors import SteadymaskError, require
from steadymask.io.mask_format import format_named
from steadymask.io.place import full, refuse_among
from steadymask.io.unfinished import clear_replaced, make_folder
from steadymask.io.video import open_video
from steadymask.io.work_folder import WorkFolder, work_path
from steadymask.tasks.batch import Batch
from steadymask.tasks.inference import Inference, device_named
from steadymask.tasks.models import Model, open_model
from steadymask.tasks.places import check_free, check_result
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.resumable import manifest_of
from steadymask.tasks.segment_job import Segmented, SegmentJob


def segment(
    video: Path,
    out: Path,
    *,
    model: str = "deeplabv3",
    size: tuple[int, int] | None = None,
    batch: int = 1,
    device: str = "auto",
    half: bool = False,
    classes: tuple[str, ...] | None = None,
    format: str = "palette",
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Segmented | Batch[Segmented]:
    """Make masks of a video with a network that sees each frame by itself.

    The result appears as a whole when it is finished, with a manifest of the network, settings and versions.
    What an interrupted run has finished is kept, and `resume` goes on from there; on a processor to the same
    bytes. A folder of clips is a batch, one after the other.

    Args:
        video: a video file or a folder of pictures; or a folder of these.
        out: the folder or file to write; of a batch, a folder.
        model: deeplabv3 (torchvision's published weights), hf:NAME (Hugging Face, a name or a folder), or a
            file: our safetensors, ONNX, or published weights of ESPNetV2 or of torchvision's DeepLabV3.
        size: rows and columns that frames are brought to for the network; probabilities come back to the
            frames' own size. None: as they are.
        batch: frames at once.
        device: auto (a GPU where there is one), cpu, cuda or cuda:N.
        half: compute in half precision, on a GPU.
        classes: the classes to keep, by name or number, each with an id of yours as CLASS=ID; all others
            become background. None: all, each under its number.
        format: of the result: palette, binary, grey, grey16, rgb, probability8, probability16, npz,
            npz-probability, matte, prores4444, vp9-alpha, ffv1 or json.
        resume: go on with interrupted work.
        overwrite: replace a result that is there.
        progress: told of every finished frame, or of every clip.

    Raises:
        InputError: a setting is wrong, or the network cannot segment such frames.
        VideoError: something cannot be read or written.
        WeightsError: the network is not there, or its file is of something else.
    """
    video, out = Path(video), Path(out)  # strings are welcome
    require(not (resume and overwrite), "resume: wanted either resume or overwrite, got both")
    require(batch >= 1, f"batch: wanted at least 1 frame, got {batch}")
    stored = format_named(format)
    several = holds_clips(video)
    if several:
        refuse_among(str(out), out, (video,))
    else:
        open_video(video)  # before a network is fetched for nothing
    opened = open_model(model)
    inference = Inference(
        network=opened.network.to(place := device_named(device)), device=place, half=half, size=size
    )

    def one(video: Path, out: Path, told: Progress) -> Segmented:
        job = _job(video, out, opened, inference, batch=batch, classes=classes, format=format)
        return _done(job, Path(model), resume=resume, overwrite=overwrite, progress=told)

    if not several:
        return one(video, out, progress)
    make_folder(out)
    suffix = stored.suffix if stored.single_file else ""
    clips = {name: (path, out / f"{name}{suffix}") for name, path in clip_entries(video).items()}
    done: dict[str, Segmented] = {}
    failed: dict[str, str] = {}
    for count, (name, (path, place_of)) in enumerate(clips.items(), start=1):
        try:
            done[name] = one(path, place_of, silent)
        except (SteadymaskError, OSError) as error:
            failed[name] = str(error)
        progress("segment", count, len(clips))
    return Batch(done=done, failed=failed)


def _job(
    video: Path,
    out: Path,
    model: Model,
    inference: Inference,
    *,
    batch: int,
    classes: tuple[str, ...] | None,
    format: str,
) -> SegmentJob:
    opened = open_video(video)
    name = full(video).stem if video.is_file() else full(video).name
    return SegmentJob(
        video=opened,
        clip=name,
        out=out,
        model=model,
        inference=inference,
        batch=batch,
        wanted=classes,
        format=new_format(format, opened, clip=name),
    )


def _done(job: SegmentJob, model: Path, *, resume: bool, overwrite: bool, progress: Progress) -> Segmented:
    """Do a job, unless it is done or its place is taken; resumed work may only replace a result."""
    check_result(job.out, job.format, (job.video.path, model if model.exists() else None))
    if resume and job.is_finished:
        WorkFolder(path=work_path(job.out)).remove()
        clear_replaced(job.out)
        return job.described()
    begun = WorkFolder(path=work_path(job.out))
    going_on = resume and begun.path.exists()
    if not (going_on and begun.is_placing):  # then what is there may be the result itself
        marker = manifest_of(job.out, job.format)
        check_free(job.out, None, marker=marker, overwrite=overwrite or going_on)
    return job.done(resume=resume, progress=progress)
