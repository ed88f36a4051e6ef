"""`demo`: the whole story on a clip that the package draws itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.corruption import flicker
from steadymask.data.rendered import render_world
from steadymask.errors import require
from steadymask.io.encode import write_video
from steadymask.io.mask_format import FORMATS
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_writer import open_mask_writer
from steadymask.io.masks import open_masks
from steadymask.io.new_folder import new_folder
from steadymask.tasks.methods import Method
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.score import Scored, score
from steadymask.tasks.stabilize import stabilize_clip
from steadymask.tasks.stabilize_job import Stabilized

_FPS = 24.0
_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What `demo` made.

    Args:
        out: the folder with all of it.
        before: scores of the flickering masks.
        stabilized: what the filter did.
        after: scores of the flickering and the stable masks side by side, with the truth.
    """

    out: Path
    before: Scored
    stabilized: Stabilized
    after: Scored


def demo(
    *,
    out: Path = Path("steadymask-demo"),
    frames: int = 72,
    size: tuple[int, int] = (360, 640),
    method: Method = "motion",
    overwrite: bool = False,
    progress: Progress = silent,
) -> Demo:
    """Show the whole story on a drawn clip: flickering masks, scores, stable masks, scores again.

    Draws a clip with exact truth, makes masks of it that flicker as a per-frame network's do, scores them,
    takes the flicker out, and compares. Needs no network and no files.

    Args:
        out: the folder to write.
        frames: length of the clip.
        size: height and width of the clip in pixels.
        method: the filter, as in `stabilize`.
        overwrite: replace a demo that is there.
        progress: told of every finished frame.

    Raises:
        InputError: a setting is wrong, or `out` exists.
        VideoError: something cannot be written.
    """
    require(frames >= 2, f"frames: wanted at least 2, got {frames}")
    with new_folder(out, marker="clip.mp4", overwrite=overwrite) as folder:
        video, truth, masks = folder / "clip.mp4", folder / "truth", folder / "flickering"
        _draw(video, truth, frames, size, progress)
        _corrupt(truth, masks, progress)
        before = score(
            video, masks, truth=truth, out=folder / "before", progress=_named("score before", progress)
        )
        stable, preview = folder / "stable", folder / "before-and-after.mp4"
        stabilized = stabilize_clip(video, masks, stable, method=method, preview=preview, progress=progress)
        after = score(
            video,
            masks,
            truth=truth,
            compare=stable,
            out=folder / "after",
            progress=_named("score after", progress),
        )
    return Demo(
        out=out,
        before=replace(before, out=out / "before"),
        stabilized=replace(stabilized, out=out / "stable", preview=out / preview.name),
        after=replace(after, out=out / "after"),
    )


def _draw(video: Path, truth: Path, frames: int, size: tuple[int, int], progress: Progress) -> None:
    """Write the clip, and its truth on the way."""
    writer = open_mask_writer(truth, FORMATS["palette"], size=size)

    def pictures() -> Iterator[Picture]:
        for frame in render_world(size=size, frames=frames, seed=_SEED, fps=_FPS):
            writer.write(_mask(frame.index, frame.labels))
            yield frame.picture
            progress("draw the clip", frame.index + 1, frames)

    write_video(video, pictures(), fps=_FPS)


def _corrupt(truth: Path, masks: Path, progress: Progress) -> None:
    """Write masks that flicker."""
    drawn = open_masks(truth)
    writer = open_mask_writer(masks, drawn.format, size=drawn.size)
    steady = (frame.labels for frame in drawn.frames() if frame.labels is not None)
    for index, labels in enumerate(flicker(steady, seed=_SEED, fps=_FPS)):
        writer.write(_mask(index, labels))
        progress("make masks flicker", index + 1, drawn.count)


def _mask(index: int, labels: PictureLabels) -> MaskFrame:
    return MaskFrame(index=index, stem=f"{index:05d}", labels=labels)


def _named(name: str, progress: Progress) -> Progress:
    """The same under a name of its own."""
    return lambda what, done, of: progress(name, done, of)
