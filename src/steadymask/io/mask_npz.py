"""Masks in npz files: one for the clip, or one per frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from steadymask.errors import InputError
from steadymask.io.mask_format import NpzAxes, NpzFormat, ReadAs, refuse_soft
from steadymask.io.mask_frame import MaskFrame, labels_of, probs_of, two_classes
from steadymask.io.npz import StoredArray, find_array, stream
from steadymask.io.picture import check_size

_KEYS = ("labels", "probs", "masks", "alpha", "arr_0")
_LARGEST = 2**30  # values a frame: 4 GiB as float32
_SUM_TOLERANCE = 1e-2  # half precision and rounding to a few decimals both stay below


@dataclass(frozen=True, kw_only=True)
class NpzMasks:
    """One npz for the clip, or one per frame.

    Args:
        files: the file, or one file per frame.
        stems: names of the frames; None for one file.
        size: (h, w) in pixels.
        count: number of frames.
        format: how the array lies in the file.
        decision: how it is read, in a sentence.
        array: the array in the first file.
    """

    files: tuple[Path, ...]
    stems: tuple[str, ...] | None
    size: tuple[int, int]
    count: int
    format: NpzFormat
    decision: str
    array: StoredArray

    def frames(self, start: int = 0) -> Iterator[MaskFrame]:
        """Read the frames from `start` on; void is not told apart yet."""
        if self.stems is None:
            for index, values in enumerate(stream(self.files[0], self.array, pieces=self.count)):
                if index >= start:
                    name = f"{self.files[0]}: frame {index}"
                    yield _frame(index, f"{index:05d}", values, self.format, name)
            return
        for index in range(start, self.count):
            yield self._one_file(index, self.files[index])

    def _one_file(self, index: int, file: Path) -> MaskFrame:
        array = find_array(file, _KEYS)
        wanted, got = (f"{a.key} {a.dtype} {a.shape}" for a in (self.array, array))
        if got != wanted:
            raise InputError(f"{file}: wanted {wanted} as in the first mask, got {got}")
        (values,) = stream(file, array, pieces=None)
        return _frame(index, file.stem, values, self.format, str(file))


def open_npz(path: Path, *, read_as: ReadAs | None = None, void: int | None = None) -> NpzMasks:
    """Open one npz: ids `t h w` (integers, bool), or probabilities `t h w` or `t k h w` (floats).

    The array is called labels, probs, masks, alpha or arr_0, or is the only one.

    Raises:
        InputError: no such array, or its shape or type does not fit.
        VideoError: the file cannot be read.
    """
    array = find_array(path, _KEYS)
    dims = len(array.shape)
    if dims not in (3, 4) or 0 in array.shape:
        raise InputError(f"{path}: {array.key}: wanted shape t h w or t k h w, got {array.shape}")
    return _masks((path,), None, array, "thw" if dims == 3 else "tkhw", array.shape[0], read_as, void)


def open_npz_folder(
    files: Sequence[Path], *, read_as: ReadAs | None = None, void: int | None = None
) -> NpzMasks:
    """Open a folder with one npz per frame: `h w` or `k h w`.

    Raises:
        InputError: no such array, or its shape or type does not fit.
        VideoError: a file cannot be read.
    """
    array = find_array(files[0], _KEYS)
    dims = len(array.shape)
    if dims not in (2, 3) or 0 in array.shape:
        raise InputError(f"{files[0]}: {array.key}: wanted shape h w or k h w, got {array.shape}")
    stems = tuple(file.stem for file in files)
    return _masks(tuple(files), stems, array, "hw" if dims == 2 else "khw", len(files), read_as, void)


def _masks(  # noqa: PLR0917  # private, called twice, in one order
    files: tuple[Path, ...],
    stems: tuple[str, ...] | None,
    array: StoredArray,
    axes: NpzAxes,
    count: int,
    read_as: ReadAs | None,
    void: int | None,
) -> NpzMasks:
    soft = _is_soft(files[0], array, axes, read_as)
    height, width = array.shape[-2:]
    check_size(files[0], width, height)
    if "k" in axes and array.shape[-3] * height * width > _LARGEST:
        raise InputError(
            f"{files[0]}: {array.key}: wanted at most {_LARGEST} values a frame, "
            f"got {array.shape[-3]} classes of {height} x {width}"
        )
    what = "probabilities" if soft else "ids"
    return NpzMasks(
        files=files,
        stems=stems,
        size=(height, width),
        count=count,
        format=NpzFormat(
            key=array.key, dtype=array.dtype.str, axes=axes, soft=soft, compressed=array.compressed, void=void
        ),
        decision=f"npz array {array.key}, {' '.join(axes)}, {array.dtype}: {what}",
        array=array,
    )


def _is_soft(path: Path, array: StoredArray, axes: NpzAxes, read_as: ReadAs | None) -> bool:
    kind = array.dtype.kind
    if kind not in "fiub":
        raise InputError(f"{path}: {array.key}: wanted numbers, got {array.dtype}")
    if "k" in axes and kind != "f":
        raise InputError(f"{path}: {array.key}: wanted floats for k classes, got {array.dtype}")
    if kind == "f" and read_as == "labels":
        raise InputError(f"read_as: {path}: wanted integers for labels, got {array.dtype}")
    if "k" in axes and array.shape[-3] < 2:
        raise InputError(
            f"{path}: {array.key}: wanted 2 classes or more, background first, got {array.shape[-3]}"
        )
    if kind == "f":
        return True
    if read_as == "probability" and array.dtype not in (np.uint8, np.uint16):
        raise InputError(
            f"read_as: {path}: wanted uint8, uint16 or floats for probabilities, got {array.dtype}"
        )
    return read_as == "probability"


def _frame(index: int, stem: str, values: NDArray[Any], npz: NpzFormat, name: str) -> MaskFrame:
    if npz.soft:
        return MaskFrame(index=index, stem=stem, probs=_probs(values, name))
    if values.dtype.kind in "iu" and values.size:
        least, most = int(values.min()), int(values.max())
        if least < -1 or most >= 2**31:
            raise InputError(
                f"{name}: wanted ids from -1 (void) to {2**31 - 1}, got {least if least < -1 else most}"
            )
    return MaskFrame(index=index, stem=stem, labels=torch.from_numpy(values.astype(np.int32)))


def _probs(values: NDArray[Any], name: str) -> torch.Tensor:
    scale = np.iinfo(values.dtype).max if values.dtype.kind == "u" else 1
    probs = torch.from_numpy(values.astype(np.float32)) / int(scale)
    least, most = probs.aminmax()
    if not (least >= 0 and most <= 1):  # written so that NaN fails
        wrong = most if least >= 0 else least
        raise InputError(f"{name}: wanted probabilities in [0, 1], got {wrong.item():g}")
    if probs.ndim == 2:
        return two_classes(probs)
    gap = (probs.sum(0) - 1).abs().max().item()
    if gap > _SUM_TOLERANCE:
        raise InputError(
            f"{name}: wanted probabilities that sum to 1 over the classes, got a sum off by {gap:.3g}"
        )
    return probs


def stored_values(frame: MaskFrame, npz: NpzFormat) -> NDArray[Any]:
    """One frame as the array that is stored, `h w` or `k h w`.

    Raises:
        InputError: the format cannot hold it.
    """
    dtype = np.dtype(npz.dtype)
    if npz.soft:
        probs = probs_of(frame)
        refuse_soft(npz, len(probs))
        values = (probs if "k" in npz.axes else probs[1]).numpy()
        return (
            values.astype(dtype) if dtype.kind == "f" else np.rint(values * np.iinfo(dtype).max).astype(dtype)
        )
    ids = labels_of(frame).numpy()
    least, most = int(ids.min()), int(ids.max())
    lowest, highest = (0, 1) if dtype.kind == "b" else (max(np.iinfo(dtype).min, -1), np.iinfo(dtype).max)
    if least < lowest or most > highest:
        wrong = least if least < lowest else most
        raise InputError(f"{frame.stem}: wanted ids from {lowest} to {highest} for {dtype}, got {wrong}")
    return ids.astype(dtype)
