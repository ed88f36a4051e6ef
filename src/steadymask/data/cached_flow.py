"""Flow kept on disk, so that training estimates it once: asked for by the indices of two frames."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
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
from steadymask.io.manifest import identity, plain, read_json, versions, write_json
from steadymask.io.named_arrays import read_arrays, write_arrays
from steadymask.io.unfinished import remove, replace_with

_FORMAT = 1  # of the files; another number is another folder
_ABOUT = "flow.json"
_PACKAGES = ("steadymask", "torch", "opencv-python-headless")  # a flow may change with their versions


@dataclass(frozen=True, kw_only=True, eq=False)
class CachedFlow:
    """`flow(i, j)` of one video, estimated when first asked for and then read; `cache_flow` makes it.

    Threads and processes may share a folder: files appear whole. A file that is damaged is estimated anew
    and replaced; a whole file with other content than belongs there is an error, as nobody here wrote it.

    Args:
        folder: of this video, size and estimator; flow.json in it says which.
        size: (h, w) of the pictures.
        picture: gives a frame by its index; asked only for what is not on disk.
        estimator: what estimates.
        half: estimate on pictures of half the size, and keep that.
    """

    folder: Path
    size: tuple[int, int]
    picture: Callable[[int], Picture]
    estimator: FlowEstimator
    half: bool

    def __call__(self, i: int, j: int) -> PictureFlow:
        """Return `flow_ij`: where each pixel of frame i lies in frame j, in pixels of the pictures.

        It went through half precision: a vector is exact to one part in 2000 of its length.

        Raises:
            InputError: pictures or flow have another size, the flow is no number, or the file is not ours.
            VideoError: the folder cannot be written.
        """
        kept = self._read(i, j)
        return self._full_size(self._write(i, j) if kept is None else kept)

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> int:
        """Estimate the flows of pairs (i, j) that are not on disk; return how many those were."""
        missing = [pair for pair in pairs if not self._path(*pair).exists()]
        for pair in missing:
            self._write(*pair)
        return len(missing)

    def _read(self, i: int, j: int) -> PictureFlow | None:
        path = self._path(i, j)
        if not path.exists():
            return None
        try:
            found = read_arrays(path, {"flow": ("float16", (2, *self._kept_size()))})["flow"]
        except VideoError:  # cut off or changed on disk: what it held can be estimated again
            return None
        return torch.from_numpy(found.astype(np.float32))

    def _write(self, i: int, j: int) -> PictureFlow:
        kept = self._estimate(i, j).half()
        require(bool(kept.isfinite().all()), f"flow {i} → {j}: wanted finite numbers below 65504, got others")
        _put(self._path(i, j), lambda path: write_arrays(path, {"flow": kept.numpy()}))
        return kept.float()

    def _estimate(self, i: int, j: int) -> PictureFlow:
        """In pixels of the pictures that are estimated on."""
        pictures = [self.picture(index) for index in (i, j)]
        for index, each in zip((i, j), pictures, strict=True):
            got = tuple(each.shape[1:])
            require(got == self.size, f"frame {index}: wanted height x width {self.size}, got {got}")
        if self.half:
            pictures = [_halved(each, self._kept_size()) for each in pictures]
        flow = self.estimator(*pictures).cpu()
        wanted, got = self._kept_size(), tuple(flow.shape[1:])
        require(got == wanted, f"estimator: wanted a flow of height x width {wanted}, got {got}")
        return flow

    def _full_size(self, kept: Float[Tensor, "2 rows columns"]) -> PictureFlow:
        (h, w), (rows, columns) = self.size, self._kept_size()
        if (h, w) == (rows, columns):
            return kept
        # A coarse pixel is the mean of fine ones, so that borders agree, not centers of corners.
        flow = interpolate(kept[None], size=(h, w), mode="bilinear", align_corners=False)[0]
        return flow * flow.new_tensor([w / columns, h / rows])[:, None, None]

    def _kept_size(self) -> tuple[int, int]:
        height, width = self.size
        return ((height + 1) // 2, (width + 1) // 2) if self.half else self.size

    def _path(self, i: int, j: int) -> Path:
        return self.folder / f"{i:05d}-{j:05d}.npz"


def cache_flow(
    folder: Path,
    *,
    video: Path,
    size: tuple[int, int],
    picture: Callable[[int], Picture],
    estimator: FlowEstimator,
    half: bool = False,
) -> CachedFlow:
    """Keep the flows of a video in a folder of their own inside `folder`.

    That folder is named by the video's content, not its place or date, and by all else that a flow depends
    on: size, estimator with its settings, versions. Whatever changes, an old flow is never used.

    Args:
        folder: where the flows of all videos lie; made if missing.
        video: the file or folder of pictures that frames come from; it is read once to know it again.
        size: (h, w) of the pictures that flow is wanted for; they may be smaller than the video.
        picture: gives a frame by its index, in that size.
        estimator: a dataclass, whose fields are its settings.
        half: estimate on pictures of half the size: a quarter of the disk, and of the time of most.

    Raises:
        InputError: the estimator does not say its settings, or another thing lies where the folder belongs.
        VideoError: the video cannot be read or the folder written.
    """
    source = identity(video)
    key = {
        "format": _FORMAT,
        "video": {"files": source["files"], "sha256": source["sha256"]},
        "size": list(size),
        "half": half,
        "estimator": _settings(estimator),
        "versions": {name: version for name, version in versions().items() if name in _PACKAGES},
    }
    text = json.dumps(key, sort_keys=True).encode()
    own = folder / f"{video.stem}-{hashlib.sha256(text).hexdigest()[:16]}"
    _claim(own, key)
    return CachedFlow(folder=own, size=size, picture=picture, estimator=estimator, half=half)


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
        raise InputError(f"{about}: wanted flows of this video and estimator, got those of another")


def _settings(estimator: FlowEstimator) -> dict[str, Any]:
    """The name of an estimator, and those of its fields that show."""
    if not is_dataclass(estimator) or isinstance(estimator, type):
        raise InputError(f"estimator: wanted a dataclass with its settings, got {type(estimator).__name__}")
    shown = {each.name: getattr(estimator, each.name) for each in fields(estimator) if each.repr}
    kind = type(estimator)
    found: dict[str, Any] = plain({"name": f"{kind.__module__}.{kind.__qualname__}", **shown})
    return found


def _put(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside `path` under a name of this thread's own, then rename: others may write it too."""
    own = path.with_name(f".{os.getpid()}-{threading.get_ident()}-{path.name}")
    try:
        write(own)
        replace_with(path, own)
    finally:
        remove(own)


def _halved(picture: Picture, size: tuple[int, int]) -> UInt8[Tensor, "3 rows columns"]:
    return interpolate(picture[None].float(), size=size, mode="area")[0].round().to(torch.uint8)
