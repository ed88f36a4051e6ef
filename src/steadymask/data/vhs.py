"""Humans in videos: labeled pictures of several sources, each in a folder of its own, beside raw videos."""

from dataclasses import dataclass
from pathlib import Path

from steadymask.arrays import PictureLabels
from steadymask.data.dataset import folders_in
from steadymask.data.image_folder import paired
from steadymask.data.label_files import MaskFile, MatteFile, PictureFile
from steadymask.data.training_data import LabeledImage, TrainingData
from steadymask.data.video_folder import unlabeled_videos
from steadymask.errors import VideoError, require
from steadymask.io.png import read_header

HUMAN = ("background", "human")
OPAQUE = 0.1
"""Mattes above a tenth are foreground."""


@dataclass(frozen=True, kw_only=True)
class HumanFile:
    """A mask of humans in any of the forms in which sources have it.

    Args:
        path: the file.
        parts: whether grey levels are ids of body parts; those of a palette always are.
    """

    path: Path
    parts: bool = False

    def __call__(self) -> PictureLabels:
        """Read the labels, 0 and 1.

        Raises:
            InputError: it has colors.
            VideoError: it cannot be read.
        """
        is_png = self.path.suffix.lower() == ".png"
        if self.parts or (is_png and read_header(self.path).color == "palette"):
            return MaskFile(path=self.path, classes=2, read_as="labels", merge=True)()
        return MatteFile(path=self.path, above=OPAQUE)()


def vhs_training(folder: Path, *, parts: tuple[str, ...] = ()) -> TrainingData:
    """Binary pictures of humans, and videos.

    `images/SOURCE/NAME.jpg` has its mask in `masks/SOURCE/NAME.png`: a matte (grey or alpha, of which more
    than a tenth is human), a binary mask, or ids of body parts. `videos/` holds files or folders of frames.
    Those of the paper are ATR, AISegment, AIC, LIP and Supervisely.

    Args:
        folder: of the data.
        parts: the sources whose masks hold ids of body parts, all of which are human; in palette PNGs ids are
            known to be such.

    Raises:
        InputError: a picture has no mask, or there is no source of a name in `parts`.
        VideoError: there are no sources, or something cannot be read.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, section "Dataset"
        and supplement (mattes above 0.1 · 255 are foreground; all body parts are).
    Deviates: the data set is not published, and the paper names no layout; this one is ours.
    """
    sources = folders_in(folder / "images")
    if not sources:
        raise VideoError(f"{folder / 'images'}: wanted a folder of pictures for each source, got none")
    unknown = set(parts) - {source.name for source in sources}
    require(not unknown, f"parts: wanted sources of {folder / 'images'}, got {', '.join(sorted(unknown))}")
    videos = folder / "videos"
    return TrainingData(
        name=folder.resolve().name,
        classes=HUMAN,
        labeled=tuple(
            LabeledImage(
                name=f"{source.name}/{picture.stem}",
                picture=PictureFile(path=picture),
                labels=HumanFile(path=mask, parts=source.name in parts),
            )
            for source in sources
            for picture, mask in paired(source, folder / "masks" / source.name)
        ),
        videos=unlabeled_videos(videos) if videos.is_dir() else (),
    )
