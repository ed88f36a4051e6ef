"""The numbers of an evaluation as CSV: a row a clip and set of masks, and one an object."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from steadymask.io.unfinished import write_file

Row = dict[str, Any]


def write_clips_csv(path: Path, content: Mapping[str, Any]) -> None:
    """A row for each set of masks and clip, the truth's own among them; what is undefined is empty.

    Args:
        path: of the file; replaced if it exists.
        content: of `evaluation.json`.

    Raises:
        VideoError: the file cannot be written.
    """
    rows = (
        {"predictions": name, "clip": clip, "frames": found["frames"], **found["overall"]}
        for name, part in _parts(content)
        for clip, found in part["clips"].items()
    )
    _write(path, list(rows), ("predictions", "clip", "frames"))


def write_objects_csv(path: Path, content: Mapping[str, Any]) -> None:
    """A row for each set of masks, clip and object; what is undefined is empty.

    Args:
        path: of the file; replaced if it exists.
        content: of `evaluation.json`.

    Raises:
        VideoError: the file cannot be written.
    """
    rows = (
        {"predictions": name, "clip": clip, "object": id, **scores}
        for name, part in _parts(content)
        for clip, found in part["clips"].items()
        for id, scores in found["objects"].items()
    )
    _write(path, list(rows), ("predictions", "clip", "object"))


def _parts(content: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    yield from content["predictions"].items()
    if content["truth"] is not None:
        yield "truth", content["truth"]


def _write(path: Path, rows: list[Row], first: tuple[str, ...]) -> None:
    columns = dict.fromkeys((*first, *(key for row in rows for key in row)))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in row.items()} for row in rows)
    write_file(path, text.getvalue().encode(errors="backslashreplace"))
