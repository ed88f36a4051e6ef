"""One clip to stabilize: from its files to its result, in steps that can be taken up again."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from steadymask.arrays import PictureProbs
from steadymask.data.clip import Clip, frames_with_masks
from steadymask.data.objects import Objects
from steadymask.data.reading import Reading
from steadymask.errors import SteadymaskError, VideoError
from steadymask.filters.flows_ahead import flows_ahead
from steadymask.filters.run import Filter, Item, look_back, run
from steadymask.flow.between import FlowBetween
from steadymask.io.manifest import identity, plain, read_json, versions, write_json
from steadymask.io.mask_format import MaskFormat, PngFormat, ReadAs, facts, frame_format
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_writer import encode_masks, open_mask_writer
from steadymask.io.masks import Masks, open_masks
from steadymask.io.place import missing_folders
from steadymask.io.unfinished import replace_with
from steadymask.io.work_folder import WorkFolder, open_work_folder
from steadymask.most_probable import most_probable
from steadymask.tasks.freed_memory import return_freed_memory
from steadymask.tasks.methods import flow_of
from steadymask.tasks.preview import write_preview
from steadymask.tasks.progress import Progress
from steadymask.tasks.resumable import is_there, manifest_of, may_pass
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
        warnings: what was lost in reading them so, in sentences.
        preview: the side-by-side video, if one was wanted.
    """

    clip: str
    out: Path
    frames: int
    objects: tuple[int, ...]
    cuts: tuple[int, ...]
    decision: str
    warnings: tuple[str, ...] = ()
    preview: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
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
                "format": facts(self.format),
                "cuts": "detected" if self.cuts is None else sorted(self.cuts),
                "versions": versions(),
            }
        )
        return settings

    def done(self, threads: ThreadPoolExecutor, *, resume: bool, progress: Progress) -> Stabilized:
        """Do what is left to do, then put the result in its place."""
        with (
            missing_folders(self.out),
            missing_folders(self.preview or self.out),
            open_work_folder(self.out, self.settings, resume=resume) as work,
        ):
            try:
                cuts = self._filtered(work, threads, progress)
                self._put_in_place(work, cuts, progress)
            except SteadymaskError as error:
                threads.shutdown()  # no mask is being written any more
                if work.has_state and may_pass(error):
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
        manifest = read_json(manifest_of(self.out, self.format))
        return manifest is not None and manifest.get("made") == self.settings

    def described(self) -> Stabilized:
        """What was done, as the manifest has it."""
        manifest = read_json(manifest_of(self.out, self.format)) or {}
        return Stabilized(
            clip=self.clip.name,
            out=self.out,
            frames=self.clip.video.count,
            objects=self.objects.ids,
            cuts=tuple(manifest.get("cuts", ())),
            decision=self.clip.masks.decision,
            warnings=self.clip.masks.warnings,
            preview=self.preview,
        )

    def _filtered(self, work: WorkFolder, threads: ThreadPoolExecutor, progress: Progress) -> list[int]:
        """Filter the frames that are not finished; return the cuts."""
        writer = open_mask_writer(work.frames, frame_format(self.format), size=self.clip.video.size)
        names, count = self.clip.masks.names, self.clip.video.count
        kept = work.load_state()
        if kept is not None and not all(is_there(writer.path(name)) for name in names[: kept[0] + 1]):
            kept = None  # interrupted while the finished frames were put in their place or removed
        start, state, found = (0, None, []) if kept is None else (kept[0] + 1, kept[1], kept[2])
        starts = SceneStarts(self.cuts, list(found))
        flows = FlowBetween(flow_of(self.clip.video.size), threads)
        looks_ahead = any(each.delay for each in self.filters)
        voids: dict[int, Tensor] = {}
        writing: deque[Future[Path]] = deque()
        items = self._items(max(0, start - look_back(self.filters)), starts, voids)
        if len(self.filters) == 1 and not self.filters[0].delay:
            items = flows_ahead(items, self.filters[0], flows)
        for item, after in run(self.filters, items, flows=flows, state=state, start=start):
            frame = self._frame(item.index, names[item.index], item.probs, voids.pop(item.index, None))
            writing.append(threads.submit(writer.write, frame))
            while len(writing) > _IN_FLIGHT:
                writing.popleft().result()
            if (item.index + 1) % _KEEP_STATE_EVERY == 0:
                while writing:
                    writing.popleft().result()
                work.save_state(item.index, after, [cut for cut in starts.found if cut <= item.index])
            if looks_ahead:
                return_freed_memory(item.index)
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
        work.begin_placing()
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
            "reading": "; ".join((self.clip.masks.decision, *self.clip.masks.warnings)),
        }
        if not self.format.single_file:
            write_json(manifest_of(work.frames, self.format), manifest)
        replace_with(self.out, result)
        if self.format.single_file:  # only now: beside another file it would say that this one is finished
            write_json(manifest_of(self.out, self.format), manifest)
        work.remove()

    def _finished(self, work: WorkFolder) -> Masks:
        stored = frame_format(self.format)
        ambiguous = isinstance(stored, PngFormat) and stored.color == "grey" and not stored.binary
        read_as: ReadAs | None = ("probability" if stored.soft else "labels") if ambiguous else None
        colors = self.reading.colors if isinstance(stored, PngFormat) and stored.colors else None
        return open_masks(work.frames, read_as=read_as, colors=colors, void=stored.void)
