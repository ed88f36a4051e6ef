"""Data of the user's that a network is looked at on while it is trained, and never learns from."""

from dataclasses import replace
from pathlib import Path

from steadymask.data.training_data import TrainingData
from steadymask.errors import require
from steadymask.recipes.labeled_folder import labeled_folder
from steadymask.training.recipe import Phase, Recipe

_LOOKS = 10


def with_held_out(recipe: Recipe, folder: Path) -> Recipe:
    """The same recipe, whose phases look at a folder ten times, if they do not say how often.

    Args:
        recipe: any.
        folder: clips as `frames/CLIP` and `truth/CLIP`, or DAVIS; or `images/`, `masks/` and `videos/`.

    Raises:
        InputError: it has other classes, or no videos.
        VideoError: something cannot be read.
    """
    data: TrainingData = labeled_folder(folder, recipe.data.classes)
    wanted, got = len(recipe.data.classes), len(data.classes)
    require(got == wanted, f"held_out: wanted {wanted} classes as the data has, got {got}")
    both = bool(data.labeled and data.videos)
    require(both, f"{folder}: wanted labeled pictures and videos to look at, got one of them")
    phases = tuple(_looking(each) for each in recipe.phases)
    return replace(recipe, held_out=replace(data, classes=recipe.data.classes), phases=phases)


def _looking(phase: Phase) -> Phase:
    if phase.config.check_every:
        return phase
    every = max(phase.config.steps // _LOOKS, 1)
    return replace(phase, config=replace(phase.config, check_every=every))
