"""The sequences of one labelled picture: from its files to a folder, severity by severity."""

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.exact_motion import write_motion
from steadymask.data.objects import objects_of, require_chosen
from steadymask.data.perturbation import SEVERITIES
from steadymask.data.reading import Reading
from steadymask.data.synthetic import Synthesis, SyntheticFrame, plan_sequence, synthesize_sequence
from steadymask.data.synthetic_folder import FLOW, FRAMES, MANIFEST, TRUTH, motion_file, severity_folder
from steadymask.errors import SteadymaskError, VideoError, require
from steadymask.io.folder import numbered
from steadymask.io.manifest import identity, plain, read_json, versions, write_json
from steadymask.io.mask_format import PngFormat, color_map
from steadymask.io.mask_frame import MaskFrame, labels_of
from steadymask.io.mask_writer import MaskWriter, open_mask_writer
from steadymask.io.picture import read_picture
from steadymask.io.place import missing_folders
from steadymask.io.png import PngHeader, write_png
from steadymask.io.unfinished import make_folder, remove, replace_with
from steadymask.io.work_folder import WorkFolder, open_work_folder
from steadymask.tasks.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Synthesized:
    """What `synthesize` made of one picture.

    Args:
        scene: name of the picture.
        out: the folder with its sequences.
        sequences: how many there are, one of each severity.
        frames: how many frames each has.
        decision: how the mask was read.
    """

    scene: str
    out: Path
    sequences: int
    frames: int
    decision: str


@dataclass(frozen=True, kw_only=True, eq=False)
class SceneJob:
    """One picture to make sequences of: all that the result depends on; `open_scene` makes it."""

    image: Path
    mask: Path
    out: Path
    picture: Picture
    labels: PictureLabels
    decision: str
    synthesis: Synthesis
    dense_flow: bool
    reading: Reading

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Inputs, settings and versions: what decides every byte of the result."""
        settings: dict[str, Any] = plain(
            {
                "task": "synthesize",
                "image": identity(self.image),
                "mask": identity(self.mask),
                "reading": asdict(self.reading),
                "synthesis": asdict(self.synthesis),
                "severities": [asdict(each) for each in SEVERITIES],
                "dense_flow": self.dense_flow,
                "truth": asdict(self.format),
                "versions": versions(),
            }
        )
        return settings

    @cached_property
    def format(self) -> PngFormat:
        """How the truth is stored: with a palette where ids allow it; void is the largest id there is."""
        is_void = self.synthesis.void_occluders or int(self.labels.min()) < 0
        bits = next(bits for bits in (8, 16, 24) if int(self.labels.max()) < 2**bits - is_void)
        void = 2**bits - 1 if is_void else None
        if bits == 8:
            return PngFormat(color="palette", palette=color_map(), void=void)
        return (
            PngFormat(color="grey", depth=16, void=void) if bits == 16 else PngFormat(color="rgb", void=void)
        )

    @property
    def is_finished(self) -> bool:
        """Whether the result is there, made of the same inputs with the same settings."""
        manifest = read_json(self.out / MANIFEST)
        return manifest is not None and manifest.get("made") == self.settings

    def described(self) -> Synthesized:
        """What the result is."""
        return Synthesized(
            scene=self.image.stem,
            out=self.out,
            sequences=len(SEVERITIES),
            frames=self.synthesis.frames,
            decision=self.decision,
        )

    def done(self, *, resume: bool, progress: Progress) -> Synthesized:
        """Make the sequences that are not finished, then put the folder in its place."""
        with (
            missing_folders(self.out),
            open_work_folder(self.out, self.settings, resume=resume) as work,
        ):
            try:
                for severity in range(1, len(SEVERITIES) + 1):
                    self._make(work, severity, progress)
            except SteadymaskError as error:
                if not any(work.frames.iterdir()):
                    work.remove()
                    raise
                raise VideoError(f"{error}; what is finished is kept, see resume") from error
            write_json(work.frames / MANIFEST, self._manifest())
            replace_with(self.out, work.frames)
            work.remove()
        return self.described()

    def _make(self, work: WorkFolder, severity: int, progress: Progress) -> None:
        """Write the sequence of one severity; its folder appears finished or not at all."""
        finished, count = work.frames / severity_folder(severity), self.synthesis.frames
        if not finished.exists():
            folder = work.path / finished.name
            remove(folder)
            for each in (folder, folder / FRAMES, folder / FLOW):
                make_folder(each)
            writer = open_mask_writer(folder / TRUTH, self.format, size=self._size)
            for frame in synthesize_sequence(
                self.picture,
                self.labels,
                severity=severity,
                settings=self.synthesis,
                scene=self.image.stem,
            ):
                self._write(folder, writer, frame)
                progress("synthesize", (severity - 1) * count + frame.index + 1, count * len(SEVERITIES))
            replace_with(finished, folder)

    def _write(self, folder: Path, writer: MaskWriter, frame: SyntheticFrame) -> None:
        names = numbered(self.synthesis.frames)
        name = names[frame.index]
        samples = frame.picture.permute(1, 2, 0).numpy()
        header = PngHeader(size=self._size, color="rgb", depth=8)
        write_png(folder / FRAMES / f"{name}.png", samples, header, smooth=True)
        writer.write(MaskFrame(index=frame.index, stem=name, labels=frame.labels))
        if frame.motion is not None:
            write_motion(motion_file(folder, names[frame.index - 1]), frame.motion, dense=self.dense_flow)

    def _manifest(self) -> dict[str, Any]:
        plans = {
            severity: plan_sequence(severity, size=self._size, settings=self.synthesis, scene=self.image.stem)
            for severity in range(1, len(SEVERITIES) + 1)
        }
        return {
            "made": self.settings,
            "scene": self.image.stem,
            "reading": self.decision,
            "void": self.format.void,
            "kinds": {str(severity): [step.kind for step in plan] for severity, plan in plans.items()},
        }

    @property
    def _size(self) -> tuple[int, int]:
        height, width = self.labels.shape
        return height, width


def open_scene(
    image: Path, mask: Path, out: Path, *, synthesis: Synthesis, dense_flow: bool, reading: Reading
) -> SceneJob:
    """Read a picture and its mask, and check that they fit.

    Raises:
        InputError: they do not, or the mask cannot be used as it is.
        VideoError: something cannot be read.
    """
    picture = torch.from_numpy(read_picture(image)).permute(2, 0, 1).contiguous()
    masks = reading.masks(mask)
    require(masks.count == 1, f"{mask}: wanted one mask for {image.name}, got {masks.count}")
    height, width = picture.shape[1:]
    sizes = f"wanted height x width {height} x {width} as {image}, got {masks.size[0]} x {masks.size[1]}"
    require(masks.size == (height, width), f"{mask}: {sizes}")
    require_chosen(objects_of([masks]), masks)
    return SceneJob(
        image=image,
        mask=mask,
        out=out,
        picture=picture,
        labels=labels_of(next(masks.frames())),
        decision=masks.decision,
        synthesis=synthesis,
        dense_flow=dense_flow,
        reading=reading,
    )
