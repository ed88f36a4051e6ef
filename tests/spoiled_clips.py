"""Ways to spoil a good clip: a box with `frames`, `masks`, `clip.mp4` and what a case puts beside them."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

COUNT, HEIGHT, WIDTH = 5, 24, 32
Spoil = Callable[[Path], object]
PALETTE = [value for n in range(256) for value in (n, 255 - n, n // 2)]


def pixels(t: int) -> np.ndarray:
    """A textured picture that moves to the right."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    waves = [128 + 90 * np.sin((columns - t) / a + rows / b) for a, b in ((3, 7), (5, 4), (2, 9))]
    return np.stack(waves, axis=-1).astype(np.uint8)


def ids(t: int) -> np.ndarray:
    """Two squares, one of which is missing in every other frame."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[4:12, 4 + t : 14 + t] = 1
    if t % 2 == 0:
        labels[14:22, 18:28] = 2
    return labels


def ramp(bits: int = 8) -> np.ndarray:
    """A soft-edged mask: no two neighbors alike."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return ((rows * 7 + columns * 5) % 2**bits).astype(np.uint8 if bits == 8 else np.uint16)


def good_box(box: Path) -> None:
    """A clip as a folder of pictures and as a video, with palette masks."""
    for name in ("frames", "masks"):
        (box / name).mkdir(parents=True)
    for t in range(COUNT):
        Image.fromarray(pixels(t)).save(box / "frames" / f"{t:05d}.png")
        palette(box / "masks" / f"{t:05d}.png", ids(t))
    video(box / "clip.mp4", [pixels(t) for t in range(COUNT)])
    video(box / "clip.mkv", [pixels(t) for t in range(COUNT)])


def video(path: Path, pictures: list[np.ndarray], codec: str = "libx264") -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        for t in range(4):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, 1024 * t
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def palette(path: Path, labels: np.ndarray, colors: list[int] = PALETTE) -> None:
    image = Image.frombytes("P", labels.shape[::-1], labels.tobytes())
    image.putpalette(colors)
    image.save(path)


def picture(name: str, values: np.ndarray) -> Spoil:
    return lambda box: Image.fromarray(values).save(box / name)


def all_masks(values: Callable[[int], np.ndarray]) -> Spoil:
    """Every mask drawn anew; grey or RGB by the shape."""

    def spoil(box: Path) -> None:
        for t in range(COUNT):
            Image.fromarray(values(t)).save(box / "masks" / f"{t:05d}.png")

    return spoil


def without(*names: str) -> Spoil:
    return lambda box: [(box / name).unlink() for name in names]


def emptied(folder: str) -> Spoil:
    return lambda box: [path.unlink() for path in (box / folder).iterdir()]


def content(name: str, data: bytes | str) -> Spoil:
    return lambda box: (box / name).write_bytes(data.encode() if isinstance(data, str) else data)


def cut_off(name: str, share: float = 0.6) -> Spoil:
    def spoil(box: Path) -> None:
        data = (box / name).read_bytes()
        (box / name).write_bytes(data[: int(share * len(data))])

    return spoil


def folder_instead(name: str) -> Spoil:
    def spoil(box: Path) -> None:
        (box / name).unlink(missing_ok=True)
        (box / name).mkdir()

    return spoil


def jpegs(box: Path, *, cut: bool) -> None:
    """The frames as JPEG, one of them without its end."""
    for path in sorted((box / "frames").iterdir()):
        with Image.open(path) as image:
            image.save(path.with_suffix(".jpg"))
        path.unlink()
    if cut:
        cut_off("frames/00002.jpg", 0.7)(box)


def bomb(name: str) -> Spoil:
    """A PNG of a few bytes that says it has 10¹⁰ pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return content(
        name, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def npz(values: np.ndarray, **more: np.ndarray) -> Spoil:
    """`m.npz` with one array, or with others too."""
    return lambda box: np.savez(box / "m.npz", **({"masks": values} | more))


def npz_header(header: str, data: bytes = b"") -> Spoil:
    """`m.npz` whose array says of itself what one likes."""

    def spoil(box: Path) -> None:
        text = header.encode().ljust(117) + b"\n"
        with zipfile.ZipFile(box / "m.npz", "w") as archive:
            archive.writestr("masks.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data)

    return spoil


def soft(value: float = 0.5, shape: tuple[int, ...] = (COUNT, HEIGHT, WIDTH)) -> np.ndarray:
    """Probabilities, with one odd one in frame 3."""
    values = np.full(shape, 0.5, np.float32)
    values[3, ..., 2, 2] = value
    return values


def half_encrypted(box: Path) -> None:
    """`m.npz` whose member claims to be encrypted."""
    buffer = io.BytesIO()
    np.savez(buffer, masks=soft())
    data = bytearray(buffer.getvalue())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    (box / "m.npz").write_bytes(data)


def tracks(*changes: object) -> Spoil:
    """`ids` as annotations 1 and 2 of YouTube-VIS in m.json; `changes` are places and what comes there."""

    def spoil(box: Path) -> None:
        content: Any = {
            "videos": [{"id": 1, "name": "frames", "height": HEIGHT, "width": WIDTH, "length": COUNT}],
            "categories": [{"id": 1, "name": "object"}],
            "annotations": [
                {
                    "id": id,
                    "video_id": 1,
                    "category_id": 1,
                    "segmentations": [_runs(ids(t) == id) for t in range(COUNT)],
                }
                for id in (1, 2)
            ],
        }
        for place, value in zip(changes[::2], changes[1::2], strict=True):
            owner = content
            for key in place[:-1]:
                owner = owner[key]
            owner[place[-1]] = value
        (box / "m.json").write_text(json.dumps(content))

    return spoil


def _runs(mask: np.ndarray) -> dict[str, Any]:
    flat = mask.ravel(order="F")
    ends = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), flat.size]
    runs = np.diff(ends).tolist()
    return {"size": [HEIGHT, WIDTH], "counts": [0, *runs] if flat[0] else runs}


def many_tracks(box: Path) -> None:
    nothing = [None] * COUNT
    each = {"video_id": 1, "category_id": 1, "segmentations": nothing}
    tracks(("annotations",), [each | {"id": id} for id in range(65536)])(box)
