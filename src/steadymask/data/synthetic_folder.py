"""Synthetic sequences on disk: what `synthesize` wrote, found and read again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from steadymask.data.clip import pair
from steadymask.data.exact_motion import read_motion
from steadymask.data.perturbation import KINDS, SEVERITIES, Kind
from steadymask.data.synthetic import SyntheticFrame
from steadymask.errors import InputError, VideoError, require
from steadymask.io.folder import natural
from steadymask.io.manifest import read_json
from steadymask.io.mask_frame import labels_of
from steadymask.io.masks import Masks, open_masks
from steadymask.io.video import Video, open_video

MANIFEST = "manifest.json"
FRAMES, TRUTH, FLOW = "frames", "truth", "flow"
"""The folders of a sequence: pictures, labels, and how each frame's points lie in the next."""


@dataclass(frozen=True, kw_only=True)
class SyntheticSequence:
    """One sequence of one severity; `find_sequences` makes it.

    Args:
        name: its folder from where the search began, as "severity-1" or "bear/severity-1".
        scene: name of the picture it was made of.
        severity: 1 to 6.
        folder: where it lies.
        video: the frames.
        truth: their labels.
        kinds: what happened before each frame but the first.
    """

    name: str
    scene: str
    severity: int
    folder: Path
    video: Video
    truth: Masks
    kinds: tuple[Kind, ...]

    def frames(self) -> Iterator[SyntheticFrame]:
        """Read the frames with truth, exact motion and visibility, one at a time.

        Raises:
            InputError: a file does not fit the others.
            VideoError: a file is missing or damaged.
        """
        names = self.video.names
        for frame, truth in zip(self.video.frames(), self.truth.frames(), strict=True):
            before = motion_file(self.folder, names[frame.index - 1]) if frame.index else None
            yield SyntheticFrame(
                index=frame.index,
                picture=frame.picture,
                labels=labels_of(truth),
                kind=self.kinds[frame.index - 1] if frame.index else None,
                motion=None if before is None else read_motion(before, size=self.video.size),
            )


def severity_folder(severity: int) -> str:
    """The name of a sequence's folder within its scene."""
    return f"severity-{severity}"


def motion_file(sequence: Path, frame: str) -> Path:
    """Where the motion from a frame to the next one lies; it has the name of the earlier frame."""
    return sequence / FLOW / f"{frame}.npz"


def find_sequences(
    folder: Path | str, *, objects: Sequence[int] | None = None, merge_objects: bool = False
) -> tuple[SyntheticSequence, ...]:
    """The sequences of a folder that `synthesize` wrote: of one scene, or of several.

    Args:
        folder: the folder.
        objects: the ids of the truth to keep; None keeps all.
        merge_objects: make one object of all that are kept.

    Raises:
        InputError: the folder is none of these, or something in it does not fit.
        VideoError: something is missing or cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise VideoError(f"{folder}: wanted a folder that synthesize wrote, got no such folder")
    inside = sorted(folder.iterdir(), key=lambda path: natural(path.name))
    places = [folder] if (folder / MANIFEST).exists() else [p for p in inside if not p.name.startswith(".")]
    scenes = {place: _read_scene(place) for place in places if (place / MANIFEST).exists()}
    require(bool(scenes), f"{folder}: wanted a folder that synthesize wrote, got one without {MANIFEST}")
    found = []
    for place, scene in scenes.items():
        masks = partial(open_masks, void=scene.void, objects=objects, merge_objects=merge_objects)
        for severity in scene.kinds:
            each = place / severity_folder(severity)
            name = each.relative_to(folder).as_posix()
            found.append(_open(each, name, scene, severity=severity, truth=masks(each / TRUTH)))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """What the manifest of a scene says."""

    name: str
    void: int | None
    kinds: dict[int, tuple[Kind, ...]]


def _read_scene(place: Path) -> _Scene:
    manifest = read_json(place / MANIFEST) or {}
    try:
        kinds = {int(severity): tuple(each) for severity, each in manifest["kinds"].items()}
        name, void, task = manifest["scene"], manifest["void"], manifest["made"]["task"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_ours(place) from error
    known = {kind for each in kinds.values() for kind in each} <= set(KINDS)
    fits = known and set(kinds) <= set(range(1, len(SEVERITIES) + 1))
    if task != "synthesize" or not fits or not isinstance(name, str) or not isinstance(void, int | None):
        raise _not_ours(place)
    return _Scene(name=name, void=void, kinds=kinds)


def _not_ours(place: Path) -> InputError:
    return InputError(f"{place / MANIFEST}: wanted the manifest of synthetic sequences, got something else")


def _open(folder: Path, name: str, scene: _Scene, *, severity: int, truth: Masks) -> SyntheticSequence:
    """A sequence whose files are all there."""
    video, kinds = open_video(folder / FRAMES), scene.kinds[severity]
    wanted, got = len(kinds) + 1, video.count
    require(got == wanted, f"{folder / FRAMES}: wanted {wanted} frames as the manifest says, got {got}")
    pair(video, truth)
    for each in (motion_file(folder, frame) for frame in video.names[:-1]):
        if not each.is_file():
            raise VideoError(f"{each}: wanted the motion to the next frame, got no such file")
    return SyntheticSequence(
        name=name,
        scene=scene.name,
        severity=severity,
        folder=folder,
        video=video,
        truth=truth,
        kinds=kinds,
    )
