"""One video to segment: from its frames to its masks, in steps that can be taken up again."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from torch import Tensor

from steadymask.errors import InputError, SteadymaskError, VideoError
from steadymask.io.manifest import identity, plain, read_json, versions, write_json
from steadymask.io.mask_format import MaskFormat, NpzFormat, PngFormat, ReadAs, facts, frame_format
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_writer import encode_masks, open_mask_writer
from steadymask.io.masks import Masks, open_masks
from steadymask.io.place import missing_folders
from steadymask.io.unfinished import replace_with
from steadymask.io.video import Video, VideoFrame
from steadymask.io.work_folder import WorkFolder, open_work_folder
from steadymask.tasks.class_map import ClassMap, class_map
from steadymask.tasks.inference import Inference
from steadymask.tasks.models import Model
from steadymask.tasks.progress import Progress
from steadymask.tasks.resumable import is_there, manifest_of, may_pass
from steadymask.work_ahead import work_ahead

_WORTH_KEEPING = 25  # frames: after an error so early, a folder left behind is worse than doing them again


@dataclass(frozen=True, kw_only=True)
class Segmented:
    """What `segment` did.

    Args:
        clip: name of the clip.
        out: where the masks lie.
        frames: how many there are.
        classes: names of the classes, by their id in the masks.
        model: name of the network.
        parameters: how many numbers it has learned; None where its file does not say.
        device: where it ran.
        frames_per_second: of the network with all that prepares frames for it and makes masks of what it
            gives, without reading and writing; None where nothing was left to do.
    """

    clip: str
    out: Path
    frames: int
    classes: dict[int, str]
    model: str
    parameters: int | None
    device: str
    frames_per_second: float | None = None


@dataclass(frozen=True, kw_only=True)
class SegmentJob:
    """One video to segment: all that the result depends on, and `workers`: batches side by side."""

    video: Video
    clip: str
    out: Path
    model: Model
    inference: Inference
    workers: int
    wanted: Sequence[str] | None
    format: MaskFormat

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Inputs, settings and versions: what decides every byte of the result."""
        windows = self.inference.windows
        settings: dict[str, Any] = plain(
            {
                "task": "segment",
                "video": identity(self.video.path),
                "fps": self.video.fps,
                "model": self.model.identity,
                "size": self.inference.size,
                "window": windows and {"size": windows.size, "overlap": windows.overlap},
                "batch": self.inference.batch,
                "device": self.inference.device.type,
                "half": self.inference.half,
                "classes": None if self.wanted is None else list(self.wanted),
                "format": facts(self.format),
                "versions": versions(),
            }
        )
        return settings

    @property
    def is_finished(self) -> bool:
        """Whether the result is there, made of the same inputs with the same settings."""
        manifest = read_json(manifest_of(self.out, self.format)) if self.out.exists() else None
        return manifest is not None and manifest.get("made") == self.settings

    def done(self, *, resume: bool, progress: Progress) -> Segmented:
        """Do what is left to do, then put the result in its place."""
        classes = self._classes()
        with (
            missing_folders(self.out),
            open_work_folder(self.out, self.settings, resume=resume) as work,
        ):
            clock = _Clock()
            try:
                self._segment(work, classes, clock, progress)
                self._put_in_place(work, classes)
            except SteadymaskError as error:
                if may_pass(error) and len(list(work.frames.glob("*"))) >= _WORTH_KEEPING:
                    raise VideoError(f"{error}; what is finished is kept, see resume") from error
                work.remove()  # something has to change, so that nothing of this can be used again
                raise
        return self.described(frames_per_second=clock.rate)

    def described(self, *, frames_per_second: float | None = None) -> Segmented:
        """What was done, as the manifest has it."""
        manifest = read_json(manifest_of(self.out, self.format)) or {}
        return Segmented(
            clip=self.clip,
            out=self.out,
            frames=self.video.count,
            classes={int(id): name for id, name in manifest.get("classes", {}).items()},
            model=self.model.identity["name"],
            parameters=self.model.parameters,
            device=str(self.inference.device),
            frames_per_second=frames_per_second,
        )

    def _classes(self) -> ClassMap:
        """Segment the first frame: it tells how many classes there are, and whether all of it works."""
        first = next(self.video.frames()).picture
        count = self.inference.probs([first]).shape[1]
        classes = class_map(count, self.model.classes, wanted=self.wanted)
        if _is_of_one_object(self.format) and len(classes.objects) != 1:
            raise InputError(
                f"format: wanted one class for a format of one object, got {len(classes.objects)}; "
                "choose it with classes, or another format"
            )
        return classes

    def _segment(self, work: WorkFolder, classes: ClassMap, clock: "_Clock", progress: Progress) -> None:
        """Segment the frames that are not finished."""
        writer = open_mask_writer(work.frames, frame_format(self.format), size=self.video.size)
        names, count = self.video.names, self.video.count
        done = next((n for n, name in enumerate(names) if not is_there(writer.path(name))), count)
        # Whole batches again: the last bits of a frame may depend on what stands beside it in its batch.
        at_once = self.inference.frames_at_once
        start = done - done % at_once if done < count else count
        batches = _batches(self.video.frames(start), at_once)
        clock.workers = min(self.workers, -(-(count - start) // at_once))
        timed = partial(self._timed, classes=classes)
        # Reading and writing are this thread's, while others compute.
        with closing(work_ahead(timed, batches, threads=self.workers, name="segment")) as results:
            for frames, masks, seconds in results:
                clock.add(len(frames), seconds)
                for frame, mask in zip(frames, masks, strict=True):
                    writer.write(self._mask_frame(mask, frame.index, names[frame.index]))
                    progress("segment", frame.index + 1, count)

    def _timed(
        self, frames: Sequence[VideoFrame], classes: ClassMap
    ) -> tuple[Sequence[VideoFrame], list[Tensor], float]:
        """The frames of a batch with their masks, on the processor, and how many seconds that took."""
        begun = perf_counter()
        probs = self.inference.probs([frame.picture for frame in frames])
        masks = [self._mask(each, classes).cpu() for each in probs]
        return frames, masks, perf_counter() - begun

    def _mask_frame(self, mask: Tensor, index: int, stem: str) -> MaskFrame:
        soft = self.format.soft
        return MaskFrame(index=index, stem=stem, probs=mask if soft else None, labels=None if soft else mask)

    def _mask(self, probs: Tensor, classes: ClassMap) -> Tensor:
        """Probabilities `k h w` for a soft format, else ids `h w`."""
        if self.format.soft:
            return classes.probs(probs)
        labels = classes.labels(probs)
        binary = isinstance(self.format, PngFormat) and self.format.binary
        return labels.clamp(max=1) if binary else labels

    def _put_in_place(self, work: WorkFolder, classes: ClassMap) -> None:
        """Encode what is one file, write the manifest, and rename the result into its place."""
        work.begin_placing()
        result = work.frames
        if self.format.single_file:
            result = work.path / f"result{self.format.suffix}"
            seconds = (frame.seconds for frame in self.video.frames())
            finished, count = self._finished(work), self.video.count
            encode_masks(
                result, finished.frames(), self.format, count=count, fps=self.video.fps, seconds=seconds
            )
        names = {str(id): name for id, name in classes.names.items()}
        manifest = {"made": self.settings, "frames": self.video.count, "classes": names}
        if not self.format.single_file:
            write_json(manifest_of(work.frames, self.format), manifest)
        replace_with(self.out, result)
        if self.format.single_file:  # only now: beside another file it would say that this one is finished
            write_json(manifest_of(self.out, self.format), manifest)
        work.remove()

    def _finished(self, work: WorkFolder) -> Masks:
        stored = frame_format(self.format)
        read_as: ReadAs | None = None
        if isinstance(stored, PngFormat):
            read_as = "probability" if stored.soft else "labels"
        return open_masks(work.frames, read_as=read_as)


@dataclass
class _Clock:
    """Counts frames, and the seconds they took on each of the workers that share them."""

    frames: int = field(default=0)
    seconds: float = field(default=0.0)
    workers: int = field(default=1)

    def add(self, frames: int, seconds: float) -> None:
        self.frames += frames
        self.seconds += seconds

    @property
    def rate(self) -> float | None:
        return self.frames * self.workers / self.seconds if self.frames else None


def _batches(frames: Iterator[VideoFrame], size: int) -> Iterator[list[VideoFrame]]:
    while batch := list(islice(frames, size)):
        yield batch


def _is_of_one_object(format: MaskFormat) -> bool:
    if isinstance(format, PngFormat) and format.binary:
        return True
    return format.soft and not (isinstance(format, NpzFormat) and "k" in format.axes)
