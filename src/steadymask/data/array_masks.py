"""Masks that a program hands over as arrays: what kind they are, and the way to probabilities and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadymask.arrays import Picture, PictureLabels, PictureProbs
from steadymask.data.objects import Objects, ids_in
from steadymask.errors import InputError, require
from steadymask.io.mask_frame import two_classes
from steadymask.most_probable import most_probable

Mask = TypeVar("Mask", Tensor, NDArray[Any])
"""A mask comes back as what it came: a tensor or a NumPy array."""

_SUM_TOLERANCE = 0.01  # half-precision probabilities of many classes do not sum to 1 exactly


@dataclass(frozen=True, kw_only=True)
class ArrayMasks:
    """The kind that all masks of a stream are of, told from the first one.

    Args:
        kind: "labels" (bool or integers, `h w`), "object" (floats `h w`: the probability of one object) or
            "classes" (floats `k h w`, class 0 the background).
        array: Tensor or ndarray.
        dtype: of the arrays, as NumPy or PyTorch names it.
        shape: of the arrays.
        objects: the ids that labels may hold.
    """

    kind: str
    array: type[Any]
    dtype: Any
    shape: tuple[int, ...]
    objects: Objects

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) in pixels."""
        return self.shape[-2], self.shape[-1]

    def read(self, mask: object, index: int) -> tuple[PictureProbs, Tensor | None]:
        """The classes' probabilities, and where the mask is void (None: nowhere).

        Raises:
            InputError: frame `index` is of another kind than the first, or holds what cannot be used.
        """
        if not isinstance(mask, self.array) or mask.dtype != self.dtype or tuple(mask.shape) != self.shape:
            wanted, got = _described(self.dtype, self.shape), _described_any(mask)
            raise InputError(f"masks: frame {index}: wanted {wanted} as frame 0, got {got}")
        if self.kind != "labels":
            return _probs(mask, index), None
        labels = _labels(mask, index)
        found = set(ids_in(labels))
        unknown = sorted(found - {0, -1, *self.objects.ids})
        if unknown:
            known = ", ".join(map(str, self.objects.ids)) or "none"
            raise InputError(
                f"masks: frame {index}: wanted the known ids ({known}), got {unknown[0]}; "
                "name all that may come: objects="
            )
        return self.objects.certainties(labels), labels < 0 if -1 in found else None

    def written(self, probs: PictureProbs, void: Tensor | None, like: Mask) -> Mask:
        """A new array of the kind, type and place of `like`."""
        if self.kind != "labels":
            values = probs if self.kind == "classes" else probs[1]
        else:
            values = self.objects.to_ids(most_probable(probs))
            values = values if void is None else values.masked_fill(void, -1)
        if isinstance(like, Tensor):
            return values.to(dtype=like.dtype, device=like.device, copy=True)
        return values.numpy().astype(like.dtype)


def array_masks(first: object, objects: Sequence[int] | None) -> ArrayMasks:
    """Tell what kind of masks a stream has.

    Args:
        first: the mask of frame 0.
        objects: the ids that may come; None: those of `first` (of bool masks, 1).

    Raises:
        InputError: it is no mask, or `objects` does not fit.
    """
    if not isinstance(first, Tensor | np.ndarray):
        raise InputError(f"masks: frame 0: wanted a tensor or a NumPy array, got {_described_any(first)}")
    kind = _kind(first)
    require(
        objects is None or (len(objects) > 0 and min(objects) > 0),
        f"objects: wanted ids above 0, got {objects}",
    )
    if kind != "labels":
        require(objects is None, "objects: wanted label maps, got probabilities, whose classes are counted")
        ids = tuple(range(1, first.shape[0])) if kind == "classes" else (1,)
    elif objects is not None:
        ids = tuple(sorted(set(objects)))
    elif first.dtype in (torch.bool, np.bool_):
        ids = (1,)
    else:
        ids = tuple(each for each in ids_in(_labels(first, 0)) if each > 0)
    return ArrayMasks(
        kind=kind,
        array=Tensor if isinstance(first, Tensor) else np.ndarray,
        dtype=first.dtype,
        shape=tuple(first.shape),
        objects=Objects(ids=ids),
    )


def array_picture(frame: object, size: tuple[int, int], index: int) -> Picture:
    """A frame as a picture of its own: who made the array may use it again.

    Raises:
        InputError: it is no RGB frame of `size`.
    """
    dtype, wanted = (torch.uint8, (3, *size)) if isinstance(frame, Tensor) else (np.uint8, (*size, 3))
    if not isinstance(frame, Tensor | np.ndarray) or frame.dtype != dtype or tuple(frame.shape) != wanted:
        raise InputError(
            f"frames: frame {index}: wanted {_described('uint8', wanted)}, as the masks have it, "
            f"got {_described_any(frame)}"
        )
    if isinstance(frame, Tensor):
        # Rows of pixels, as every reader gives them: what OpenCV wants without another copy.
        return frame.cpu().permute(1, 2, 0).clone(memory_format=torch.contiguous_format).permute(2, 0, 1)
    return torch.from_numpy(np.array(frame, order="C")).permute(2, 0, 1)


def _kind(mask: Tensor | NDArray[Any]) -> str:
    floats = mask.dtype.is_floating_point if isinstance(mask, Tensor) else mask.dtype.kind == "f"
    complex_or_other = mask.dtype.is_complex if isinstance(mask, Tensor) else mask.dtype.kind not in "fiub"
    dims, empty = len(mask.shape), 0 in mask.shape
    if not complex_or_other and not empty:
        if dims == 2:
            return "object" if floats else "labels"
        if floats and dims == 3 and mask.shape[0] >= 2:
            return "classes"
    raise InputError(
        "masks: frame 0: wanted labels h x w (bool or integers), or probabilities h x w or k x h x w "
        f"(floats; class 0 is the background), got {_described(mask.dtype, mask.shape)}"
    )


def _labels(mask: Tensor | NDArray[Any], index: int) -> PictureLabels:
    """Ids as int32."""
    if isinstance(mask, Tensor):
        wide = mask.detach().cpu().to(torch.int64)
    else:
        wide = torch.from_numpy(mask.astype(np.int64))
    least, most = (int(each) for each in wide.aminmax())
    if least < -1 or most >= 2**31:
        wrong = least if least < -1 else most
        raise InputError(f"masks: frame {index}: wanted ids from -1 (void) to {2**31 - 1}, got {wrong}")
    return wide.to(torch.int32)


def _probs(mask: Tensor | NDArray[Any], index: int) -> PictureProbs:
    if isinstance(mask, Tensor):
        probs = mask.detach().to(dtype=torch.float32, device="cpu", copy=True)
    else:
        probs = torch.from_numpy(mask.astype(np.float32))
    least, most = (float(each) for each in probs.aminmax())
    if not (least >= 0 and most <= 1):  # written so that NaN fails
        wrong = most if least >= 0 else least
        raise InputError(f"masks: frame {index}: wanted probabilities in [0, 1], got {wrong:g}")
    if probs.ndim == 2:
        return two_classes(probs)
    gap = float((probs.sum(0) - 1).abs().max())
    if gap > _SUM_TOLERANCE:
        raise InputError(
            f"masks: frame {index}: wanted probabilities that sum to 1 over the classes, "
            f"got a sum off by {gap:.3g}"
        )
    return probs


def _described_any(value: object) -> str:
    if isinstance(value, Tensor | np.ndarray):
        return _described(value.dtype, value.shape)
    return type(value).__name__


def _described(dtype: object, shape: Sequence[int]) -> str:
    """For example: uint8 480 x 854."""
    return f"{str(dtype).removeprefix('torch.')} {' x '.join(map(str, shape))}"
