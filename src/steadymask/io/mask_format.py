"""How masks are stored: all a writer needs to write the same kind of file again."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from steadymask.errors import InputError, require

NpzAxes = Literal["thw", "tkhw", "hw", "khw"]
ReadAs = Literal["labels", "probability"]


@dataclass(frozen=True, kw_only=True)
class PngFormat:
    """A folder with one PNG per frame.

    Args:
        color: "palette", "grey" or "rgb".
        depth: bits per sample.
        soft: samples are probabilities of the object, largest value 1; otherwise ids.
        binary: the one object is stored as the largest value, not as 1.
        palette: RGB triples as stored.
        transparency: the tRNS chunk as stored.
        colors: (id, red, green, blue) rows of RGB pictures with a table; without: R + 256 G + 65536 B.
        void: the id that means void (−1 in the package); None without one.
    """

    color: Literal["palette", "grey", "rgb"]
    depth: int = 8
    soft: bool = False
    binary: bool = False
    palette: bytes = b""
    transparency: bytes = b""
    colors: tuple[tuple[int, int, int, int], ...] = ()
    void: int | None = None

    suffix = ".png"
    single_file = False


@dataclass(frozen=True, kw_only=True)
class NpzFormat:
    """One `.npz` for the clip, or a folder with one per frame.

    Args:
        key: name of the array.
        dtype: NumPy's name of its type; floats are probabilities, integers and bool are ids.
        axes: "thw" or "tkhw" for a clip in one file, "hw" or "khw" for one file per frame.
        soft: values are probabilities (of `k` classes, or of the one object).
        compressed: whether the array is deflated.
        void: the id that means void; without one a signed type stores −1.
    """

    key: str = "labels"
    dtype: str = "uint16"
    axes: NpzAxes = "thw"
    soft: bool = False
    compressed: bool = True
    void: int | None = None

    suffix = ".npz"

    @property
    def single_file(self) -> bool:
        """Whether the whole clip lies in one file."""
        return self.axes[0] == "t"


@dataclass(frozen=True, kw_only=True)
class VideoFormat:
    """A video of masks: the alpha of its frames, or a grey matte.

    Args:
        codec: FFmpeg's name of the codec.
        pixel_format: FFmpeg's name of the pixel format.
        suffix: of the file; it chooses the container.
        alpha: the mask is the alpha plane; otherwise the grey (or luma) plane.
        soft: samples are probabilities of the object; otherwise ids.
        full_range: grey runs over all values of its type; otherwise from 16 to 235 (at 8 bits).
        void: the id that means void; None without one.
    """

    codec: str
    pixel_format: str
    suffix: str = ".mkv"
    alpha: bool = False
    soft: bool = True
    full_range: bool = True
    void: int | None = None

    single_file = True


@dataclass(frozen=True, kw_only=True)
class JsonFormat:
    """One JSON of tracks for the clip, each mask in COCO's run-length code.

    Args:
        flavor: "youtube-vis" (videos, annotations) or "coco" (images, annotations); "-results": the bare list
            of found tracks or masks.
        head: all that stands beside the annotations, as JSON; empty: made for the clip.
        tracks: the id of each track and its annotation without masks, as JSON.
        track_key: what COCO calls the number of a track; empty: each category is one object.
        void: the id that means void; None without one.
    """

    flavor: Literal["youtube-vis", "youtube-vis-results", "coco", "coco-results"] = "youtube-vis"
    head: str = ""
    tracks: tuple[tuple[int, str], ...] = ()
    track_key: str = ""
    void: int | None = None

    suffix = ".json"
    single_file = True
    soft = False

    def of_objects(self, objects: tuple[int, ...] | None, *, merged: bool) -> "JsonFormat":
        """The format for some of the tracks, or for one object made of them."""
        kept = () if merged else objects
        if kept is None:
            return self
        return replace(
            self, tracks=tuple(each for each in self.tracks if each[0] in kept or each[0] == self.void)
        )


MaskFormat = PngFormat | NpzFormat | VideoFormat | JsonFormat


def color_map() -> bytes:
    """The palette of PASCAL VOC and DAVIS: 256 RGB triples that tell neighboring ids apart.

    The bits of an id, from the lowest, go in turn to the high bits of R, G and B.

    Source: VOCdevkit, `VOClabelcolormap`.
    """
    palette = bytearray()
    for index in range(256):
        for channel in range(3):
            bits = ((index >> (3 * place + channel) & 1) << (7 - place) for place in range(8))
            palette.append(sum(bits))
    return bytes(palette)


FORMATS: dict[str, MaskFormat] = {
    "palette": PngFormat(color="palette", palette=color_map()),
    "binary": PngFormat(color="grey", binary=True),
    "grey": PngFormat(color="grey"),
    "grey16": PngFormat(color="grey", depth=16),
    "rgb": PngFormat(color="rgb"),
    "probability8": PngFormat(color="grey", soft=True),
    "probability16": PngFormat(color="grey", depth=16, soft=True),
    "npz": NpzFormat(),
    "npz-probability": NpzFormat(key="probs", dtype="float32", axes="tkhw", soft=True),
    "matte": VideoFormat(codec="h264", pixel_format="yuv420p", suffix=".mp4", full_range=False),
    "prores4444": VideoFormat(codec="prores", pixel_format="yuva444p10le", suffix=".mov", alpha=True),
    "vp9-alpha": VideoFormat(codec="vp9", pixel_format="yuva420p", suffix=".webm", alpha=True),
    "ffv1": VideoFormat(codec="ffv1", pixel_format="gray16le"),
    "json": JsonFormat(),
}
"""The formats of `--format`, by name."""


def format_named(name: str) -> MaskFormat:
    """The format with this name, one of `FORMATS`.

    Raises:
        InputError: there is none.
    """
    require(name in FORMATS, f"format: wanted one of {', '.join(FORMATS)}, got {name!r}")
    return FORMATS[name]


def frame_format(format: MaskFormat) -> MaskFormat:
    """The format with one file per frame in which finished frames wait, without loss, for a single file.

    A format of one file per frame is its own.
    """
    if isinstance(format, NpzFormat) and format.single_file:
        axes: NpzAxes = "khw" if format.axes == "tkhw" else "hw"
        return NpzFormat(key=format.key, dtype=format.dtype, axes=axes, soft=format.soft, void=format.void)
    if isinstance(format, VideoFormat):
        return PngFormat(color="grey", depth=16, soft=format.soft, void=format.void)
    if isinstance(format, JsonFormat):
        return PngFormat(color="grey", depth=16, void=format.void)
    return format


def facts(format: MaskFormat) -> dict[str, Any]:
    """What a manifest says of a format; the texts of a JSON come from inputs that it names already."""
    named = {"name": type(format).__name__} | asdict(format)
    if isinstance(format, JsonFormat):
        del named["head"]
        named["tracks"] = [id for id, _ in format.tracks]
    return named


def refuse_soft(format: MaskFormat, classes: int) -> None:
    """Raise unless `format` can hold the probabilities of `classes` classes, background included.

    Raises:
        InputError: it holds one probability a pixel, and there is more than one object.
    """
    if classes > 2 and not (isinstance(format, NpzFormat) and "k" in format.axes):
        raise InputError(
            f"format: wanted probabilities of one object, got {classes - 1} objects; "
            "choose npz-probability, or merge the objects"
        )
