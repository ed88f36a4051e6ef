"""A data set: its clips, where frames and truth of each lie, and what the ids in its masks stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from steadymask.arrays import PictureLabels
from steadymask.errors import InputError, VideoError, require
from steadymask.io.folder import frame_files, natural
from steadymask.io.mask_frame import MaskFrame, labels_of
from steadymask.io.masks import Masks

Source = Path | tuple[Path, ...]
"""Where a video or masks lie: a file or folder, or the files in order."""

_IDS = 65536  # RGB pictures may hold larger ones, which stand for no class
_UNKNOWN = -2


@dataclass(frozen=True, kw_only=True)
class DatasetClip:
    """One clip of a data set.

    Args:
        name: of the clip; predictions are looked for under it.
        video: its frames; None where only masks are at hand: then nothing is measured along the motion.
        truth: what people drew; it may leave frames out. None where there is none.
        annotated: indices of the frames that the truth is of; None: names tell.
        flat: predictions of all clips lie in one folder (or in folders below), by the stems of the frames.
        seen: of each object, whether its category is known from training; empty where that is not told.
        group: what it has in common with others, such as the severity of a synthetic sequence.
    """

    name: str
    video: Source | None = None
    truth: Source | None = None
    annotated: tuple[int, ...] | None = None
    flat: bool = False
    seen: Mapping[int, bool] = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class ClassIds:
    """What ids mean where every pixel has a class, the first one being no background.

    Args:
        names: of the classes.
        ids: of each class in the truth.
        predicted: of each class in predictions; empty: the same.
        void: ids that count nowhere in the truth; predicted, they are wrong.
    """

    names: tuple[str, ...]
    ids: tuple[int, ...]
    predicted: tuple[int, ...] = ()
    void: tuple[int, ...] = ()

    @property
    def classes(self) -> int:
        """How many classes there are, without void."""
        return len(self.names)

    def of_truth(self, labels: PictureLabels) -> PictureLabels:
        """Ids of a truth as classes; void and ids of no class are −1."""
        found = self._true[labels.clamp(0, _IDS).long()]
        return torch.where(labels < 0, -1, found)

    def of_prediction(self, frame: MaskFrame, masks: Masks) -> PictureLabels:
        """Ids of a prediction as classes; void is one more class, so that it is no way around being wrong.

        Raises:
            InputError: an id stands for no class.
        """
        labels = labels_of(frame)
        found = torch.where(labels < 0, self.classes, self._guessed[labels.clamp(0, _IDS).long()])
        if bool((found == _UNKNOWN).any()):
            unknown = int(labels[found == _UNKNOWN][0])
            raise InputError(
                f"{masks.path}: frame {frame.stem}: wanted ids of {self.classes} classes "
                f"({_ranges(self.predicted or self.ids)}), got {unknown}"
            )
        return found

    @cached_property
    def _true(self) -> Tensor:
        return _table(self.ids, others=-1)

    @cached_property
    def _guessed(self) -> Tensor:
        table = _table(self.predicted or self.ids, others=_UNKNOWN)
        for each in self.void:
            if table[each] == _UNKNOWN:
                table[each] = self.classes
        return table


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The clips of a data set, or of a part of it.

    Args:
        name: what reports call it.
        clips: in order.
        classes: where every pixel has a class; None where ids are objects, and 0 is the background.
        void: the id that counts nowhere, in data sets of objects.
        part: what is here, where the folder itself is a part of the data set.
        fps: frames a second.
    """

    name: str
    clips: tuple[DatasetClip, ...]
    classes: ClassIds | None = None
    void: int | None = None
    part: str | None = None
    fps: float = 24.0

    def __post_init__(self) -> None:
        """Check that there is something in it."""
        require(bool(self.clips), f"{self.name}: wanted at least one clip, got none")


ReadDataset = Callable[[Path, str], Dataset]
"""A function that reads a data set: its folder, and the part of it (such as "val")."""


def predictions_of(clip: DatasetClip, folder: Path, stems: Mapping[str, Path]) -> Source:
    """Where the predictions of a clip lie.

    Args:
        clip: of the data set.
        folder: of all predictions.
        stems: the masks of a flat folder, by stem (see `by_stem`); unused for other clips.

    Raises:
        InputError: there are none, or a frame has none (in a flat folder, those with a truth are enough).
    """
    if clip.flat:
        return _flat_predictions(clip, folder, stems)
    found = [path for path in (folder / clip.name, *_files_named(folder, clip.name)) if path.exists()]
    require(
        len(found) == 1,
        f"{folder}: wanted the masks of {clip.name} (a folder or one file of that name), got "
        + (f"{len(found)}: {', '.join(path.name for path in found)}" if found else "none"),
    )
    return found[0]


def by_stem(folder: Path) -> dict[str, Path]:
    """The PNGs of a folder and of those below it, by their stems.

    Raises:
        InputError: two have the same stem.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.png")):
        if path.stem in found:
            raise InputError(f"{folder}: wanted one mask for each frame, got {found[path.stem]} and {path}")
        found[path.stem] = path
    return found


def named_clips(list_file: Path) -> tuple[str, ...]:
    """The clips that a list names, one a line (of two paths a line, as in DAVIS 2016: the clip's folder).

    Raises:
        VideoError: the list cannot be read, or is empty.
    """
    try:
        lines = list_file.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise VideoError(f"{list_file}: wanted a list of clips, got no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise VideoError(f"{list_file}: cannot be read: {error}") from error
    first = [line.split()[0] for line in lines if line.strip()]
    names = [Path(each).parts[-2] if each.lower().endswith((".jpg", ".png")) else each for each in first]
    if not names:
        raise VideoError(f"{list_file}: wanted the names of clips, one a line, got none")
    return tuple(dict.fromkeys(names))


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The pictures of a folder, in order; none where there is no such folder."""
    return frame_files(folder, (".jpg", ".jpeg", ".png")) if folder.is_dir() else ()


def folders_in(folder: Path) -> tuple[Path, ...]:
    """The folders in a folder, in natural order of their names; none where there is no such folder."""
    if not folder.is_dir():
        return ()
    found = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return tuple(sorted(found, key=lambda path: natural(path.name)))


def _flat_predictions(clip: DatasetClip, folder: Path, stems: Mapping[str, Path]) -> tuple[Path, ...]:
    frames = [path.stem for path in clip.video] if isinstance(clip.video, tuple) else []
    missing = [stem for stem in frames if stem not in stems]
    drawn = [frames[index] for index in clip.annotated or ()]
    if missing and drawn and all(stem in stems for stem in drawn):
        return tuple(stems[stem] for stem in drawn)
    if missing:
        raise InputError(
            f"{folder}: wanted a mask (png) for each of {len(frames)} frames of {clip.name}, "
            f"got none for {len(missing)}, the first {missing[0]}"
        )
    return tuple(stems[stem] for stem in frames)


def _files_named(folder: Path, name: str) -> list[Path]:
    """Files that hold a clip's masks: `name` and a suffix."""
    suffixes = (".npz", ".json", ".mp4", ".mov", ".mkv", ".webm", ".avi")
    return [folder / f"{name}{suffix}" for suffix in suffixes]


def _table(ids: tuple[int, ...], *, others: int) -> Tensor:
    table = torch.full((_IDS + 1,), others, dtype=torch.int32)
    table[torch.tensor(ids)] = torch.arange(len(ids), dtype=torch.int32)
    return table


def _ranges(ids: tuple[int, ...]) -> str:
    dense = ids == tuple(range(ids[0], ids[-1] + 1))
    return f"{ids[0]} to {ids[-1]}" if dense else ", ".join(map(str, ids))
