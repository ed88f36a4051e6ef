"""The protocols of `evaluate`: how each data set is laid out, and how its benchmark counts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from steadymask.data.camvid import camvid
from steadymask.data.cityscapes import cityscapes, cityscapes_label_ids
from steadymask.data.clip_folders import clip_folders
from steadymask.data.dataset import ReadDataset
from steadymask.data.davis import davis_2016, davis_2017, davis_2017_unsupervised
from steadymask.data.synthetic_dataset import is_synthetic, synthetic
from steadymask.data.vspw import vspw, vspw_from_0
from steadymask.data.youtube_vos import youtube_vos
from steadymask.errors import InputError

ProtocolName = Literal[
    "davis2016",
    "davis2017",
    "davis2017-unsupervised",
    "youtube-vos",
    "camvid",
    "cityscapes",
    "cityscapes-label-ids",
    "vspw",
    "vspw-from-0",
    "synthetic",
    "folder",
]
Ids = Literal["merged", "objects", "proposals", "classes"]
Average = Literal["clips", "objects", "pixels"]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How a benchmark counts.

    Args:
        read: reads a data set of this layout.
        ids: "merged": all ids are one object. "objects": an id is the same object in masks and truth.
            "proposals": ids of the masks are matched with objects. "classes": every pixel has a class.
        ends: whether J, F and T count the first and the last frame of a clip.
        from_first: objects count from the frame after the one that shows them first.
        first_frame: objects are those up to the largest id in the first frame, and 255 is background.
        parts: whether the data set has parts, such as val.
        exact_motion: the data set knows the motion; nothing is measured but what follows from it.
        average: what accuracy is a mean over: clips, objects, or the classes of all pixels of the data set.
    """

    read: ReadDataset
    ids: Ids
    ends: bool = True
    from_first: bool = False
    first_frame: bool = False
    parts: bool = True
    exact_motion: bool = False
    average: Average = "clips"


PROTOCOLS: dict[ProtocolName, Protocol] = {
    "davis2016": Protocol(read=davis_2016, ids="merged", ends=False),
    "davis2017": Protocol(read=davis_2017, ids="objects", ends=False, first_frame=True, average="objects"),
    "davis2017-unsupervised": Protocol(
        read=davis_2017_unsupervised, ids="proposals", first_frame=True, average="objects"
    ),
    "youtube-vos": Protocol(read=youtube_vos, ids="objects", from_first=True, average="objects"),
    "camvid": Protocol(read=camvid, ids="classes", average="pixels"),
    "cityscapes": Protocol(read=cityscapes, ids="classes", average="pixels"),
    "cityscapes-label-ids": Protocol(read=cityscapes_label_ids, ids="classes", average="pixels"),
    "vspw": Protocol(read=vspw, ids="classes", average="pixels"),
    "vspw-from-0": Protocol(read=vspw_from_0, ids="classes", average="pixels"),
    "synthetic": Protocol(read=synthetic, ids="objects", parts=False, exact_motion=True),
    "folder": Protocol(read=clip_folders, ids="objects", parts=False),
}

_LAYOUTS: tuple[tuple[ProtocolName, Callable[[Path, str], bool]], ...] = (
    ("davis2017", lambda folder, _: (folder / "ImageSets" / "2017").is_dir()),
    ("davis2016", lambda folder, _: (folder / "ImageSets").is_dir()),
    ("cityscapes", lambda folder, _: (folder / "leftImg8bit_sequence").is_dir()),
    (
        "youtube-vos",
        lambda folder, _: any(any(folder.glob(each)) for each in ("meta.json", "*/meta.json")),
    ),
    ("synthetic", lambda folder, _: is_synthetic(folder)),
    ("camvid", lambda folder, _: any(each.is_dir() for each in folder.glob("*annot"))),
    ("vspw", lambda folder, _: (folder / "data").is_dir() and any(folder.glob("*.txt"))),
)


def protocol_of(folder: Path, subset: str) -> ProtocolName:
    """The protocol that a data set's layout stands for; a plain folder of clips if none does.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        got = "a file" if folder.exists() else "no such folder"
        raise InputError(f"{folder}: wanted the folder of a data set, got {got}")
    return next((name for name, fits in _LAYOUTS if fits(folder, subset)), "folder")


def require_protocol(name: str) -> None:
    """Check that there is a protocol of this name.

    Raises:
        InputError: there is none.
    """
    if name not in get_args(ProtocolName):
        raise InputError(f"protocol: wanted one of {', '.join(get_args(ProtocolName))}, got {name!r}")
