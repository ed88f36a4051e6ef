"""Masks to read, whatever they are stored in; the same stream of frames every time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.arrays import PictureLabels, PictureProbs
from steadymask.errors import InputError, VideoError, require
from steadymask.io.folder import frame_files, numbered
from steadymask.io.json_tracks import WantedClip
from steadymask.io.mask_format import JsonFormat, MaskFormat, ReadAs
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_json import JsonMasks, open_json
from steadymask.io.mask_npz import NpzMasks, open_npz, open_npz_folder
from steadymask.io.mask_video import MaskVideo, open_mask_video
from steadymask.io.png import read_header
from steadymask.io.png_folder import PngFolder, open_png_folder

_COMMON_PICTURES = (".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")


MaskSource = PngFolder | NpzMasks | MaskVideo | JsonMasks
"""Stored masks whose kind is known, read frame by frame."""


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Masks that can be read any number of times; `open_masks` makes it.

    Args:
        path: the file or folder.
        source: what they are stored in.
        objects: the ids to keep; None keeps all. Others become background.
        merge_objects: every id that is kept becomes 1.
    """

    path: Path
    source: MaskSource
    objects: tuple[int, ...] | None = None
    merge_objects: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) in pixels."""
        return self.source.size

    @property
    def count(self) -> int:
        """Number of frames."""
        return self.source.count

    @property
    def stems(self) -> tuple[str, ...] | None:
        """Names of the frames without suffix; None for a single file that has none."""
        return self.source.stems

    @property
    def names(self) -> tuple[str, ...]:
        """One name per frame: the stems, or numbers with five digits."""
        return numbered(self.count) if self.stems is None else self.stems

    @property
    def format(self) -> MaskFormat:
        """All a writer needs to write the same kind of file again."""
        format = self.source.format
        if isinstance(format, JsonFormat):
            return format.of_objects(self.objects, merged=self.merge_objects)
        return format

    @property
    def soft(self) -> bool:
        """Whether frames hold probabilities instead of labels."""
        return self.format.soft

    @property
    def decision(self) -> str:
        """What was decided about reading them, in a sentence."""
        parts = [self.source.decision]
        if self.format.void is not None:
            parts.append(f"id {self.format.void} is void")
        if self.objects is not None:
            parts.append(f"only objects {', '.join(map(str, self.objects))}")
        if self.merge_objects:
            parts.append("objects merged into one")
        return "; ".join(parts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is lost in reading them so, in sentences."""
        return self.source.warnings if isinstance(self.source, JsonMasks) else ()

    def frames(self, start: int = 0) -> Iterator[MaskFrame]:
        """Read the frames from `start` on, one at a time.

        Raises:
            InputError: a frame does not fit what was decided, or holds values that cannot be used.
            VideoError: a frame cannot be read.
        """
        require(0 <= start <= self.count, f"start: wanted 0 to {self.count}, got {start}")
        return map(self._selected, self.source.frames(start))

    def _selected(self, frame: MaskFrame) -> MaskFrame:
        if frame.labels is not None:
            return replace(frame, labels=self._selected_labels(frame.labels))
        if frame.probs is not None:
            return replace(frame, probs=self._selected_probs(frame.probs))
        return frame

    def _selected_labels(self, labels: PictureLabels) -> PictureLabels:
        if self.format.void is not None:
            labels = labels.masked_fill(labels == self.format.void, -1)
        if self.objects is not None:
            kept = labels < 0
            for index in self.objects:  # far faster than `torch.isin`
                kept |= labels == index
            labels = labels * kept
        return labels.clamp(max=1) if self.merge_objects and int(labels.max()) > 1 else labels

    def _selected_probs(self, probs: PictureProbs) -> Float[Tensor, "kept h w"]:
        if self.objects is not None:
            wanted = ", ".join(map(str, self.objects))
            require(
                self.objects[0] < len(probs),
                f"objects: wanted ids that {self.path} has, 1 to {len(probs) - 1}, got {wanted}",
            )
            kept = torch.tensor([index in self.objects for index in range(1, len(probs))])
            objects = probs[1:] * kept[:, None, None]
            probs = torch.cat((1 - objects.sum(0, keepdim=True), objects))
        if self.merge_objects and len(probs) != 2:
            probs = torch.stack((probs[0], probs[1:].sum(0)))
        return probs


def open_masks(
    path: Path | str,
    *,
    files: Sequence[Path] | None = None,
    read_as: ReadAs | None = None,
    colors: Path | None = None,
    void: int | None = None,
    objects: Sequence[int] | None = None,
    merge_objects: bool = False,
    json_video: str | None = None,
    clip: str | None = None,
) -> Masks:
    """Open masks: a folder of PNG or npz files, one such file, a JSON, or a video (alpha, or a grey matte).

    Palette and 16-bit PNGs hold ids. 8-bit grey PNGs are binary if the whole folder holds only 0 and 255;
    otherwise `read_as` must say what they hold. RGB codes ids as R + 256 G + 65536 B, or by `colors`.

    Args:
        path: the file or folder.
        files: the PNGs of the folder that belong to the clip, in order; None: all that is there.
        read_as: "labels" or "probability", where the file alone does not tell.
        colors: a table `id red green blue` for RGB pictures.
        void: the id that no metric counts.
        objects: the ids to keep; None keeps all.
        merge_objects: make one object of all that are kept.
        json_video: the name or id of the video, of a JSON; None: `clip`, or the only one.
        clip: name of the clip that the masks are of.

    Raises:
        InputError: the masks cannot be used as they are; the message says what to do.
        VideoError: nothing there, or it cannot be read.
    """
    path = Path(path)
    require(
        read_as in (None, "labels", "probability"), f"read_as: wanted labels or probability, got {read_as!r}"
    )
    require(void is None or void > 0, f"void: wanted an id above 0, got {void}")
    require(
        objects is None or (len(objects) > 0 and min(objects) > 0),
        f"objects: wanted ids above 0, got {objects}",
    )
    if files is None:
        source = _source(path, read_as, colors, void, WantedClip(asked=json_video, clip=clip))
    else:
        source = open_png_folder(files, read_as=read_as, colors=colors, void=void)
    require(
        void is None or not source.format.soft, "void: wanted labels, got probabilities, which have no void"
    )
    selected = None if objects is None else tuple(sorted(set(objects)))
    return Masks(path=path, source=source, objects=selected, merge_objects=merge_objects)


def is_json(path: Path) -> bool:
    """Whether this is the name of a JSON."""
    return path.suffix.lower() == ".json"


def hold_labels(path: Path) -> bool:
    """Whether these can be nothing but ids: PNGs with a palette, or a JSON.

    Raises:
        VideoError: they cannot be read.
    """
    if is_json(path):
        return True
    files = frame_files(path, (".png",)) if path.is_dir() else ()
    return bool(files) and read_header(files[0]).color == "palette"


def _source(
    path: Path, read_as: ReadAs | None, colors: Path | None, void: int | None, wanted: WantedClip
) -> MaskSource:
    if not path.exists():
        raise VideoError(f"{path}: wanted masks, got no such file or folder")
    if path.is_dir():
        return _folder(path, read_as, colors, void)
    if path.suffix.lower() == ".png":  # the mask of a single picture
        return open_png_folder([path], read_as=read_as, colors=colors, void=void)
    require(
        colors is None, f"colors: wanted a folder of RGB pictures to read with a table, got the file {path}"
    )
    if path.suffix.lower() == ".npz":
        return open_npz(path, read_as=read_as, void=void)
    if is_json(path):
        return open_json(path, read_as=read_as, void=void, wanted=wanted)
    return open_mask_video(path, read_as=read_as, void=void)


def _folder(path: Path, read_as: ReadAs | None, colors: Path | None, void: int | None) -> MaskSource:
    png, npz = frame_files(path, (".png",)), frame_files(path, (".npz",))
    if png and npz:
        raise InputError(f"{path}: wanted masks of one kind, got {len(png)} png and {len(npz)} npz files")
    if npz:
        require(colors is None, "colors: wanted RGB pictures to read with a table, got npz")
        return open_npz_folder(npz, read_as=read_as, void=void)
    if not png:
        others = sorted({p.suffix for p in path.iterdir() if p.suffix.lower() in _COMMON_PICTURES})
        got = f"only {', '.join(others)} (lossy or unknown as masks; save them as PNG)" if others else "none"
        raise VideoError(f"{path}: wanted a folder of png or npz masks, got {got}")
    return open_png_folder(png, read_as=read_as, colors=colors, void=void)
