"""`train`: a network that does not flicker, by a recipe."""

from dataclasses import replace
from pathlib import Path

import torch

from steadymask.data.first_frame import first_frame_training
from steadymask.data.training_data import TrainingData
from steadymask.errors import InputError, require
from steadymask.io.place import refuse_inputs
from steadymask.recipes.by_name import FROM_MASKS, FROM_VIDEOS, RECIPES, TAUGHT, RecipeFunction
from steadymask.recipes.given import Given
from steadymask.recipes.held_out import with_held_out
from steadymask.tasks.inference import device_named
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.recipe_file import RecipeFile
from steadymask.tasks.trained import Trained
from steadymask.tasks.training_job import TrainingJob


def train(
    recipe: str,
    *,
    data: Path | None = None,
    out: Path | None = None,
    weights: Path | None = None,
    teacher: Path | None = None,
    videos: Path | None = None,
    masks: Path | None = None,
    online: Path | None = None,
    held_out: Path | None = None,
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    flows: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Trained:
    """Train or fine-tune a network for steadiness.

    What comes out lies in one folder: weights.safetensors, which `segment --model` takes, manifest.json, and
    for each phase a log as CSV and for TensorBoard. Interrupted training goes on from its last checkpoint, on
    a processor to the same bytes. Under `torchrun` every process trains on its share of each batch.

    Args:
        recipe: one of the names in docs/train.md, or FILE.py:FUNCTION, a recipe of yours.
        data: the folder of the data set; with online the clip.
        out: the folder for what comes out; None: one named for the recipe, here.
        weights: to start from.
        teacher: the weights of a teacher, for recipes with distillation or pseudo labels.
        videos: a folder of videos that nobody labeled.
        masks: a folder with masks of the data set's videos, an entry for each, for recipes of a refiner.
        online: the mask of the clip's first frame: the network is fitted to this clip alone.
        held_out: a folder with labels and videos to look at ten times a phase, such as clips with their
            truth: the weights that are best by accuracy and stability together are kept; None: the last.
        steps: of each phase; None: as many as the recipe has.
        seed: of everything drawn at random.
        device: auto (a GPU where there is one), cpu, cuda or cuda:N.
        flows: a folder where estimated flows are kept for other runs; None: in the folder that comes out.
        resume: go on with interrupted training.
        overwrite: replace a result that is there.
        progress: told of every step.

    Raises:
        InputError: a setting is wrong, or the data does not suit the recipe.
        VideoError: something cannot be read or written.
        WeightsError: weights are missing, or of something else.
    """
    require(not (resume and overwrite), "resume: wanted either resume or overwrite, got both")
    require(steps is None or steps >= 1, f"steps: wanted at least 1, got {steps}")
    require(0 <= seed < 2**32, f"seed: wanted 0 to {2**32 - 1}, got {seed}")
    function = _named(recipe)
    known = (("teacher", teacher, TAUGHT), ("videos", videos, FROM_VIDEOS), ("masks", masks, FROM_MASKS))
    for what, path, users in known:
        used = path is None or recipe not in RECIPES or recipe in users
        require(used, f"{what}: wanted none for {recipe}, got {path}; those with one: {', '.join(users)}")
    given = Given(
        data=_path(data),
        weights=_path(weights),
        teacher=_path(teacher),
        videos=_path(videos),
        masks=_path(masks),
        seed=seed,
        fitted=None if online is None else _fitted(_path(data), Path(online)),
    )
    inputs = {"weights": given.weights, "teacher": given.teacher, "online": _path(online)}
    name = recipe
    if isinstance(function, RecipeFile):
        inputs["recipe"], name = function.file, f"{function.file.name}:{function.function}"
    place = Path(out) if out is not None else Path(name.partition(".py:")[0])
    folders = (given.data, given.videos, given.masks, _path(held_out))
    refuse_inputs(str(place), place, (*folders, *inputs.values()))
    torch.manual_seed(seed)  # classifiers for other classes begin at random
    found = function(given)
    require(
        online is None or found.data is given.fitted,
        f"online: wanted a recipe that can be fitted to a clip, got {recipe}",
    )
    if steps is not None:
        phases = (replace(each, config=replace(each.config, steps=steps)) for each in found.phases)
        found = replace(found, phases=tuple(phases))
    if held_out is not None:
        found = with_held_out(found, Path(held_out))
    job = TrainingJob(
        name=name,
        recipe=found,
        inputs=inputs,
        out=place,
        device=device_named(device),
        flows=_path(flows),
    )
    return job.done(resume=resume, overwrite=overwrite, progress=progress)


def _path(path: Path | None) -> Path | None:
    return None if path is None else Path(path)  # strings are welcome


def _fitted(video: Path | None, mask: Path) -> TrainingData:
    if video is None:
        raise InputError("data: wanted the clip that online is the first mask of, got none")
    return first_frame_training(video, mask)


def _named(recipe: str) -> RecipeFunction:
    if recipe in RECIPES:
        return RECIPES[recipe]
    file, _, name = recipe.rpartition(":")
    if not file.endswith(".py"):
        raise InputError(f"recipe: wanted one of {', '.join(RECIPES)}, or FILE.py:FUNCTION, got {recipe!r}")
    return RecipeFile(file=Path(file), function=name)
