"""Flow kept on disk, so that training estimates it once: an estimator around another."""

import hashlib
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import interpolate

from steadymask.arrays import FlowEstimator, Picture, PictureFlow
from steadymask.errors import InputError, VideoError, require
from steadymask.io.manifest import plain, read_json, versions, write_json
from steadymask.io.named_arrays import read_arrays, write_arrays
from steadymask.io.unfinished import remove, replace_with

_FORMAT = 2  # of the files; another number is another folder
_ABOUT = "flow.json"
_PACKAGES = ("steadymask", "torch", "opencv-python-headless")  # a flow may change with their versions

_Kept = Float[Tensor, "2 rows columns"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CachedFlow:
    """Estimates the flow of two pictures when it first meets them, and then reads it; `cache_flow` makes it.

    A flow is known again by the pixels of both pictures, wherever they come from. Threads and processes may
    share a folder: files appear whole. A file that is damaged is estimated anew and replaced; a whole file
    with other content than belongs there is an error, as nobody here wrote it.

    Args:
        folder: of this estimator and its settings; flow.json in it says which.
        estimator: what estimates.
        half: estimate on pictures of half the size, and keep that.
    """

    folder: Path
    estimator: FlowEstimator
    half: bool

    def __call__(self, picture_i: Picture, picture_j: UInt8[Tensor, "3 h2 w2"]) -> PictureFlow:
        """Return `flow_ij`: where each pixel of frame i lies in frame j, in pixels of the pictures.

        It went through half precision: a vector is exact to one part in 2000 of its length.

        Raises:
            InputError: the pictures or the flow differ in size, the flow is no number, or the file is not
                ours.
            VideoError: the folder cannot be written.
        """
        size, other = _size(picture_i), _size(picture_j)
        require(size == other, f"picture_j: wanted height x width {size} as picture_i, got {other}")
        path = self.folder / f"{_digest(picture_i, picture_j)}.npz"
        kept = self._read(path, size)
        return self._full_size(self._write(path, picture_i, picture_j) if kept is None else kept, size)

    def fresh(self, picture_i: Picture, picture_j: UInt8[Tensor, "3 h2 w2"]) -> PictureFlow:
        """The same flow, neither looked for on disk nor kept: for pairs that hardly come again.

        Raises:
            InputError: the pictures or the flow differ in size.
        """
        return self._full_size(self._estimate(picture_i, picture_j).half().float(), _size(picture_i))

    def _read(self, path: Path, size: tuple[int, int]) -> _Kept | None:
        if not path.exists():
            return None
        try:
            found = read_arrays(path, {"flow": ("float16", (2, *self._kept_size(size)))})["flow"]
        except VideoError:  # cut off or changed on disk: what it held can be estimated again
            return None
        return torch.from_numpy(found.astype(np.float32))

    def _write(self, path: Path, picture_i: Picture, picture_j: Picture) -> _Kept:
        kept = self._estimate(picture_i, picture_j).half()
        require(bool(kept.isfinite().all()), "flow: wanted finite numbers below 65504, got others")
        _put(path, lambda own: write_arrays(own, {"flow": kept.numpy()}))
        return kept.float()

    def _estimate(self, picture_i: Picture, picture_j: Picture) -> _Kept:
        """In pixels of the pictures that are estimated on."""
        wanted = self._kept_size(_size(picture_i))
        pictures = [_halved(each, wanted) if self.half else each for each in (picture_i, picture_j)]
        flow = self.estimator(*pictures).cpu()
        got = tuple(flow.shape[1:])
        require(got == wanted, f"estimator: wanted a flow of height x width {wanted}, got {got}")
        return flow

    def _full_size(self, kept: _Kept, size: tuple[int, int]) -> PictureFlow:
        (h, w), (rows, columns) = size, _size(kept)
        if (h, w) == (rows, columns):
            return kept
        # A coarse pixel is the mean of fine ones, so that borders agree, not centers of corners.
        flow = interpolate(kept[None], size=(h, w), mode="bilinear", align_corners=False)[0]
        return flow * flow.new_tensor([w / columns, h / rows])[:, None, None]

    def _kept_size(self, size: tuple[int, int]) -> tuple[int, int]:
        height, width = size
        return ((height + 1) // 2, (width + 1) // 2) if self.half else size


def cache_flow(folder: Path, estimator: FlowEstimator, *, half: bool = False) -> CachedFlow:
    """Keep the flows of an estimator in a folder of its own, which is made here.

    The folder's name follows from the estimator, its settings and the versions it depends on. Old folders
    may be deleted at any time.

    Args:
        folder: in which the folders of estimators lie.
        estimator: a dataclass, whose fields are its settings.
        half: estimate on pictures of half the size: a quarter of the disk, and of the time of most.

    Raises:
        InputError: the estimator does not say its settings, or another thing lies where the folder belongs.
        VideoError: the folder cannot be written.
    """
    key = {
        "format": _FORMAT,
        "half": half,
        "estimator": _settings(estimator),
        "versions": {name: version for name, version in versions().items() if name in _PACKAGES},
    }
    text = json.dumps(key, sort_keys=True).encode()
    own = folder / f"{type(estimator).__name__}-{hashlib.sha256(text).hexdigest()[:16]}"
    _claim(own, key)
    return CachedFlow(folder=own, estimator=estimator, half=half)


def _claim(folder: Path, key: dict[str, Any]) -> None:
    """Make the folder, or check that it is the one."""
    about = folder / _ABOUT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"{folder}: cannot be made: {error.strerror or error}") from error
    found = read_json(about)
    if found is None:
        _put(about, lambda path: write_json(path, key))
    elif found != key:
        raise InputError(f"{about}: wanted flows of this estimator, got those of another")


def _settings(estimator: FlowEstimator) -> dict[str, Any]:
    """The name of an estimator, and those of its fields that show."""
    if not is_dataclass(estimator) or isinstance(estimator, type):
        raise InputError(f"estimator: wanted a dataclass with its settings, got {type(estimator).__name__}")
    shown = {each.name: getattr(estimator, each.name) for each in fields(estimator) if each.repr}
    kind = type(estimator)
    found: dict[str, Any] = plain({"name": f"{kind.__module__}.{kind.__qualname__}", **shown})
    return found


def _digest(picture_i: Picture, picture_j: Picture) -> str:
    found = hashlib.blake2b(repr(tuple(picture_i.shape)).encode(), digest_size=16)
    for picture in (picture_i, picture_j):
        found.update(picture.cpu().contiguous().numpy().data)
    return found.hexdigest()


def _put(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside `path` under a name of this thread's own, then rename: others may write it too."""
    own = path.with_name(f".{os.getpid()}-{threading.get_ident()}-{path.name}")
    try:
        write(own)
        replace_with(path, own)
    finally:
        remove(own)


def _size(picture: Tensor) -> tuple[int, int]:
    return picture.shape[1], picture.shape[2]


def _halved(picture: Picture, size: tuple[int, int]) -> UInt8[Tensor, "3 rows columns"]:
    return interpolate(picture[None].float(), size=size, mode="area")[0].round().to(torch.uint8)
