"""Small files for the tests of the rim, written with the libraries themselves and not with the package."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

SIZE = (36, 48)
TICK = Fraction(1, 1000)


def smooth_pictures(count: int, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """RGB pictures that lossy codecs keep well, each different from the next."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float64)
    return [
        np.stack(
            [
                128 + 90 * np.sin((columns + 3 * t) / 11),
                128 + 90 * np.cos((rows + 2 * t) / 13),
                128 + 90 * np.sin((rows + columns + t) / 17),
            ],
            axis=-1,
        ).astype(np.uint8)
        for t in range(count)
    ]


def write_clip(
    path: Path,
    pictures: list[np.ndarray],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv444p",
    times: list[int] | None = None,
    options: dict[str, str] | None = None,
    rotation: int | None = None,
    colorspace: str = "ITU601",
) -> Path:
    """A video file at 1000 ticks a second; 40 ticks a frame unless `times` says otherwise."""
    with av.open(str(path), "w", options={} if options is None else options) as container:
        stream = container.add_stream(codec, rate=25, options={"crf": "4"} if codec == "libx264" else {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = TICK
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format=pixel_format, dst_colorspace=colorspace)
            frame.pts = 40 * index if times is None else times[index]
            frame.time_base = TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_pictures(folder: Path, pictures: list[np.ndarray], suffix: str = ".png", **save: object) -> Path:
    """A folder of pictures `00000…`."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{index:05d}{suffix}", **save)
    return folder


def palette_picture(ids: np.ndarray, palette: bytes) -> Image.Image:
    """A palette picture with these indices."""
    image = Image.frombytes("P", (ids.shape[1], ids.shape[0]), ids.astype(np.uint8).tobytes())
    image.putpalette(palette)
    return image
