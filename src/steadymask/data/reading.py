"""How masks are read, where the files alone do not tell; and a clip opened so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from steadymask.data.clip import Clip
from steadymask.io.masks import Masks, hold_labels, open_masks
from steadymask.io.place import full
from steadymask.io.video import open_video


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a video and its masks are read.

    Args:
        read_as: what grey masks hold: "labels" or "probability"; None: told from the folder. Truth and
            compare with a palette, or in a JSON, hold labels all the same.
        colors: a table `id red green blue`, one a line, for masks that are RGB pictures.
        void: the id that counts nowhere.
        objects: the ids to keep; None: all.
        merge_objects: make one object of all that are kept.
        fps: frames a second of a folder of pictures; None: 24.
        every: the truth has a mask for each frame of this many only, where names do not pair it.
        json_video: of a JSON with several videos, the name or id of one; None: the clip's name.
    """

    read_as: Literal["labels", "probability"] | None = None
    colors: Path | None = None
    void: int | None = None
    objects: tuple[int, ...] | None = None
    merge_objects: bool = False
    fps: float | None = None
    every: int = 1
    json_video: str | None = None

    def masks(self, path: Path, *, clip: str | None = None) -> Masks:
        """Open masks so.

        Args:
            path: the file or folder.
            clip: name of the clip that the masks are of.

        Raises:
            InputError: the masks cannot be used as they are; the message says what to do.
            VideoError: nothing there, or it cannot be read.
        """
        return open_masks(
            path,
            read_as=self.read_as,
            colors=self.colors,
            void=self.void,
            objects=self.objects,
            merge_objects=self.merge_objects,
            json_video=self.json_video,
            clip=clip,
        )

    def files(self, files: Sequence[Path]) -> Masks:
        """Open PNGs that lie among others so.

        Raises:
            InputError: the masks cannot be used as they are; the message says what to do.
            VideoError: one cannot be read.
        """
        return open_masks(
            files[0].parent,
            files=files,
            read_as=self.read_as,
            colors=self.colors,
            void=self.void,
            objects=self.objects,
            merge_objects=self.merge_objects,
        )

    def beside(self, path: Path, *, clip: str | None = None) -> Masks:
        """Open masks among others so: of a palette or a JSON, `read_as` cannot be meant.

        Args:
            path: the file or folder.
            clip: name of the clip that the masks are of.

        Raises:
            InputError: the masks cannot be used as they are; the message says what to do.
            VideoError: nothing there, or it cannot be read.
        """
        return (replace(self, read_as=None) if hold_labels(path) else self).masks(path, clip=clip)


def open_clip(
    video: Path, masks: Path, reading: Reading, *, truth: Path | None = None, compare: Path | None = None
) -> Clip:
    """Open a video with its masks, and with what they are compared to.

    Raises:
        InputError: they cannot be used as they are, or do not fit together.
        VideoError: something cannot be read.
    """
    name = full(Path(video)).stem if Path(video).is_file() else full(Path(video)).name
    alone = truth is None and compare is None  # else what is told may be meant of those
    return Clip(
        name=name,
        video=open_video(video, fps=reading.fps),
        masks=(reading.masks if alone else reading.beside)(masks, clip=name),
        truth=None if truth is None else reading.beside(truth, clip=name),
        compare=None if compare is None else reading.beside(compare, clip=name),
        every=reading.every,
    )
