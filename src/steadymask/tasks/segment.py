"""`segment`: masks of a video from a network that sees each frame by itself."""

from collections.abc import Callable
from pathlib import Path

import torch

from steadymask.data.clip import clip_entries, holds_clips
from steadymask.data.written_format import new_format
from steadymask.errors import SteadymaskError, require
from steadymask.io.mask_format import MaskFormat, format_named
from steadymask.io.place import full, refuse_among
from steadymask.io.unfinished import clear_replaced, make_folder
from steadymask.io.video import Video, open_video
from steadymask.io.work_folder import WorkFolder, work_path
from steadymask.networks.windows import Windows
from steadymask.tasks.batch import Batch
from steadymask.tasks.inference import Inference, device_named
from steadymask.tasks.models import Colors, Model, open_model
from steadymask.tasks.places import check_free, check_result
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.resumable import manifest_of
from steadymask.tasks.segment_job import Segmented, SegmentJob
from steadymask.tasks.torch_threads import torch_shared_out

_MOST_WORKERS = 4


def segment(
    video: Path,
    out: Path,
    *,
    model: str = "deeplabv3",
    mean: tuple[float, float, float] | None = None,
    std: tuple[float, float, float] | None = None,
    bgr: bool = False,
    size: tuple[int, int] | None = None,
    window: tuple[int, int] | None = None,
    overlap: float | None = None,
    batch: int = 1,
    device: str = "auto",
    half: bool = False,
    fps: float | None = None,
    classes: tuple[str, ...] | None = None,
    format: str = "palette",
    resume: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
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
        mean: of an ONNX file, what it wants subtracted from red, green and blue in [0, 1]; None: ImageNet's.
        std: of an ONNX file, what it wants them divided by then; None: ImageNet's.
        bgr: of an ONNX file, that it wants blue first.
        size: rows and columns that frames are brought to for the network; probabilities come back to the
            frames' own size. None: as they are.
        window: rows and columns of windows that frames are cut into for the network (after size), which
            bounds the memory it needs; their probabilities are blended. None: frames as a whole.
        overlap: share of a window that the next one covers again, at least, from 0 to below 1; None: a third.
        batch: frames at once, or windows of one frame.
        device: auto (a GPU where there is one), cpu, cuda or cuda:N.
        half: compute in half precision, on a GPU.
        fps: frames a second of a folder of pictures; None: 24.
        classes: the classes to keep, by name or number, each with an id of yours as CLASS=ID; all others
            become background. None: all, each under its number.
        format: of the result: palette, binary, grey, grey16, rgb, probability8, probability16, npz,
            npz-probability, matte, prores4444, vp9-alpha, ffv1 or json.
        resume: go on with interrupted work.
        overwrite: replace a result that is there.
        workers: batches side by side on a processor, whose cores they share; None: one for each core, at
            most 4, for each takes memory.
        progress: told of every finished frame, or of every clip.

    Raises:
        InputError: a setting is wrong, or the network cannot segment such frames.
        VideoError: something cannot be read or written.
        WeightsError: the network is not there, or its file is of something else.
    """
    video, out = Path(video), Path(out)  # strings are welcome
    require(not (resume and overwrite), "resume: wanted either resume or overwrite, got both")
    require(batch >= 1, f"batch: wanted at least 1 frame, got {batch}")
    require(workers is None or workers >= 1, f"workers: wanted at least 1, got {workers}")
    stored, windows = format_named(format), _windows(window, overlap)
    several = holds_clips(video)
    if several:
        refuse_among(str(out), out, (video,))
    else:
        open_video(video, fps=fps)  # before a network is fetched for nothing
    place = device_named(device)
    side_by_side = _side_by_side(workers, place)
    with torch_shared_out(side_by_side):
        opened = open_model(model, Colors(mean=mean, std=std, bgr=bgr))
        inference = Inference(
            network=opened.network.to(place),
            device=place,
            half=half,
            size=size,
            windows=windows,
            batch=batch,
        )

        def one(video: Path, out: Path, told: Progress) -> Segmented:
            job = _job(
                open_video(video, fps=fps),
                out,
                opened,
                inference,
                side_by_side,
                classes=classes,
                format=format,
            )
            return _done(job, Path(model), resume=resume, overwrite=overwrite, progress=told)

        if several:
            return _each(video, out, one, format=stored, progress=progress)
        return one(video, out, progress)


def _windows(size: tuple[int, int] | None, overlap: float | None) -> Windows | None:
    require(size is not None or overlap is None, f"overlap: wanted with a window, got {overlap} without one")
    if size is None:
        return None
    return Windows(size=size) if overlap is None else Windows(size=size, overlap=overlap)


def _side_by_side(workers: int | None, device: torch.device) -> int:
    """Batches worked on at once; a GPU is busy with one.

    On a processor whole frames go side by side, rather than the parts of one: PyTorch's threads wait for each
    other at each of the hundreds of operations of a network.
    """
    if device.type != "cpu":
        return 1
    return workers or min(torch.get_num_threads(), _MOST_WORKERS)


def _each(
    videos: Path,
    out: Path,
    one: Callable[[Path, Path, Progress], Segmented],
    *,
    format: MaskFormat,
    progress: Progress,
) -> Batch[Segmented]:
    """Every clip of a folder, one after the other; one that fails does not stop the others."""
    make_folder(out)
    suffix = format.suffix if format.single_file else ""
    clips = {name: (path, out / f"{name}{suffix}") for name, path in clip_entries(videos).items()}
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
    video: Video,
    out: Path,
    model: Model,
    inference: Inference,
    workers: int,
    *,
    classes: tuple[str, ...] | None,
    format: str,
) -> SegmentJob:
    name = full(video.path).stem if video.path.is_file() else full(video.path).name
    return SegmentJob(
        video=video,
        clip=name,
        out=out,
        model=model,
        inference=inference,
        workers=workers,
        wanted=classes,
        format=new_format(format, video, clip=name),
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
