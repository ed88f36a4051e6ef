"""One PNG of masks: its samples as ids or probabilities, and back."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from steadymask.errors import InputError
from steadymask.io.label_colors import codes, colors_by_table, colors_of, ids_by_table
from steadymask.io.mask_format import PngFormat, refuse_soft
from steadymask.io.mask_frame import MaskFrame, labels_of, probs_of, two_classes
from steadymask.io.png import PngFile, PngHeader, Samples, as_samples, write_png


def read_mask_png(file: PngFile, png: PngFormat, index: int) -> MaskFrame:
    """Read one frame; void is not told apart yet.

    Raises:
        InputError: the file does not hold what `png` says.
        VideoError: the file cannot be read.
    """
    stem, samples = file.path.stem, file.samples()
    if png.soft:
        return MaskFrame(index=index, stem=stem, probs=two_classes(_probability(file.path, samples)))
    return MaskFrame(index=index, stem=stem, labels=torch.from_numpy(_ids(file.path, samples, png)))


def _probability(file: Path, samples: Samples) -> torch.Tensor:
    largest = np.iinfo(samples.dtype).max
    if samples.ndim == 3:
        if (samples[..., :1] != samples).any():
            raise InputError(f"{file}: wanted grey for probabilities, got colors")
        samples = samples[..., 0]
    return torch.from_numpy(samples.astype(np.float32)) / int(largest)


def _ids(file: Path, samples: Samples, png: PngFormat) -> NDArray[np.signedinteger[Any]]:
    if samples.ndim == 3:
        pixels = samples.astype(np.uint8, copy=False)
        return ids_by_table(pixels, png.colors, str(file)) if png.colors else codes(pixels)
    if png.binary:
        other = samples[(samples != 0) & (samples != 255)]
        if other.size:
            raise InputError(f"{file}: wanted only the grey levels 0 and 255, got {other[0]}")
        samples = np.minimum(samples, 1)
    return samples.astype(np.int16 if samples.dtype == np.uint8 else np.int32)  # void will be −1


def write_mask_png(path: Path, frame: MaskFrame, png: PngFormat) -> None:
    """Write one frame; its void is the id `png.void` already.

    Probabilities become the most probable id where the format holds ids, ids become certainties where it
    holds probabilities.

    Raises:
        InputError: the format cannot hold these ids.
        VideoError: the file cannot be written.
    """
    samples = _soft_samples(frame, png) if png.soft else _hard_samples(frame, png)
    header = PngHeader(
        size=frame.size, color=png.color, depth=png.depth, palette=png.palette, transparency=png.transparency
    )
    write_png(path, samples, header, smooth=png.soft)


def _soft_samples(frame: MaskFrame, png: PngFormat) -> Samples:
    probs = probs_of(frame)
    refuse_soft(png, len(probs))
    samples = as_samples((probs[1] * (2**png.depth - 1)).round().numpy(), png.depth)
    return as_samples(np.repeat(samples[..., None], 3, axis=2), png.depth) if png.color == "rgb" else samples


def _hard_samples(frame: MaskFrame, png: PngFormat) -> Samples:
    ids = labels_of(frame).numpy().astype(np.int32, copy=False)
    if png.colors:
        return colors_by_table(ids, png.colors, frame.stem)
    largest = 1 if png.binary else 2 ** (24 if png.color == "rgb" else png.depth) - 1
    if png.color == "palette":
        largest = min(largest, len(png.palette) // 3 - 1)
    least, most = int(ids.min()), int(ids.max())
    if least < 0 or most > largest:
        raise InputError(
            f"{frame.stem}: wanted ids 0 to {largest} for this format, got {least if least < 0 else most}"
        )
    if png.color == "rgb":
        return colors_of(ids)
    return as_samples(ids * 255 if png.binary else ids, png.depth)
