"""The real clips and masks of the benchmarks; `STEADYMASK_DATA` says where they lie."""

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.provenance import ROOT

from steadymask import Reading

DATA = Path(os.environ.get("STEADYMASK_DATA", ROOT.parent / "shared" / "data"))
DAVIS = DATA / "davis-dev-480p"
CLIPS = (
    "blackswan",
    "breakdance",
    "camel",
    "car-shadow",
    "dance-twirl",
    "dog",
    "drift-straight",
    "horsejump-high",
    "libby",
    "paragliding-launch",
)


@dataclass(frozen=True, kw_only=True)
class Input:
    """Masks of one network on some clips.

    Args:
        about: in a sentence.
        clips: their names.
        video: folder of frames; `{}` stands for the clip.
        masks: likewise.
        truth: likewise.
        reading: how all masks are read.
    """

    about: str
    clips: tuple[str, ...]
    video: str
    masks: str
    truth: str
    reading: Reading

    def paths(self, clip: str) -> tuple[Path, Path, Path]:
        """Frames, masks and truth of a clip."""
        frames, masks, truth = (DATA / each.format(clip) for each in (self.video, self.masks, self.truth))
        return frames, masks, truth


INPUTS = {
    "osvos": Input(
        about="DAVIS 480p, masks of OSVOS (frame by frame), union of the objects",
        clips=CLIPS,
        video="davis-dev-480p/frames/{}",
        masks="davis-dev-480p/osvos/{}",
        truth="davis-dev-480p/truth/{}",
        reading=Reading(merge_objects=True),
    ),
    "rvos": Input(
        about="DAVIS 480p, masks of RVOS (recurrent), its salient proposal (id 1)",
        clips=CLIPS,
        video="davis-dev-480p/frames/{}",
        masks="davis-dev-480p/rvos/{}",
        truth="davis-dev-480p/truth/{}",
        reading=Reading(objects=(1,)),
    ),
    "selfie": Input(
        about="DAVIS 480p, soft masks of MediaPipe selfie segmentation (frame by frame)",
        clips=("dance-twirl", "breakdance"),
        video="davis-dev-480p/frames/{}",
        masks="soft-masks/selfie/{}",
        truth="davis-dev-480p/truth/{}",
        reading=Reading(read_as="probability"),
    ),
    "camvid": Input(
        about="CamVid val 480 x 360 at 15 Hz, 11 classes, labels of ESPNet (frame by frame)",
        clips=("val",),
        video="camvid/{}",
        masks="camvid/{}-espnet",
        truth="camvid/{}annot",
        reading=Reading(read_as="labels", void=11, fps=15.0),
    ),
}
