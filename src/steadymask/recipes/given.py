"""What a user gives to a recipe."""

from dataclasses import dataclass
from pathlib import Path

from steadymask.data.training_data import TrainingData
from steadymask.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a recipe is made with.

    Args:
        data: the folder of the data set.
        weights: to start from.
        teacher: the weights of one.
        videos: a folder of videos that nobody labeled, beside those of the data set.
        masks: a folder with the masks of a video in each entry, by the names of the data set's videos.
        seed: of everything drawn at random.
        fitted: one clip with its first mask, which takes the place of the data set (online fine-tuning).
    """

    data: Path | None = None
    weights: Path | None = None
    teacher: Path | None = None
    videos: Path | None = None
    masks: Path | None = None
    seed: int = 0
    fitted: TrainingData | None = None

    @property
    def folder(self) -> Path:
        """The folder of the data set.

        Raises:
            InputError: none was given.
        """
        if self.data is None:
            raise InputError("data: wanted the folder of the data set, got none")
        return self.data
