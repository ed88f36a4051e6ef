"""Masks as COCO's run-length code: runs of 0 and 1, column by column, as numbers or packed into text."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool
from pycocotools import mask as coco
from torch import Tensor

from steadymask.errors import require

Rle = Mapping[str, Any]
"""`{"size": [h, w], "counts": …}`: a list of numbers, or the same packed, as text or bytes."""


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
        f"size: wanted two whole numbers above 0, got {rle.get('size')!r}",
    )
    text = rle.get("counts")
    if isinstance(text, str | bytes):
        return {"size": size, "counts": text.encode("ascii") if isinstance(text, str) else text}
    counts, pixels = _numbers(text), math.prod(size or ())
    require(counts is not None, f"counts: wanted whole numbers from 0 on, or text, got {text!r:.40}")
    require(sum(counts or ()) == pixels, f"counts: wanted runs of {pixels} pixels, got {sum(counts or ())}")
    return dict(coco.frPyObjects({"size": size, "counts": counts}, *(size or ())))


def _numbers(values: object) -> list[int] | None:
    """A list of whole numbers from 0 on; None if it is none."""
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        return None
    return list(values) if all(isinstance(each, int) and each >= 0 for each in values) else None
