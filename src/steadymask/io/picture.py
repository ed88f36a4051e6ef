"""One picture file to RGB, 8 bits."""

import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from steadymask.errors import VideoError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")

LARGEST = (
    2**26
)  # pixels: 8192 × 8192; a stream of larger pictures would not fit the memory this package promises


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse a picture before memory is taken for it.

    Raises:
        VideoError: it has more than `LARGEST` pixels, or none.
    """
    if not 0 < width * height <= LARGEST:
        raise VideoError(f"{path}: wanted 1 to {LARGEST} pixels, got {height} x {width}")


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a picture as `h w 3`, RGB, turned as its EXIF orientation says.

    Raises:
        VideoError: missing, unreadable, truncated, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `check_size` is stricter
            with Image.open(path) as image:
                check_size(path, *image.size)
                if image.format == "JPEG":
                    return _read_jpeg(path, image)
                return _read_other(image)
    except VideoError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, cv2.error, Image.DecompressionBombError) as error:
        raise VideoError(f"{path}: {_reason(path, error)}") from error


def _read_jpeg(path: Path, image: Image.Image) -> NDArray[np.uint8]:
    # OpenCV decodes a JPEG in half of Pillow's time, but some versions turn the missing end of a truncated
    # one grey without a word: where no end marker is near the end, Pillow has to read it (and to complain).
    content = path.read_bytes()
    if b"\xff\xd9" not in content[-64:]:
        image.load()
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise VideoError(f"{path}: cannot be read as a picture")
    cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=picture)
    return np.asarray(picture, np.uint8)


def _read_other(image: Image.Image) -> NDArray[np.uint8]:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        grey = (np.asarray(upright) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.array(upright.convert("RGB"))


def _reason(path: Path, error: Exception) -> str:
    if not path.exists():
        return "no such file"
    if isinstance(error, Image.DecompressionBombError):
        return f"wanted at most {LARGEST} pixels, got a decompression bomb"
    if not path.stat().st_size:
        return "wanted a picture, got an empty file"
    return (
        f"cannot be read as a picture ({error})"
        if "truncated" in str(error)
        else "cannot be read as a picture"
    )
