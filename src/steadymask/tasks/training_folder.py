"""The folder of a training run: whose it is, when it may be replaced, and what in it is worth keeping."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadymask.errors import InputError, VideoError, require
from steadymask.io.manifest import read_json, write_json
from steadymask.io.place import require_free
from steadymask.io.unfinished import make_folder, remove
from steadymask.training.loop import CHECKPOINT

WEIGHTS, MANIFEST = "weights.safetensors", "manifest.json"
FLOWS, FRAMES, PSEUDO_LABELS = PARTS = ("flows", "frames", "pseudo-labels")
_BEGUN = "begun.json"
_OF_PHASE = (WEIGHTS, MANIFEST, "log.csv", CHECKPOINT)
_EVENTS = "events.out.tfevents"  # how TensorBoard's files begin


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingFolder:
    """Where a run writes.

    Args:
        path: the folder.
        settings: of the run: all that decides the result, as JSON has it.
    """

    path: Path
    settings: dict[str, Any]

    @property
    def finished(self) -> dict[str, Any] | None:
        """What is known of this very run, if it came to its end."""
        manifest = read_json(self.path / MANIFEST)
        return manifest if manifest is not None and manifest.get("made") == self.settings else None

    @property
    def is_worth_keeping(self) -> bool:
        """Whether something in it took long: a checkpoint, a phase, labels of a teacher."""
        kept = (f"*/{CHECKPOINT}", f"*/{MANIFEST}", f"{PSEUDO_LABELS}/*.png")
        return any(True for pattern in kept for _ in self.path.glob(pattern))

    def begin(self, *, resume: bool, overwrite: bool) -> None:
        """Make it, or check that it is this run's.

        Raises:
            InputError: something is there that may not be replaced, or work of other settings.
            VideoError: it cannot be made.
        """
        made = self._made()
        if resume and made is not None:
            changed = [*_changed(made, self.settings)]
            if changed:
                raise InputError(
                    f"{self.path}: resume: wanted the same {', '.join(changed)} as before, got others"
                )
            return
        self._require_free(made, overwrite=overwrite)
        remove(self.path)
        make_folder(self.path)
        try:
            write_json(self.path / _BEGUN, self.settings)
        except VideoError:
            remove(self.path)
            raise

    def finish(self, phases: dict[str, Any]) -> None:
        """Note what the phases came to."""
        write_json(self.path / MANIFEST, {"made": self.settings, "phases": phases})
        (self.path / _BEGUN).unlink(missing_ok=True)

    def _made(self) -> dict[str, Any] | None:
        """The settings of the run whose folder it is; None where it is of none."""
        made = read_json(self.path / _BEGUN) or (read_json(self.path / MANIFEST) or {}).get("made")
        return made if isinstance(made, dict) and made.get("task") == self.settings["task"] else None

    def _require_free(self, made: dict[str, Any] | None, *, overwrite: bool) -> None:
        what, path = str(self.path), self.path
        if path.is_dir() and {each.name for each in path.iterdir()} <= {f".unfinished-{_BEGUN}"}:
            return  # empty, but for what was stopped at the first instant
        phases = [str(each.get("name")) for each in (made or {}).get("phases", ())]
        marker = path / (_BEGUN if (path / _BEGUN).is_file() else MANIFEST)
        known = (WEIGHTS, MANIFEST, _BEGUN, *PARTS, *phases)
        require_free(what, path, marker=marker, overwrite=overwrite, known=known)
        require(
            made is not None or not path.exists(),
            f"{what}: wanted a folder of train to overwrite, got something else",
        )
        foreign = [str(each.relative_to(path)) for name in phases for each in _foreign(path / name)]
        require(
            not foreign,
            f"{what}: wanted nothing but an older result to overwrite, got {', '.join(foreign)} too",
        )


def _foreign(phase: Path) -> list[Path]:
    if not phase.is_dir():
        return []
    found = [each for each in sorted(phase.iterdir()) if not each.name.startswith((".", _EVENTS))]
    return [each for each in found if each.name not in _OF_PHASE]


def _changed(before: Any, now: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401  # what JSON holds
    """Where two settings differ, such as inputs.weights or student.config.seed."""
    if before == now:
        return
    inner = before, now = _by_name(before), _by_name(now)
    if not all(isinstance(each, dict) for each in inner) or "sha256" in {*before, *now}:
        yield name
        return
    for key in dict.fromkeys((*now, *before)):
        where = key if name in ("", "phases") else f"{name}.{key}"
        yield from _changed(before.get(key), now.get(key), where)


def _by_name(value: Any) -> Any:  # noqa: ANN401  # the same
    """A list of phases as a table."""
    if isinstance(value, list) and all(isinstance(each, dict) and "name" in each for each in value):
        return {each["name"]: each for each in value}
    return value
