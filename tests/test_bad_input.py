"""Bad input, kind by kind: one line that says what is wrong, exit code 1, and nothing on disk has changed."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

import spoiled_clips as s
from steadymask.cli import main
from steadymask.io.weights import WeightsOf, write_weights
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config

BOTH = ("score", "stabilize")
MODEL = "small.safetensors"
NETWORK = {"classes": 3, "scale": 1.0}


@dataclass(frozen=True, kw_only=True)
class Bad:
    """How to spoil a good clip, the command line, and words that the message must have."""

    spoil: s.Spoil = lambda box: None
    says: tuple[str, ...]
    video: str = "frames"
    masks: str = "masks"
    out: str = "out"
    more: tuple[str, ...] = ()
    verbs: tuple[str, ...] = BOTH
    code: int = 1


def nothing(box: Path) -> None:
    """The clip is good; the settings are not."""


def snapshot(box: Path) -> dict[str, object]:
    """All that is there, byte for byte."""
    found: dict[str, object] = {}
    for path in sorted(box.rglob("*")):
        name = os.fsencode(path.relative_to(box)).decode("latin-1")
        if path.is_symlink():
            found[name] = os.readlink(path)  # noqa: PTH115  # may point at itself
        else:
            found[name] = path.read_bytes() if path.is_file() else path.is_dir()
    return found


VIDEOS = {
    "a video that is not there": Bad(video="nowhere.mp4", says=("nowhere.mp4", "no such file")),
    "a video file cut off before its index": Bad(
        spoil=s.cut_off("clip.mp4"), video="clip.mp4", says=("clip.mp4", "video stream", "none")
    ),
    "a video file cut off among its frames": Bad(
        spoil=s.cut_off("clip.mkv", 0.7), video="clip.mkv", says=("clip.mkv", "frame")
    ),
    "a video file of zero bytes": Bad(
        spoil=s.content("v.mp4", b""), video="v.mp4", says=("v.mp4", "an empty file")
    ),
    "a video without a frame": Bad(
        spoil=lambda box: s.video(box / "v.avi", [], "mpeg4"), video="v.avi", says=("v.avi",)
    ),
    "random bytes named .mp4": Bad(
        spoil=s.content("v.mp4", np.random.default_rng(0).bytes(4000)), video="v.mp4", says=("v.mp4",)
    ),
    "a text named .mp4": Bad(
        spoil=s.content("v.mp4", "I am a text\n" * 40), video="v.mp4", says=("v.mp4", "wanted a video")
    ),
    "a file with sound only": Bad(
        spoil=lambda box: s.sound(box / "v.mp4"), video="v.mp4", says=("v.mp4", "video stream", "none")
    ),
    "a single picture as a video": Bad(
        video="frames/00000.png", says=("00000.png", "folder of pictures", "single png")
    ),
    "a folder named .mp4 with nothing in it": Bad(
        spoil=s.folder_instead("v.mp4"), video="v.mp4", says=("v.mp4", "wanted pictures", "without any")
    ),
    "an empty folder of frames": Bad(spoil=s.emptied("frames"), says=("frames", "without any")),
    "a folder with texts only": Bad(
        spoil=lambda box: (s.emptied("frames")(box), s.content("frames/readme.txt", "hi")(box)),
        says=("frames", "without any"),
    ),
    "a frame missing in the middle": Bad(
        spoil=s.without("frames/00002.png"), says=("masks", "each of 4 frames", "5 masks")
    ),
    "one frame of another size": Bad(
        spoil=s.picture("frames/00003.png", np.zeros((10, 12, 3), np.uint8)),
        says=("frames/00003.png", "24 x 32", "10 x 12"),
    ),
    "a text named .png among the frames": Bad(
        spoil=s.content("frames/00003.png", "hello"), says=("frames/00003.png", "cannot be read")
    ),
    "a text named .png as the first frame": Bad(
        spoil=s.content("frames/00000.png", "hello"), says=("frames/00000.png", "cannot be read")
    ),
    "an empty file among the frames": Bad(
        spoil=s.content("frames/00003.png", b""), says=("frames/00003.png", "an empty file")
    ),
    "a truncated PNG among the frames": Bad(
        spoil=s.cut_off("frames/00003.png"), says=("frames/00003.png", "truncated")
    ),
    "a truncated JPEG among the frames": Bad(
        spoil=lambda box: s.jpegs(box, cut=True), says=("frames/00002.jpg", "cannot be read")
    ),
    "a folder in the place of a frame": Bad(
        spoil=s.folder_instead("frames/00003.png"), says=("frames/00003.png",)
    ),
    "a decompression bomb among the frames": Bad(
        spoil=s.bomb("frames/00003.png"), says=("frames/00003.png", "67108864 pixels", "bomb")
    ),
    "two frames with one name": Bad(
        spoil=s.picture("frames/00001.jpg", s.pixels(1)),
        says=("frames", "00001.jpg", "00001.png", "one file per frame"),
    ),
    "a link that leads to itself as the video": Bad(
        spoil=lambda box: (box / "loop").symlink_to("loop"), video="loop", says=("loop",)
    ),
    "a link to itself among the frames": Bad(
        spoil=lambda box: (
            s.without("frames/00003.png")(box),
            (box / "frames/00003.png").symlink_to("00003.png"),
        ),
        says=("frames/00003.png",),
    ),
    "a name that no disk can hold": Bad(video="n" * 300, says=("nnn",)),
    "a name that is not UTF-8, with nothing there": Bad(video="caf\udce9.mp4", says=("caf", "no such file")),
    "a folder of a bad name and no pictures": Bad(
        spoil=lambda box: (box / "caf\udce9").mkdir(), video="caf\udce9", says=("caf", "without any")
    ),
    "frames for zero frames a second": Bad(more=("--fps", "0"), says=("fps", "above 0", "0")),
    "frames for nan frames a second": Bad(more=("--fps", "nan"), says=("fps", "above 0", "nan")),
    "frames for infinitely many a second": Bad(more=("--fps", "inf"), says=("fps", "above 0", "inf")),
}

MASKS = {
    "masks that are not there": Bad(masks="nowhere", says=("nowhere", "no such file")),
    "an empty folder of masks": Bad(
        spoil=s.emptied("masks"), says=("masks", "wanted a folder of png or npz", "none")
    ),
    "masks saved as JPEG": Bad(
        spoil=lambda box: (s.emptied("masks")(box), s.picture("masks/00000.jpg", s.ids(0))(box)),
        says=("masks", "only .jpg", "PNG"),
    ),
    "a mask missing in the middle": Bad(
        spoil=s.without("masks/00002.png"), says=("masks", "5 frames", "4 masks", "00002")
    ),
    "another mask than frame missing in the middle": Bad(
        spoil=s.without("masks/00002.png", "frames/00003.png"), says=("masks", "00002", "00003")
    ),
    "more masks than frames": Bad(
        spoil=s.picture("masks/00005.png", s.ids(0)), says=("masks/00005.png", "palette", "grey")
    ),
    "one mask of another size": Bad(
        spoil=lambda box: s.palette(box / "masks/00002.png", np.zeros((10, 12), np.uint8)),
        says=("masks/00002.png", "24 x 32", "10 x 12"),
    ),
    "all masks of another size than the video": Bad(
        spoil=s.all_masks(lambda t: np.zeros((12, 16), np.uint8)), says=("masks", "24 x 32", "12 x 16")
    ),
    "anti-aliased palette masks": Bad(
        spoil=lambda box: [s.palette(p, s.ramp()) for p in sorted((box / "masks").iterdir())],
        says=("masks/00000.png", "blends", "without smoothing"),
    ),
    "anti-aliased RGB masks": Bad(
        spoil=s.all_masks(lambda t: np.stack([s.ramp()] * 3, axis=-1)),
        says=("masks/00000.png", "blends", "--colors"),
    ),
    "grey masks of unknown meaning": Bad(
        spoil=s.all_masks(s.ids), says=("masks/00000.png", "got 1", "--read-as labels")
    ),
    "probabilities read as labels": Bad(
        spoil=s.all_masks(lambda t: s.ramp()),
        more=("--read-as", "labels"),
        says=("masks/00000.png", "blends", "--read-as probability"),
    ),
    "palette masks read as probabilities": Bad(
        more=("--read-as", "probability"), says=("read_as", "masks/00000.png", "palette")
    ),
    "16-bit masks among 8-bit ones": Bad(
        spoil=lambda box: (
            s.all_masks(s.ids)(box),
            s.picture("masks/00003.png", s.ids(3).astype(np.uint16))(box),
        ),
        more=("--read-as", "labels"),
        says=("masks/00003.png", "8-bit grey", "16-bit grey"),
    ),
    "an RGB mask among palette ones": Bad(
        spoil=s.picture("masks/00003.png", s.pixels(3)), says=("masks/00003.png", "palette", "rgb")
    ),
    "masks with an alpha channel": Bad(
        spoil=s.all_masks(lambda t: np.dstack([s.pixels(t), s.ids(t)])),
        says=("masks/00000.png", "without alpha"),
    ),
    "masks of different palettes": Bad(
        spoil=lambda box: s.palette(box / "masks/00003.png", s.ids(3), s.PALETTE[::-1]),
        says=("masks/00003.png", "one palette"),
    ),
    "PNG and npz in one folder": Bad(
        spoil=lambda box: np.savez(box / "masks/00005.npz", masks=s.ids(0)),
        says=("masks", "one kind", "5 png", "1 npz"),
    ),
    "a text named .png among the masks": Bad(
        spoil=s.content("masks/00003.png", "hello"), says=("masks/00003.png", "wanted a PNG")
    ),
    "an empty file among the masks": Bad(
        spoil=s.content("masks/00003.png", b""), says=("masks/00003.png", "an empty file")
    ),
    "a truncated PNG among the masks": Bad(
        spoil=s.cut_off("masks/00003.png", 0.97), says=("masks/00003.png", "cut off")
    ),
    "a PNG without pixels among the masks": Bad(
        spoil=s.content("masks/00003.png", b"\x89PNG\r\n\x1a\n"), says=("masks/00003.png", "header")
    ),
    "a folder in the place of a mask": Bad(
        spoil=s.folder_instead("masks/00003.png"), says=("masks/00003.png", "cannot be read")
    ),
    "a decompression bomb among the masks": Bad(
        spoil=s.bomb("masks/00003.png"), says=("masks/00003.png", "100000 x 100000")
    ),
    "a single PNG as the masks": Bad(masks="masks/00000.png", says=("masks/00000.png",)),
    "a color video as masks": Bad(masks="clip.mp4", says=("clip.mp4", "alpha", "color video")),
    "a text named .mp4 as masks": Bad(spoil=s.content("m.mp4", "hello"), masks="m.mp4", says=("m.mp4",)),
    "the video's own pictures as masks": Bad(masks="frames", says=("frames", "masks")),
    "a grey video as its own masks": Bad(
        spoil=lambda box: s.video(box / "m.mp4", [s.ids(t)[..., None].repeat(3, 2) * 100 for t in range(5)]),
        video="m.mp4",
        masks="m.mp4",
        says=("m.mp4", "the video itself"),
    ),
    "the video itself as masks": Bad(video="clip.mp4", masks="clip.mp4", says=("clip.mp4", "masks")),
    "pictures as truth": Bad(more=("--truth", "frames"), says=("frames", "blends"), verbs=("score",)),
    "truth that does not fit": Bad(
        spoil=lambda box: (
            shutil.copytree(box / "masks", box / "truth"),
            (box / "truth/00003.png").rename(box / "truth/x.png"),
            (box / "truth/00004.png").unlink(),
        ),
        more=("--truth", "truth"),
        says=("truth", "5 frames", "4 masks"),
        verbs=("score",),
    ),
    "fewer compared masks than frames": Bad(
        spoil=lambda box: (shutil.copytree(box / "masks", box / "other"), (box / "other/00003.png").unlink()),
        more=("--compare", "other"),
        says=("other", "5 frames", "4 masks", "00003"),
        verbs=("score",),
    ),
}

NPZ = {
    "a text named .npz": Bad(spoil=s.content("m.npz", "hello"), says=("m.npz", "cannot be read as npz")),
    "a truncated npz": Bad(
        spoil=lambda box: (s.npz(s.soft())(box), s.cut_off("m.npz")(box)),
        says=("m.npz", "cannot be read as npz"),
    ),
    "an encrypted npz": Bad(spoil=s.half_encrypted, says=("m.npz", "cannot be read as npz")),
    "an npz without masks": Bad(
        spoil=lambda box: np.savez(box / "m.npz", boxes=s.soft(), names=s.soft()),
        says=("m.npz", "array called", "boxes", "names"),
    ),
    "an npz with nothing in it": Bad(
        spoil=lambda box: np.savez(box / "m.npz"), says=("m.npz", "array called", "none")
    ),
    "an npz with pickled objects": Bad(
        spoil=s.npz(np.array([{"a": 1}], dtype=object)), says=("m.npz", "masks", "Python objects")
    ),
    "an npz with texts": Bad(
        spoil=s.npz(np.full((s.COUNT, s.HEIGHT, s.WIDTH), "ab")), says=("m.npz", "wanted numbers")
    ),
    "an npz with complex numbers": Bad(
        spoil=s.npz(s.soft().astype(complex)), says=("m.npz", "wanted numbers")
    ),
    "an npz with records": Bad(
        spoil=s.npz(np.zeros((s.COUNT, s.HEIGHT, s.WIDTH), [("a", "u1")])), says=("m.npz", "wanted numbers")
    ),
    "an npz with two axes": Bad(spoil=s.npz(s.soft()[0]), says=("m.npz", "t h w", "(24, 32)")),
    "an npz with no frame": Bad(spoil=s.npz(s.soft()[:0]), says=("m.npz", "t h w", "(0, 24, 32)")),
    "an npz with its frames last": Bad(
        spoil=s.npz(np.moveaxis(s.soft(), 0, 2)), says=("m.npz", "24 x 32", "32 x 5")
    ),
    "an npz of negative size": Bad(
        spoil=s.npz_header("{'descr': '|u1', 'fortran_order': False, 'shape': (-5, 24, 32), }"),
        says=("m.npz",),
    ),
    "an npz whose header is no header": Bad(
        spoil=s.npz_header("{'descr': (((('"), says=("m.npz", "cannot be read as npz")
    ),
    "an npz of ten billion pixels": Bad(
        spoil=s.npz_header("{'descr': '|u1', 'fortran_order': False, 'shape': (5, 100000, 100000), }"),
        says=("m.npz", "100000 x 100000"),
    ),
    "an npz of a billion classes": Bad(
        spoil=s.npz_header("{'descr': '<f4', 'fortran_order': False, 'shape': (5, 1000000000, 24, 32), }"),
        says=("m.npz", "1000000000"),
    ),
    "an npz that ends in frame 3": Bad(
        spoil=s.npz_header(
            "{'descr': '|u1', 'fortran_order': False, 'shape': (5, 24, 32), }", bytes(3 * 24 * 32 + 9)
        ),
        says=("m.npz", "frame 3 is cut off"),
    ),
    "an npz in Fortran order": Bad(spoil=s.npz(np.asfortranarray(s.soft())), says=("m.npz", "C order")),
    "NaN among probabilities": Bad(spoil=s.npz(s.soft(np.nan)), says=("m.npz: frame 3", "[0, 1]", "nan")),
    "infinity among probabilities": Bad(
        spoil=s.npz(s.soft(np.inf)), says=("m.npz: frame 3", "[0, 1]", "inf")
    ),
    "a negative probability": Bad(spoil=s.npz(s.soft(-0.25)), says=("m.npz: frame 3", "[0, 1]", "-0.25")),
    "a probability above one": Bad(spoil=s.npz(s.soft(1.5)), says=("m.npz: frame 3", "[0, 1]", "1.5")),
    "probabilities that do not sum to one": Bad(
        spoil=s.npz(s.soft(0.25, (s.COUNT, 2, s.HEIGHT, s.WIDTH))), says=("m.npz: frame 3", "sum to 1", "0.5")
    ),
    "whole numbers for several classes": Bad(
        spoil=s.npz(np.zeros((s.COUNT, 2, s.HEIGHT, s.WIDTH), np.uint8)),
        says=("m.npz", "floats for k classes", "uint8"),
    ),
    "one class of several": Bad(
        spoil=s.npz(np.ones((s.COUNT, 1, s.HEIGHT, s.WIDTH), np.float32)),
        says=("m.npz", "2 classes", "got 1"),
    ),
    "negative ids": Bad(
        spoil=s.npz(np.full((s.COUNT, s.HEIGHT, s.WIDTH), -7)), says=("m.npz: frame 0", "ids from -1", "-7")
    ),
    "floats read as labels": Bad(
        spoil=s.npz(s.soft()), more=("--read-as", "labels"), says=("read_as", "m.npz", "integers", "float32")
    ),
    "void among probabilities": Bad(
        spoil=s.npz(s.soft()), more=("--void", "255"), says=("void", "probabilities")
    ),
    "a table of colors for npz": Bad(
        spoil=s.npz(s.soft()), more=("--colors", "c.txt"), says=("colors", "m.npz", "RGB pictures")
    ),
}
NPZ = {name: Bad(**{**vars(bad), "masks": "m.npz", "out": "out.npz"}) for name, bad in NPZ.items()}

JSON = {
    "a text named .json": Bad(spoil=s.content("m.json", "hello"), says=("m.json", "cannot be read as JSON")),
    "an empty file named .json": Bad(
        spoil=s.content("m.json", b""), says=("m.json", "cannot be read as JSON")
    ),
    "random bytes named .json": Bad(
        spoil=s.content("m.json", np.random.default_rng(0).bytes(4000)), says=("m.json", "as JSON")
    ),
    "a truncated JSON": Bad(
        spoil=lambda box: (s.tracks()(box), s.cut_off("m.json")(box)),
        says=("m.json", "cannot be read as JSON"),
    ),
    "a hundred thousand lists in one another": Bad(
        spoil=s.content("m.json", "[" * 100000), says=("m.json", "at most 100 lists in one another")
    ),
    "a number of five thousand digits in JSON": Bad(
        spoil=s.content("m.json", "1" * 5000), says=("m.json", "cannot be read as JSON")
    ),
    "JSON that is no list of tracks": Bad(
        spoil=s.content("m.json", '{"boxes": []}'), says=("m.json", "videos and annotations", "'boxes'")
    ),
    "JSON of no results": Bad(spoil=s.content("m.json", "[]"), says=("m.json", "an empty list")),
    "JSON of another number of frames": Bad(
        spoil=s.tracks(("annotations", 1, "segmentations"), [None] * 4),
        says=("m.json: annotation 2", "each of 5 frames", "got 4"),
    ),
    "JSON of fewer frames than the video": Bad(
        spoil=s.without("frames/00002.png"), says=("m.json", "each of 4 frames", "5 masks")
    ),
    "JSON of another size than the video": Bad(
        spoil=s.tracks(("videos", 0, "width"), 33, ("annotations",), []),
        says=("m.json", "24 x 32", "24 x 33"),
    ),
    "runs of another size": Bad(
        spoil=s.tracks(("annotations", 1, "segmentations", 3, "size"), [24, 33]),
        says=("m.json: annotation 2: frame 3", "size: wanted 24 x 32", "33"),
    ),
    "runs that do not fill the picture": Bad(
        spoil=s.tracks(("annotations", 1, "segmentations", 3, "counts"), [700, 67]),
        says=("m.json: annotation 2: frame 3", "runs of 768 pixels", "767"),
    ),
    "packed runs that do not fill the picture": Bad(
        spoil=s.tracks(("annotations", 1, "segmentations", 3, "counts"), "00"),
        says=("m.json: annotation 2: frame 3", "runs of 768 pixels", "got 0"),
    ),
    "runs that are no runs": Bad(
        spoil=s.tracks(("annotations", 1, "segmentations", 3, "counts"), "~~~"),
        says=("m.json: annotation 2: frame 3", "as COCO packs runs"),
    ),
    "polygons that reach to the moon": Bad(
        spoil=s.tracks(("annotations", 1, "segmentations", 3), [[0, 0, 9, 9, 9, 4e8]]),
        says=("m.json: annotation 2: frame 3", "far outside"),
    ),
    "a track without masks": Bad(
        spoil=s.tracks(("annotations", 1, "segmentations"), None),
        says=("m.json: annotation 2", "segmentations: wanted a list", "nothing"),
    ),
    "a track without a category": Bad(
        spoil=s.tracks(("annotations", 1, "category_id"), None),
        says=("m.json: annotation 2", "category_id: wanted a whole number", "nothing"),
    ),
    "more tracks than ids": Bad(spoil=s.many_tracks, says=("m.json", "at most 65535 tracks", "got 65536")),
    "JSON of several other videos": Bad(
        spoil=s.tracks(
            ("videos",),
            [
                {"id": id, "name": name, "height": 24, "width": 32, "length": 5}
                for id, name in enumerate(("dog", "cat"))
            ],
        ),
        says=("m.json", "clip called frames", "--json-video", "dog, cat"),
    ),
    "a video that the JSON has not": Bad(
        more=("--json-video", "horse"), says=("m.json", "called horse", "got frames")
    ),
    "JSON read as probabilities": Bad(
        more=("--read-as", "probability"), says=("read_as", "m.json", "labels", "probability")
    ),
    "void among tracks that is no id": Bad(more=("--void", "-2"), says=("void", "above 0", "-2")),
    "objects that no track has": Bad(more=("--objects", "7"), says=("objects", "m.json", "7")),
}
JSON = {
    name: Bad(
        **{
            **vars(bad),
            "masks": "m.json",
            "out": "out.json",
            "spoil": lambda box, spoil=bad.spoil: (s.tracks()(box), spoil(box)),
        }
    )
    for name, bad in JSON.items()
}

FLAT = s.all_masks(lambda t: np.where(s.ids(t)[..., None] == 1, np.uint8(200), np.uint8(0)).repeat(3, axis=2))
TABLE = ("--colors", "c.txt")


def table(text: str, name: str = "c.txt") -> s.Spoil:
    return lambda box: (FLAT(box), s.content(name, text)(box))


def list_of_cuts(text: str | bytes) -> s.Spoil:
    return s.content("cuts.txt", text)


SETTINGS = {
    "a table of colors that is not there": Bad(
        spoil=FLAT, more=TABLE, says=("colors", "c.txt", "No such file")
    ),
    "a folder as the table of colors": Bad(
        spoil=FLAT, more=("--colors", "frames"), says=("colors", "frames")
    ),
    "an empty table of colors": Bad(spoil=table("# nothing\n"), more=TABLE, says=("colors", "c.txt", "none")),
    "a table of colors with words": Bad(
        spoil=table("id r g b\n1 red 0 0"), more=TABLE, says=("colors", "c.txt", "id red green blue", "red")
    ),
    "a table of colors with short rows": Bad(
        spoil=table("1 2 3"), more=TABLE, says=("colors", "c.txt", "id red green blue")
    ),
    "a table of colors above 255": Bad(
        spoil=table("1 0 0 256"), more=TABLE, says=("colors", "c.txt", "0 to 255", "256")
    ),
    "a table that gives a color twice": Bad(
        spoil=table("1 0 0 9\n2 0 0 9"), more=TABLE, says=("colors", "c.txt", "every color once")
    ),
    "a table of colors that is binary": Bad(
        spoil=lambda box: (FLAT(box), s.content("c.txt", bytes(range(256)))(box)),
        more=TABLE,
        says=("colors", "c.txt"),
    ),
    "JSON colors of the wrong kind": Bad(
        spoil=table("[1, 2, 3]", "c.json"), more=("--colors", "c.json"), says=("colors", "c.json")
    ),
    "JSON colors that are one number": Bad(
        spoil=table("7", "c.json"), more=("--colors", "c.json"), says=("colors", "c.json")
    ),
    "JSON colors that are no JSON": Bad(
        spoil=table("{", "c.json"), more=("--colors", "c.json"), says=("colors", "c.json")
    ),
    "a color that the table has not": Bad(
        spoil=table("0 0 0 0\n1 9 9 9"), more=TABLE, says=("masks/00000.png", "(200, 200, 200)", "x 4, y 4")
    ),
    "a table of colors for palette masks": Bad(
        spoil=s.content("c.txt", "1 0 0 9"), more=TABLE, says=("colors", "RGB pictures", "palette")
    ),
    "a list of cuts that is not there": Bad(more=("--cuts", "cuts.txt"), says=("cuts.txt", "list of cuts")),
    "a folder as the list of cuts": Bad(more=("--cuts", "frames"), says=("frames", "list of cuts")),
    "a list of cuts with words": Bad(
        spoil=list_of_cuts("2\nthree\n"),
        more=("--cuts", "cuts.txt"),
        says=("cuts.txt: line 2", "0 to 4", "three"),
    ),
    "a negative cut": Bad(
        spoil=list_of_cuts("-1"), more=("--cuts", "cuts.txt"), says=("cuts.txt: line 1", "-1")
    ),
    "a cut behind the end": Bad(
        spoil=list_of_cuts("5"), more=("--cuts", "cuts.txt"), says=("cuts.txt: line 1", "0 to 4", "5")
    ),
    "a cut of five thousand digits": Bad(
        spoil=list_of_cuts("1" * 5000), more=("--cuts", "cuts.txt"), says=("cuts.txt: line 1", "0 to 4")
    ),
    "a binary list of cuts": Bad(
        spoil=list_of_cuts(b"\xff\xfe\x00"), more=("--cuts", "cuts.txt"), says=("cuts.txt",)
    ),
    "objects that no mask has": Bad(more=("--objects", "7", "9"), says=("objects", "7, 9", "masks")),
    "soft objects that no mask has": Bad(
        spoil=s.npz(s.soft()),
        masks="m.npz",
        out="out.npz",
        more=("--objects", "7"),
        says=("objects", "7", "m.npz"),
    ),
    "object zero": Bad(more=("--objects", "0"), says=("objects", "above 0")),
    "a negative void": Bad(more=("--void", "-2"), says=("void", "above 0", "-2")),
    "truth every zero frames": Bad(more=("--every", "0"), says=("every", "1 or more", "0")),
    "no workers": Bad(more=("--workers", "0"), says=("workers", "at least 1", "0")),
    "negative workers": Bad(more=("--workers", "-2"), says=("workers", "at least 1", "-2")),
    "a way to read that there is not": Bad(more=("--read-as", "colour"), says=("read-as", "colour"), code=2),
    "an object that is no number": Bad(more=("--objects", "dog"), says=("dog",), code=2),
    "a flag that there is not": Bad(more=("--strenght", "1"), says=("strenght",), code=2),
}

FILTERS = {
    "a strength above one": Bad(more=("--strength", "1.5"), says=("strength", "[0, 1]", "1.5")),
    "a negative strength": Bad(more=("--strength", "-0.5"), says=("strength", "[0, 1]", "-0.5")),
    "a strength that is nan": Bad(more=("--strength", "nan"), says=("strength", "[0, 1]", "nan")),
    "a strength that is a word": Bad(more=("--strength", "much"), says=("strength", "much"), code=2),
    "no look-ahead": Bad(more=("--look-ahead", "0"), says=("look_ahead", "at least 1", "0")),
    "look-ahead for a filter without": Bad(
        more=("--method", "gaussian", "--look-ahead", "3"), says=("look_ahead", "motion")
    ),
    "look-ahead and live": Bad(more=("--live", "--look-ahead", "3"), says=("look_ahead", "live")),
    "live with a filter that looks ahead": Bad(
        more=("--live", "--method", "gaussian"), says=("live", "motion or average", "gaussian")
    ),
    "a method that there is not": Bad(more=("--method", "magic"), says=("method", "magic"), code=2),
    "a format that there is not": Bad(more=("--format", "jpeg"), says=("format", "palette", "jpeg")),
    "a format that cannot hold the ids": Bad(
        spoil=s.all_masks(lambda t: s.ids(t).astype(np.uint16) * 300),
        more=("--format", "palette", "--method", "median"),
        says=("0 to 255", "600"),
    ),
    "a format for one object, and two": Bad(
        more=("--format", "probability8", "--method", "median"), says=("format", "one object", "2 objects")
    ),
    "a format of black and white, and two objects": Bad(
        more=("--format", "binary", "--method", "median"), says=("0 to 1", "2")
    ),
    "resume and overwrite": Bad(more=("--resume", "--overwrite"), says=("resume", "overwrite", "both")),
    "a preview that is no video": Bad(more=("--preview", "p.png"), says=("preview", "p.png", ".mp4")),
    "a preview without a suffix": Bad(more=("--preview", "p"), says=("preview", "p", ".mp4")),
    "a preview in the place of the video": Bad(
        video="clip.mp4", more=("--preview", "clip.mp4", "--overwrite"), says=("preview", "clip.mp4", "input")
    ),
    "a preview that is there already": Bad(
        more=("--preview", "clip.mp4"), says=("preview", "clip.mp4", "exists")
    ),
    "a preview inside the result": Bad(
        more=("--preview", "out/p.mp4"), says=("preview", "out/p.mp4", "outside")
    ),
    "missing folders around a result that cannot be": Bad(
        spoil=s.content("frames/00003.png", "hello"),
        out="new/folder/out",
        more=("--preview", "other/new/p.mp4"),
        says=("frames/00003.png",),
    ),
    "a preview in a folder's place": Bad(
        spoil=s.folder_instead("p.mp4"), more=("--preview", "p.mp4", "--overwrite"), says=("preview", "p.mp4")
    ),
    "a preview where the masks go": Bad(
        spoil=s.npz(s.soft()),
        masks="m.npz",
        out="o.mp4",
        more=("--format", "matte", "--preview", "o.mp4"),
        says=("preview", "o.mp4"),
    ),
    "a folder's name for a video": Bad(out="out", more=("--format", "matte"), says=("out", ".mp4")),
    "a video's name for a folder": Bad(out="out.mp4", says=("out.mp4", "format")),
    "another suffix than that of JSON": Bad(
        spoil=s.tracks(), masks="m.json", out="out", says=("out", ".json")
    ),
    "ids that no track can have": Bad(
        spoil=s.npz(np.full((s.COUNT, s.HEIGHT, s.WIDTH), 70000)),
        masks="m.npz",
        out="out.json",
        more=("--format", "json"),
        says=("0 to 65535", "70000"),
    ),
    "another suffix than the format's": Bad(
        spoil=s.npz(s.soft()), masks="m.npz", out="out.mp4", says=("out.mp4", ".npz")
    ),
}
FILTERS = {name: Bad(**{**vars(bad), "verbs": ("stabilize",)}) for name, bad in FILTERS.items()}

PRECIOUS = s.content("precious/thesis.tex", "ten years of work")


def precious(box: Path) -> None:
    (box / "precious").mkdir()
    PRECIOUS(box)


OUTPUTS = {
    "a new file of masks inside the folder of masks": Bad(
        out="masks/m.npz", more=("--format", "npz"), says=("masks/m.npz", "input"), verbs=("stabilize",)
    ),
    "a result that is there": Bad(spoil=precious, out="precious", says=("precious", "exists", "overwrite")),
    "a folder of something else to overwrite": Bad(
        spoil=precious, out="precious", more=("--overwrite",), says=("precious", "overwrite")
    ),
    "a file of something else to overwrite": Bad(
        spoil=precious, out="precious/thesis.tex", more=("--overwrite",), says=("precious/thesis.tex",)
    ),
    "the masks as the result": Bad(out="masks", says=("masks", "input")),
    "the masks as the result, to overwrite": Bad(out="masks", more=("--overwrite",), says=("masks", "input")),
    "the masks by another name, to overwrite": Bad(
        spoil=lambda box: (box / "link").symlink_to("masks"),
        out="link",
        more=("--overwrite",),
        says=("link", "input"),
    ),
    "the video as the result, to overwrite": Bad(
        video="clip.mp4", out="clip.mp4", more=("--overwrite",), says=("clip.mp4", "input")
    ),
    "a single file of masks as the result, to overwrite": Bad(
        spoil=s.npz(s.soft()), masks="m.npz", out="m.npz", more=("--overwrite",), says=("m.npz", "input")
    ),
    "a JSON of masks as the result, to overwrite": Bad(
        spoil=s.tracks(), masks="m.json", out="m.json", more=("--overwrite",), says=("m.json", "input")
    ),
    "a folder around the masks, to overwrite": Bad(out=".", more=("--overwrite",), says=(".", "input")),
    "the current folder as the result": Bad(out=".", says=(".",)),
    "the list of cuts as the result, to overwrite": Bad(
        spoil=list_of_cuts("2"),
        out="cuts.txt",
        more=("--cuts", "cuts.txt", "--overwrite"),
        says=("cuts.txt", "input"),
    ),
    "one of the masks as the result": Bad(
        out="masks/00000.png", more=("--overwrite",), says=("masks/00000.png",)
    ),
    "a result in a file instead of a folder": Bad(out="clip.mp4/out", says=("clip.mp4",)),
    "a result where nobody may write": Bad(
        out="/proc/nowhere/out", says=("/proc/nowhere/out", "cannot be made")
    ),
    "a result of a name that no disk can hold": Bad(out="n" * 300, says=("nnn",)),
    "a link to itself as the result": Bad(
        spoil=lambda box: (box / "loop").symlink_to("loop"), out="loop", says=("loop",)
    ),
}

SEGMENT = {
    "a network that is not there": Bad(
        more=("--model", "nowhere.pth"), says=("nowhere.pth", "wanted a file of weights", "no such file")
    ),
    "a network of an unknown name": Bad(more=("--model", "unet"), says=("model", "deeplabv3", "'unet'")),
    "a text named .safetensors as the network": Bad(
        spoil=s.content("t.safetensors", "hello"),
        more=("--model", "t.safetensors"),
        says=("t.safetensors", "cannot be read as weights"),
    ),
    "a network cut off": Bad(spoil=s.cut_off(MODEL), says=(MODEL, "cannot be read as weights")),
    "a class that the network has not": Bad(more=("--classes", "whale"), says=("classes", "fish", "'whale'")),
    "a class under an id that is none": Bad(more=("--classes", "fish=x"), says=("classes", "fish=x")),
    "a format of one object for two classes": Bad(more=("--format", "binary"), says=("format", "got 2")),
    "a format that there is not": Bad(more=("--format", "gif"), says=("format", "palette", "'gif'")),
    "a device that there is not": Bad(more=("--device", "abacus"), says=("device", "'abacus'")),
    "half precision on a processor": Bad(more=("--half", "--device", "cpu"), says=("half", "GPU", "cpu")),
    "no frames at once": Bad(more=("--batch", "0"), says=("batch", "at least 1", "0")),
    "windows of no size": Bad(more=("--window", "0", "9"), says=("window", "at least 1")),
    "windows that are all overlap": Bad(
        more=("--window", "9", "9", "--overlap", "1"), says=("overlap", "below 1", "1.0")
    ),
    "an overlap of no windows": Bad(more=("--overlap", "0.5"), says=("overlap", "with a window")),
    "colors for a network that knows its own": Bad(
        more=("--mean", "0", "0", "0"), says=("mean", "ONNX", MODEL)
    ),
    "no workers": Bad(more=("--workers", "0"), says=("workers", "at least 1", "0")),
    "frames a second that are none": Bad(more=("--fps", "-1"), says=("fps", "above 0", "-1")),
    "frames of no size": Bad(more=("--size", "0", "9"), says=("size", "at least 1")),
    "a size that is no number": Bad(more=("--size", "a", "b"), says=("--size",), code=2),
    "masks where the frames are": Bad(out="frames", more=("--overwrite",), says=("frames", "input")),
    "masks in the place of the network": Bad(
        out=MODEL, more=("--overwrite",), says=(MODEL, "apart from the input")
    ),
    "masks in a folder of something else": Bad(
        spoil=precious, out="precious", more=("--overwrite",), says=("precious", "overwrite")
    ),
    "a folder's name for a video of masks": Bad(
        more=("--format", "matte", "--classes", "fish"), says=("out", ".mp4")
    ),
}
SEGMENT = {name: Bad(**{**vars(bad), "verbs": ("segment",)}) for name, bad in SEGMENT.items()}

KINDS = {**VIDEOS, **MASKS, **NPZ, **JSON, **SETTINGS, **FILTERS, **OUTPUTS, **SEGMENT}
ALONE = [name for name, bad in VIDEOS.items() if not bad.more and name != "a frame missing in the middle"]
CASES = [(verb, name) for name, bad in KINDS.items() for verb in bad.verbs]
CASES += [("segment", name) for name in ALONE]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    box = tmp_path_factory.mktemp("good") / "box"
    s.good_box(box)
    torch.manual_seed(0)
    of = WeightsOf(network="espnetv2", config=NETWORK, classes=("background", "fish", "weed"))
    write_weights(box / MODEL, ESPNetV2(ESPNetV2Config(**NETWORK)).state_dict(), of=of)
    return box


@pytest.fixture
def box(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good clip of one's own, in the current folder."""
    shutil.copytree(good, tmp_path / "box")
    monkeypatch.chdir(tmp_path / "box")
    return tmp_path / "box"


def command(verb: str, bad: Bad) -> list[str]:
    if verb == "segment":
        model = [] if "--model" in bad.more else ["--model", MODEL]
        return [verb, bad.video, bad.out, *model, *bad.more]
    out = ["--out", bad.out] if verb == "score" else [bad.out]
    return [verb, bad.video, bad.masks, *out, *bad.more]


def check_message(err: str, says: tuple[str, ...], code: int) -> None:
    assert "Traceback" not in err
    assert code == 2 or len([line for line in err.splitlines() if line.strip()]) == 1, err
    assert not [word for word in says if word not in err], err


@pytest.mark.parametrize(("verb", "name"), CASES, ids=[f"{verb}: {name}" for verb, name in CASES])
def test_bad_input_is_one_clear_line_and_changes_nothing(
    verb: str, name: str, box: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = KINDS[name]
    bad.spoil(box)
    before = snapshot(box.parent)
    with pytest.raises(SystemExit) as exit:
        main(command(verb, bad))
    out, err = capfd.readouterr()
    assert (exit.value.code, out) == (bad.code, "")
    check_message(err, bad.says, bad.code)
    assert snapshot(box.parent) == before
