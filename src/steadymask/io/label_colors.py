"""Ids coded as colors: by formula, by a table, and how to tell such a picture from one with blended edges."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadymask.errors import InputError

Ids = NDArray[np.int32]
Row = tuple[int, int, int, int]


def read_colors(path: Path) -> tuple[Row, ...]:
    """Read a table of colors: one row per id, `id red green blue [name]`.

    Text and CSV: values apart by spaces, tabs, commas or semicolons; lines that begin with `#` and a header
    line are passed over. JSON: `{"1": [255, 0, 0], …}` or a list of `[id, red, green, blue]`. Ids run from −1
    (void) to 65535, colors from 0 to 255.

    Raises:
        InputError: the file is missing or a row does not fit; the message names the row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = _json_rows(text) if path.suffix.lower() == ".json" else _text_rows(text)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"colors: {path}: cannot be read as a table of colors ({error})") from error
    table = tuple(_checked(path, row) for row in rows)
    if not table:
        raise InputError(f"colors: {path}: wanted rows of id red green blue, got none")
    for column, values in (("id", {row[0] for row in table}), ("color", {row[1:] for row in table})):
        if len(values) < len(table):
            raise InputError(
                f"colors: {path}: wanted every {column} once, got {len(table)} rows, {len(values)} of them"
            )
    return table


def _text_rows(text: str) -> list[list[str]]:
    rows = [re.split(r"[\s,;]+", line.strip()) for line in text.splitlines()]
    rows = [row for row in rows if row[0] and not row[0].startswith("#")]
    is_header = bool(rows) and not rows[0][0].lstrip("-").isdecimal()
    return rows[1:] if is_header else rows


def _json_rows(text: str) -> list[list[object]]:
    content = json.loads(text)
    if isinstance(content, dict):
        return [[key, *color] for key, color in content.items()]
    return [list(row) for row in content]


def _checked(path: Path, row: list[str] | list[object]) -> Row:
    try:
        index, red, green, blue = (int(str(value)) for value in row[:4])
    except ValueError as error:
        raise InputError(f"colors: {path}: wanted id red green blue, got {row}") from error
    if not (-1 <= index <= 65535 and all(0 <= value <= 255 for value in (red, green, blue))):
        raise InputError(f"colors: {path}: wanted an id from -1 to 65535 and colors from 0 to 255, got {row}")
    return index, red, green, blue


def codes(pixels: NDArray[np.uint8]) -> Ids:
    """Colors `h w 3` as numbers: R + 256 G + 65536 B."""
    code = pixels[..., 2].astype(np.int32)
    code <<= 8
    code |= pixels[..., 1]
    code <<= 8
    code |= pixels[..., 0]
    return code


def colors_of(code: Ids) -> NDArray[np.uint8]:
    """Numbers R + 256 G + 65536 B as colors, `h w 3`."""
    return np.stack((code & 255, code >> 8 & 255, code >> 16 & 255), axis=-1).astype(np.uint8)


def ids_by_table(pixels: NDArray[np.uint8], table: tuple[Row, ...], name: str) -> Ids:
    """Look up the colors `h w 3` of a picture.

    Raises:
        InputError: a color is not in the table; the message says which and where.
    """
    known, ids = _sorted(
        np.array([r | g << 8 | b << 16 for _, r, g, b in table]), np.array([r[0] for r in table])
    )
    code = codes(pixels)
    place = np.searchsorted(known, code).clip(max=len(known) - 1)
    wrong = known[place] != code
    if wrong.any():
        y, x = np.argwhere(wrong)[0]
        raise InputError(
            f"{name}: wanted only colors of the table, got {tuple(pixels[y, x].tolist())} at x {x}, y {y}"
        )
    return np.asarray(ids[place], np.int32)


def colors_by_table(ids: Ids, table: tuple[Row, ...], name: str) -> NDArray[np.uint8]:
    """The colors `h w 3` of ids.

    Raises:
        InputError: an id is not in the table.
    """
    known, colors = _sorted(np.array([r[0] for r in table]), np.array([r[1:] for r in table], np.uint8))
    place = np.searchsorted(known, ids).clip(max=len(known) - 1)
    wrong = known[place] != ids
    if wrong.any():
        raise InputError(f"{name}: wanted only ids of the color table, got {ids[wrong][0]}")
    return np.asarray(colors[place], np.uint8)


def _sorted(keys: NDArray[Any], values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    order = np.argsort(keys)
    return keys[order], values[order]


def blended_ids(ids: NDArray[np.integer]) -> int:
    """How many ids look like the blends of an anti-aliased edge: most of their pixels have no equal neighbor.

    An id of a real label map covers areas, however many ids there are; the mixed colors along a smoothed edge
    change from pixel to pixel. Returns 0 unless there are at least 8 such ids and they make up half of all.
    """
    if ids.min() >= 0 and ids.max() < 7:  # there cannot be eight
        return 0
    paired = np.zeros(ids.shape, bool)
    for a, b in (
        ((slice(1, None),), (slice(None, -1),)),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
    ):
        equal = ids[a] == ids[b]
        paired[a] |= equal
        paired[b] |= equal
    present, counts = np.unique(ids, return_counts=True)
    alone, alone_counts = np.unique(ids[~paired], return_counts=True)
    blends = int((2 * alone_counts > counts[np.searchsorted(present, alone)]).sum())
    return blends if blends >= 8 and 2 * blends >= len(present) else 0
