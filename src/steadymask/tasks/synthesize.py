"""`synthesize`: sequences with exactly known motion from labelled pictures, for the stability rate."""

from pathlib import Path
from typing import Any

from steadymask.data.perturbation import KINDS, SEVERITIES, Kind
from steadymask.data.reading import Reading
from steadymask.data.synthetic import Synthesis
from steadymask.data.synthetic_folder import MANIFEST, severity_folder
from steadymask.errors import InputError, VideoError, require
from steadymask.io.folder import frame_files
from steadymask.io.mask_format import FORMATS
from steadymask.io.picture import SUFFIXES
from steadymask.io.place import refuse_among, require_free
from steadymask.io.unfinished import clear_replaced, make_folder
from steadymask.io.work_folder import WorkFolder, work_path
from steadymask.tasks.batch import Batch, run_batch
from steadymask.tasks.places import check_result
from steadymask.tasks.progress import Progress, silent
from steadymask.tasks.synthesize_scene import Synthesized, open_scene


def synthesize(
    image: Path,
    mask: Path,
    out: Path,
    *,
    frames: int = 11,
    seed: int = 0,
    kinds: tuple[Kind, ...] = KINDS,
    one_kind: bool = False,
    void_occluders: bool = False,
    noise: float = 0.01,
    dense_flow: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    reading: Reading = Reading(),  # noqa: B008  # frozen
    workers: int | None = None,
    progress: Progress = silent,
) -> Synthesized | Batch[Synthesized]:
    """Make short sequences of one labelled picture, with exactly known motion and visibility.

    One sequence for each of six severities; in each, every next frame is pushed, turned, scaled or partly
    covered a little. A folder of pictures, with a folder of masks of the same names, is a batch: one scene to
    a core, each in a folder of its own name.

    Args:
        image: a picture; or a folder of these.
        mask: its mask, a PNG or npz file; or a folder of these.
        out: the folder to write.
        frames: of each sequence; the first is the picture.
        seed: of everything drawn at random.
        kinds: the perturbations to choose from: translation, rotation, scaling, occlusion.
        one_kind: choose once for each sequence, not anew for every frame.
        void_occluders: what covers the scene is void in the truth, not background.
        noise: standard deviation of the noise on every frame but the first, as a share of white.
        dense_flow: also write the flow of every pixel, beside the matrix that says the same in 12 numbers.
        resume: go on with interrupted work.
        overwrite: replace a result that is there.
        reading: how the mask is read.
        workers: processes of a batch; None: one for each core.
        progress: told of every finished frame.

    Raises:
        InputError: a setting is wrong, or mask and picture do not fit.
        VideoError: something cannot be read or written.
    """
    image, mask, out = Path(image), Path(mask), Path(out)  # strings are welcome
    require(not (resume and overwrite), "resume: wanted either resume or overwrite, got both")
    require(workers is None or workers >= 1, f"workers: wanted at least 1, got {workers}")
    is_still = reading.fps is None and reading.every == 1
    require(is_still, "fps, every: wanted neither, since a picture has no time")
    synthesis = Synthesis(
        frames=frames,
        seed=seed,
        kinds=tuple(kinds),
        one_kind=one_kind,
        void_occluders=void_occluders,
        noise=noise,
    )
    if image.is_dir():
        shared = {
            "frames": frames,
            "seed": seed,
            "kinds": kinds,
            "one_kind": one_kind,
            "void_occluders": void_occluders,
            "noise": noise,
            "dense_flow": dense_flow,
            "resume": resume,
            "overwrite": overwrite,
            "reading": reading,
        }
        places = {name: {**shared, **each} for name, each in _scenes(image, mask, out).items()}
        return run_batch("synthesize", synthesize_scene, places, workers=workers, progress=progress)
    job = open_scene(image, mask, out, synthesis=synthesis, dense_flow=dense_flow, reading=reading)
    check_result(out, FORMATS["palette"], (image, mask, reading.colors))
    if resume and job.is_finished:
        WorkFolder(path=work_path(out)).remove()
        clear_replaced(out)
        return job.described()
    going_on = resume and work_path(out).exists()
    known = [MANIFEST, *(severity_folder(each) for each in range(1, len(SEVERITIES) + 1))]
    require_free(str(out), out, marker=out / MANIFEST, overwrite=overwrite or going_on, known=known)
    return job.done(resume=resume, progress=progress)


def synthesize_scene(image: Path, mask: Path, out: Path, **settings: Any) -> Synthesized:  # noqa: ANN401
    """`synthesize` for what is known to be one picture; `settings` are its."""
    made = synthesize(image, mask, out, **settings)
    if isinstance(made, Batch):
        raise InputError(f"{image}: wanted one picture, got a folder")
    return made


def _scenes(images: Path, masks: Path, out: Path) -> dict[str, dict[str, Path]]:
    """Where each scene of a batch lies and goes, by name."""
    if not masks.is_dir():
        raise VideoError(f"{masks}: wanted a folder of masks as {images} is one of pictures, got none")
    pictures = {each.stem: each for each in frame_files(images, SUFFIXES)}
    mask_of = {each.stem: each for each in frame_files(masks, (".png", ".npz"))}
    require(bool(pictures), f"{images}: wanted pictures, got a folder without any")
    for here, names, there in ((masks, mask_of, pictures), (images, pictures, mask_of)):
        missing = [name for name in there if name not in names]
        kind = "mask" if here is masks else "picture"
        require(not missing, f"{here}: wanted a {kind} named {missing[0] if missing else ''}, got none")
    refuse_among(str(out), out, (images, masks))
    make_folder(out)
    return {
        name: {"image": each, "mask": mask_of[name], "out": out / name} for name, each in pictures.items()
    }
