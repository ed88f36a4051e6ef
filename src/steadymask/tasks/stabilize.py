"""`stabilize`: the same masks without flicker, in the same format."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from steadymask.arrays import PictureProbs
from steadymask.data.clip import Clip, find_clips, frames_with_masks, holds_clips
from steadymask.data.objects import Objects, objects_of, require_chosen
from steadymask.data.reading import Reading, open_clip
from steadymask.errors import InputError, SteadymaskError, VideoError, require
from steadymask.filters.run import Filter, Item, look_back, run
from steadymask.flow.between import FlowBetween
from steadymask.flow.dis import one_thread
from steadymask.io.cut_list import read_cuts
from steadymask.io.manifest import identity, plain, read_json, versions, write_json
from steadymask.io.mask_format import MaskFormat, PngFormat, ReadAs, format_named, frame_format
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_writer import encode_masks, open_mask_writer
from steadymask.io.masks import Masks, open_masks
from steadymask.io.place import missing_folders, refuse_among
from steadymask.io.unfinished import clear_replaced, make_folder, replace_with
from steadymask.io.work_folder import WorkFolder, open_work_folder, work_path
from steadymask.most_probable import most_probable
from steadymask.tasks.batch import Batch, run_batch
from steadymask.tasks.methods import Method, filters_of, flow_of
from steadymask.tasks.places import check_free, check_preview, check_result
from steadymask.tasks.preview import write_preview
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.scenes import SceneStarts

_KEEP_STATE_EVERY = 25  # frames: what has to be done again at most after an interruption
_IN_FLIGHT = 4  # masks that are being written while the next frames are filtered


@dataclass(frozen=True, kw_only=True)
class Stabilized:
    """What `stabilize` did.

    Args:
        clip: name of the clip.
        out: where the masks lie.
        frames: how many there are.
        objects: their ids.
        cuts: frames that begin a new scene.
        decision: how the masks were read.
        preview: the side-by-side video, if one was wanted.
    """

    clip: str
    out: Path
    frames: int
    objects: tuple[int, ...]
    cuts: tuple[int, ...]
    decision: str
    preview: Path | None = None


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
        masks: a folder of PNG or npz masks, one npz file, a matte or an alpha video; or a folder of these.
        out: the folder or file to write; of a batch, a folder.
        method: the filter: motion (motion-compensated fusion), guided (3-D), guided-2d, gaussian, median or
            average.
        strength: from 0 (changes nothing) to 1 (as steady as the method makes them); None: the method's
            default.
        live: without look-ahead, so that every mask depends on the past only.
        look_ahead: frames of look-ahead of the motion filter; None: its default.
        format: of the result: palette, binary, grey, grey16, rgb, probability8, probability16, npz,
            npz-probability, matte, prores4444, vp9-alpha or ffv1; None: that of the input.
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
    clip = open_clip(video, masks, reading)
    stored = clip.masks.format if format is None else format_named(format)
    inputs = (video, masks, cuts, reading.colors)
    check_result(out, stored, inputs)
    if preview is not None:
        check_preview(preview, out, inputs)
    objects = objects_of([clip.masks])
    require_chosen(objects, clip.masks)
    job = _Job(
        clip=clip,
        out=out,
        filters=filters,
        format=stored,
        objects=objects,
        cuts=None if cuts is None else read_cuts(cuts, frames=clip.video.count),
        preview=preview,
        reading=reading,
    )
    if resume and job.is_finished:
        WorkFolder(path=work_path(out)).remove()
        clear_replaced(out)
        return job.described()
    if not (resume and work_path(out).exists()):  # what is there was checked when the work began
        check_free(out, preview, marker=_manifest(out, stored), overwrite=overwrite)
    with one_thread(), ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        return job.done(threads, resume=resume, progress=progress)


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


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One clip to stabilize: all that the result depends on."""

    clip: Clip
    out: Path
    filters: tuple[Filter, ...]
    format: MaskFormat
    objects: Objects
    cuts: frozenset[int] | None
    preview: Path | None
    reading: Reading

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Inputs, settings and versions: what decides every byte of the result."""
        settings: dict[str, Any] = plain(
            {
                "task": "stabilize",
                "video": identity(self.clip.video.path),
                "masks": identity(self.clip.masks.path),
                "reading": asdict(self.reading),
                "filters": [{"name": type(each).__name__} | vars(each) for each in self.filters],
                "flow": asdict(flow_of(self.clip.video.size)),
                "format": {"name": type(self.format).__name__} | asdict(self.format),
                "cuts": "detected" if self.cuts is None else sorted(self.cuts),
                "versions": versions(),
            }
        )
        return settings

    def done(self, threads: ThreadPoolExecutor, *, resume: bool, progress: Progress) -> Stabilized:
        """Do what is left to do, then put the result in its place."""
        with missing_folders(self.out), missing_folders(self.preview or self.out):
            work = open_work_folder(self.out, self.settings, resume=resume)
            try:
                cuts = self._filtered(work, threads, progress)
                self._put_in_place(work, cuts, progress)
            except SteadymaskError as error:
                threads.shutdown()  # no mask is being written any more
                if work.has_state and _may_pass(error):
                    kept = f"{error}; what is finished is kept, see resume"
                    raise VideoError(kept) from error
                work.remove()  # something has to change, so that nothing of this can be used again
                raise
        return self.described()

    @property
    def is_finished(self) -> bool:
        """Whether the result is there, made of the same inputs with the same settings."""
        if not self.out.exists() or (self.preview is not None and not self.preview.exists()):
            return False
        manifest = read_json(_manifest(self.out, self.format))
        return manifest is not None and manifest.get("made") == self.settings

    def described(self) -> Stabilized:
        """What was done, as the manifest has it."""
        manifest = read_json(_manifest(self.out, self.format)) or {}
        return Stabilized(
            clip=self.clip.name,
            out=self.out,
            frames=self.clip.video.count,
            objects=self.objects.ids,
            cuts=tuple(manifest.get("cuts", ())),
            decision=self.clip.masks.decision,
            preview=self.preview,
        )

    def _filtered(self, work: WorkFolder, threads: ThreadPoolExecutor, progress: Progress) -> list[int]:
        """Filter the frames that are not finished; return the cuts."""
        writer = open_mask_writer(work.frames, frame_format(self.format), size=self.clip.video.size)
        names, count = self.clip.masks.names, self.clip.video.count
        kept = work.load_state()
        if kept is not None and not all(writer.path(name).exists() for name in names[: kept[0] + 1]):
            kept = None  # interrupted while the finished frames were put in their place or removed
        start, state, found = (0, None, []) if kept is None else (kept[0] + 1, kept[1], kept[2])
        starts = SceneStarts(self.cuts, list(found))
        flows = FlowBetween(flow_of(self.clip.video.size), threads)
        voids: dict[int, Tensor] = {}
        writing: deque[Future[Path]] = deque()
        items = self._items(max(0, start - look_back(self.filters)), starts, voids)
        for item, after in run(self.filters, items, flows=flows, state=state, start=start):
            frame = self._frame(item.index, names[item.index], item.probs, voids.pop(item.index, None))
            writing.append(threads.submit(writer.write, frame))
            while len(writing) > _IN_FLIGHT:
                writing.popleft().result()
            if (item.index + 1) % _KEEP_STATE_EVERY == 0:
                while writing:
                    writing.popleft().result()
                work.save_state(item.index, after, [cut for cut in starts.found if cut <= item.index])
            progress("stabilize", item.index + 1, count)
        while writing:
            writing.popleft().result()
        return starts.found

    def _items(self, start: int, starts: SceneStarts, voids: dict[int, Tensor]) -> Iterator[Item]:
        for each in frames_with_masks(self.clip, start):
            index, labels = each.frame.index, each.masks.labels
            if labels is not None and bool((labels < 0).any()):
                voids[index] = labels < 0
            yield Item(
                index=index,
                picture=each.frame.picture,
                probs=self.objects.probs(each.masks),
                starts_scene=starts(index, each.frame.picture),
            )

    def _frame(self, index: int, stem: str, probs: PictureProbs, void: Tensor | None) -> MaskFrame:
        if self.format.soft:
            return MaskFrame(index=index, stem=stem, probs=probs)
        labels = self.objects.to_ids(most_probable(probs))
        if void is not None:
            labels = labels.masked_fill(void, -1)
        return MaskFrame(index=index, stem=stem, labels=labels)

    def _put_in_place(self, work: WorkFolder, cuts: list[int], progress: Progress) -> None:
        """Encode what is one file, write manifest and preview, and rename the result into its place."""
        finished = self._finished(work)
        if self.preview is not None:
            write_preview(self.preview, self.clip, finished, progress)
        result = work.frames
        if self.format.single_file:
            result = work.path / f"result{self.format.suffix}"
            seconds = (frame.seconds for frame in self.clip.video.frames())
            count = self.clip.video.count
            encode_masks(
                result, finished.frames(), self.format, count=count, fps=self.clip.video.fps, seconds=seconds
            )
        manifest = {
            "made": self.settings,
            "frames": self.clip.video.count,
            "cuts": cuts,
            "reading": self.clip.masks.decision,
        }
        if not self.format.single_file:
            write_json(_manifest(work.frames, self.format), manifest)
        replace_with(self.out, result)
        if self.format.single_file:  # only now: beside another file it would say that this one is finished
            write_json(_manifest(self.out, self.format), manifest)
        work.remove()

    def _finished(self, work: WorkFolder) -> Masks:
        stored = frame_format(self.format)
        ambiguous = isinstance(stored, PngFormat) and stored.color == "grey" and not stored.binary
        read_as: ReadAs | None = ("probability" if stored.soft else "labels") if ambiguous else None
        colors = self.reading.colors if isinstance(stored, PngFormat) and stored.colors else None
        return open_masks(work.frames, read_as=read_as, colors=colors, void=stored.void)


def _may_pass(error: SteadymaskError) -> bool:
    """Whether the same run may go on later: the system refused (a full disk), the input may be right."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno is not None


def _manifest(result: Path, format: MaskFormat) -> Path:
    return (
        result.with_name(f"{result.name}.manifest.json") if format.single_file else result / "manifest.json"
    )
