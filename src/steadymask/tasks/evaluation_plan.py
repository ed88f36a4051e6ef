"""What evaluating a data set comes to: a job for each clip, and the numbers made of what they find."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from steadymask.data.dataset import Dataset, DatasetClip, Source, by_stem, predictions_of
from steadymask.data.reading import Reading
from steadymask.errors import VideoError, require
from steadymask.flow.dis import DIS
from steadymask.io.manifest import plain, versions
from steadymask.tasks.clip_evaluation import ClipJob, Found, Measure, sources_of
from steadymask.tasks.evaluation_table import evaluation
from steadymask.tasks.measured_clips import measure_clips
from steadymask.tasks.progress import Progress
from steadymask.tasks.protocols import PROTOCOLS, Protocol, ProtocolName
from steadymask.tasks.warnings import warning_of_classes, warnings_of_clips


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan:
    """One data set to evaluate: all that the result depends on.

    Args:
        dataset: its folder.
        protocol: how it is laid out and counted.
        subset: the part of it, such as val.
        found: what is there.
        sets: the folder of each set of masks, by name.
        measures: what is measured.
        reading: how masks are read.
    """

    dataset: Path
    protocol: ProtocolName
    subset: str
    found: Dataset
    sets: Mapping[str, Path]
    measures: Sequence[Measure]
    reading: Reading

    @property
    def rules(self) -> Protocol:
        """Those of the protocol."""
        return PROTOCOLS[self.protocol]

    @cached_property
    def jobs(self) -> dict[str, ClipJob]:
        """One for each clip; all masks are known to be there.

        Raises:
            VideoError: some are not.
        """
        reading = self._reading
        return {
            clip.name: ClipJob(
                dataset=self.dataset,
                clip=clip,
                masks=masks,
                protocol=self.rules,
                measures=frozenset(self.measures),
                classes=self.found.classes,
                reading=reading,
                fps=self.reading.fps or self.found.fps,
            )
            for clip, masks in self._masks()
        }

    @property
    def settings(self) -> dict[str, Any]:
        """What a reader of the numbers wants to know."""
        return {
            "subset": (self.found.part or self.subset) if self.rules.parts else None,
            "measures": [] if self.rules.exact_motion else list(self.measures),
            "flow": {"estimator": "OpenCV DIS", **asdict(DIS())},
            "fps": self.reading.fps or self.found.fps,
            "accuracy": {
                "ids": self.rules.ids,
                "average": self.rules.average,
                "first_and_last_frame_count": self.rules.ends,
                "objects_count_from_the_frame_after_their_first": self.rules.from_first,
            },
            "reading": plain(vars(self.reading)),
            "versions": versions(),
        }

    @property
    def state(self) -> dict[str, Any]:
        """What interrupted work must have been begun with to be resumed."""
        begun = {"protocol": self.protocol, "predictions": [*self.sets], "clips": [*self.jobs]}
        known: dict[str, Any] = json.loads(json.dumps(plain(self.settings | begun)))
        return known

    @cached_property
    def made_of(self) -> dict[str, str]:
        """By clip a digest of all files that it is measured from."""
        return {clip: sources_of(job) for clip, job in self.jobs.items()}

    def result(self, folder: Path, *, workers: int | None, progress: Progress) -> dict[str, Any]:
        """Measure every clip; return the contents of `evaluation.json`.

        Args:
            folder: where what was found of each clip is kept.
            workers: processes, or threads where these are done first; None: one for each core.
            progress: told of every finished clip.

        Raises:
            InputError: a clip cannot be measured, or there is nothing to measure.
            VideoError: something cannot be read or written.
        """
        results = measure_clips(self.jobs, folder, workers=workers, progress=progress)
        self._require_found(results)
        return self.content(results)

    def content(self, results: Mapping[str, Mapping[str, Found]]) -> dict[str, Any]:
        """The contents of `evaluation.json`, of what was found by clip and role."""
        about = {"dataset": self.found.name, "protocol": self.protocol, "settings": self.settings}
        found = evaluation(
            results,
            tuple(self.sets),
            protocol=self.rules,
            seen={each.name: each.seen for each in self.found.clips},
            groups={each.name: each.group for each in self.found.clips},
            class_names=self.found.classes.names if self.found.classes else (),
        )
        return about | {"warnings": self._warnings(results, found)} | found

    def _warnings(self, results: Mapping[str, Mapping[str, Found]], found: Mapping[str, Any]) -> list[str]:
        unknown = {
            name: {clip: roles[name].get("unknown_ids", ()) for clip, roles in results.items()}
            for name in self.sets
        }
        warnings = warnings_of_clips(unknown)
        if self.rules.ids == "classes":
            for name in self.sets:
                accuracy = found["predictions"][name]["overall"].get("pixel_accuracy", math.nan)
                warnings += warning_of_classes(name, accuracy)
        return warnings

    def _require_found(self, results: Mapping[str, Mapping[str, Found]]) -> None:
        """Check that the masks have one of the chosen objects, and that there is a number at all."""
        found = [roles[name] for roles in results.values() for name in self.sets if name in roles]
        chosen = self.reading.objects
        require(
            chosen is None or self.rules.ids != "objects" or any(each["objects"] for each in found),
            f"objects: wanted ids that the data set has, got {', '.join(map(str, chosen or ()))}",
        )
        require(
            any(each["overall"] for each in found),
            f"measures: wanted the pictures or the truth that {', '.join(self.measures)} needs, got neither",
        )

    def _masks(self) -> list[tuple[DatasetClip, dict[str, Source]]]:
        """Every clip with the place of its masks in each set."""
        flat = any(clip.flat for clip in self.found.clips)
        for folder in self.sets.values():
            if not folder.is_dir():
                raise VideoError(
                    f"{folder}: wanted a folder with the masks of every clip, got no such folder"
                )
        stems = {name: by_stem(folder) if flat else {} for name, folder in self.sets.items()}
        return [
            (clip, {name: predictions_of(clip, folder, stems[name]) for name, folder in self.sets.items()})
            for clip in self.found.clips
        ]

    @property
    def _reading(self) -> Reading:
        """What the protocol knows about the masks, beside what was told."""
        if self.found.classes is not None:
            return replace(self.reading, read_as="labels")
        if self.rules.ids == "merged":
            return replace(self.reading, merge_objects=True)
        void = self.found.void
        return self.reading if void is None else replace(self.reading, void=void)


def state_of(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an evaluation was begun with, from the contents of `evaluation.json`; None of another file's."""
    try:
        settings = {key: value for key, value in content["settings"].items() if key != "better"}
        sets = content["predictions"]
        clips = [*next(iter(sets.values()))["clips"]]
        return {**settings, "protocol": content["protocol"], "predictions": [*sets], "clips": clips}
    except (AttributeError, KeyError, StopIteration, TypeError):
        return None
