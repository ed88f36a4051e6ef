"""The labels of one picture, in a file of their own that is read when asked for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.dataset import ClassIds
from steadymask.errors import InputError
from steadymask.io.label_colors import Row, codes, ids_by_table
from steadymask.io.mask_format import ReadAs
from steadymask.io.matte import read_matte
from steadymask.io.picture import read_picture
from steadymask.io.png import read_png


@dataclass(frozen=True, kw_only=True)
class PictureFile:
    """A picture that is read when called."""

    path: Path

    def __call__(self) -> Picture:
        """Read it, RGB.

        Raises:
            VideoError: it cannot be read.
        """
        return torch.from_numpy(read_picture(self.path)).permute(2, 0, 1)


@dataclass(frozen=True, kw_only=True)
class ClassFile:
    """A PNG with the ids of a data set that knows what they stand for.

    Args:
        path: the file.
        classes: what ids mean; those of no class are void.
        colors: what the colors of an RGB picture stand for.
    """

    path: Path
    classes: ClassIds
    colors: tuple[Row, ...] = ()

    def __call__(self) -> PictureLabels:
        """Read the classes.

        Raises:
            InputError: it has colors that stand for nothing.
            VideoError: it cannot be read.
        """
        return self.classes.of_truth(_ids(self.path, self.colors))


@dataclass(frozen=True, kw_only=True)
class MaskFile:
    """A PNG of a plain folder, read as masks are everywhere: see docs/formats.md.

    Args:
        path: the file.
        classes: how many there are; every id is below.
        read_as: what 8-bit grey holds other than 0 and 255: "labels" or "probability" (more than half is 1).
        void: the id that is void.
        merge: whether every id but 0 is class 1.
    """

    path: Path
    classes: int
    read_as: ReadAs | None = None
    void: int | None = None
    merge: bool = False

    def __call__(self) -> PictureLabels:
        """Read the labels.

        Raises:
            InputError: it does not say what it holds, or holds an id of no class.
            VideoError: it cannot be read.
        """
        if self.read_as == "probability":
            return (read_matte(self.path) > 0.5).int()
        labels = self._read()
        if self.void is not None:
            labels = labels.masked_fill(labels == self.void, -1)
        labels = labels.clamp(max=1) if self.merge else labels
        if int(labels.max()) >= self.classes:
            raise InputError(
                f"{self.path}: wanted ids of {self.classes} classes, 0 to {self.classes - 1}, "
                f"got {int(labels.max())}"
            )
        return labels

    def _read(self) -> PictureLabels:
        file = read_png(self.path)
        if self.read_as is not None or (file.header.color, file.header.depth) != ("grey", 8):
            return _ids(self.path)
        samples = file.samples()
        other = samples[(samples != 0) & (samples != 255)]
        if other.size:
            raise InputError(
                f"{self.path}: wanted only the grey levels 0 and 255, got {other[0]}; say how to read them: "
                "read_as labels or probability"
            )
        return torch.from_numpy((samples > 0).astype(np.int32))


@dataclass(frozen=True, kw_only=True)
class MatteFile:
    """A matte of which all that is more than a little opaque is class 1.

    Args:
        path: the file.
        above: how opaque, in [0, 1].
    """

    path: Path
    above: float

    def __call__(self) -> PictureLabels:
        """Read the labels, 0 and 1.

        Raises:
            InputError: it is no matte.
            VideoError: it cannot be read.
        """
        return (read_matte(self.path) > self.above).int()


def _ids(path: Path, colors: tuple[Row, ...] = ()) -> PictureLabels:
    file = read_png(path)
    if "alpha" in file.header.color:
        raise InputError(f"{path}: wanted labels without alpha channel, got {file.header.color}")
    samples = file.samples()
    if samples.ndim == 3:
        pixels = samples.astype(np.uint8, copy=False)
        return torch.from_numpy(ids_by_table(pixels, colors, str(path)) if colors else codes(pixels))
    return torch.from_numpy(samples.astype(np.int32))
