"""Masks as COCO's run-length code: runs of 0 and 1, column by column, as numbers or packed into text."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool
from numpy.typing import NDArray
from pycocotools import mask as coco
from torch import Tensor

from steadymask.errors import InputError, require

Rle = Mapping[str, Any]
"""`{"size": [h, w], "counts": …}`: a list of numbers, or the same packed, as text or bytes."""

_LONGEST = 7  # characters of a number: 35 bits, more than any picture has pixels


def encoded(mask: Bool[Tensor, "h w"]) -> dict[str, Any]:
    """Pack a mask; the counts are text, ready for JSON.

    >>> encoded(torch.tensor([[True, False], [True, False]]))
    {'size': [2, 2], 'counts': '022'}
    """
    found = coco.encode(np.asfortranarray(mask.numpy(), dtype=np.uint8))
    return {"size": [int(each) for each in found["size"]], "counts": found["counts"].decode("ascii")}


def decoded(rle: Rle) -> Bool[Tensor, "h w"]:
    """Unpack a mask.

    Raises:
        InputError: see `packed`.
    """
    return torch.from_numpy(coco.decode(packed(rle)).astype(bool))


def packed(rle: Rle) -> dict[str, Any]:
    """The same mask as pycocotools takes it.

    Raises:
        InputError: size or counts are missing or no such, or the runs do not fill the picture.
    """
    size = _numbers(rle.get("size"))
    require(
        size is not None and len(size) == 2 and all(size),
        f"size: wanted two whole numbers above 0, got {rle.get('size')!r:.40}",
    )
    counts, pixels = rle.get("counts"), math.prod(size or ())
    runs = _runs(counts) if isinstance(counts, str | bytes) else _numbers(counts)
    if runs is None:
        raise InputError(f"counts: wanted whole numbers from 0 on, or text, got {counts!r:.40}")
    filled = sum(runs)
    # Where runs do not fill the picture, pycocotools hands out memory as it lay there.
    require(filled == pixels, f"counts: wanted runs of {pixels} pixels, got {filled!s:.40}")
    if isinstance(counts, str | bytes):
        found = {"size": size, "counts": counts.encode("ascii") if isinstance(counts, str) else counts}
    else:
        found = dict(coco.frPyObjects({"size": size, "counts": runs}, *(size or ())))
    # Runs of nothing stop a merge too early.
    return found if all(runs[1:]) else dict(coco.encode(coco.decode(found)))


def _runs(text: str | bytes) -> list[int]:
    """The numbers that are packed in a text.

    A number is five bits a character, the lowest first, and from the fourth on the difference to the one
    before the last.

    Source: pycocotools, `rleFrString`.
    """
    content = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    codes = np.frombuffer(content, np.uint8).astype(np.int64) - 48
    is_last = codes < 32
    ends = np.flatnonzero(is_last)
    lengths = np.diff(ends, prepend=-1)
    require(
        bool(((codes >= 0) & (codes < 64)).all() and is_last[-1:].all() and (lengths <= _LONGEST).all()),
        f"counts: wanted text as COCO packs runs, got {text!r:.40}",
    )
    place = np.arange(len(codes)) - np.repeat(ends - lengths + 1, lengths)
    values = _sums((codes & 31) << (5 * place), ends - lengths + 1)
    values = np.where(codes[ends] & 16, values - (1 << (5 * lengths)), values)
    for first in (1, 2):
        values[first::2] = values[first::2].cumsum()
    require(bool((values >= 0).all()), f"counts: wanted runs from 0 on, got {values.min(initial=0)}")
    return [int(each) for each in values]


def _sums(values: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.add.reduceat(values, starts) if len(starts) else values


def _numbers(values: object) -> list[int] | None:
    """A list of whole numbers from 0 on; None if it is none."""
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        return None
    return list(values) if all(isinstance(each, int) and each >= 0 for each in values) else None
