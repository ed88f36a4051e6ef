"""JSON that others wrote: read as a whole, looked into with errors that say where and what was wanted."""

import json
import re
from itertools import accumulate
from pathlib import Path
from typing import Any, NoReturn

from steadymask.errors import InputError, VideoError, require

Entry = dict[str, Any]

_LARGE = 1e300  # a whole number may be too large for a float
_LONGEST = 1000  # characters of a name
_DEEPEST = 100  # lists in lists: far below where Python gives up
_TOO_DEEP = f"wanted at most {_DEEPEST} lists in one another, got more"
_STRINGS, _BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"'), re.compile(r"[\[\]{}]")


def load(path: Path) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Read a file of JSON.

    Raises:
        InputError: it is no JSON, or none of numbers that every program reads (NaN, Infinity).
        VideoError: it cannot be read.
    """
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_refused)
    except OSError as error:
        raise VideoError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from error
    except RecursionError as error:
        raise InputError(f"{path}: {_TOO_DEEP}") from error


def text_of(value: object, where: str) -> str:
    """A value as JSON again: the same value gives the same text, all of it ASCII.

    Raises:
        InputError: it has a number too large for JSON, or is nested too deeply to be read again.
    """
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise InputError(f"{where}: wanted finite numbers, got one too large") from error
    except RecursionError as error:
        raise InputError(f"{where}: {_TOO_DEEP}") from error
    depths = accumulate(1 if each in "[{" else -1 for each in _BRACKETS.findall(_STRINGS.sub("", text)))
    require(max(depths, default=0) <= _DEEPEST, f"{where}: {_TOO_DEEP}")
    return text


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def kind(value: object) -> str:
    """What a value is, for messages; short ones as they are.

    >>> kind([]), kind({"a": 1}), kind(None), kind("x")
    ('a list', 'an object', 'nothing', "'x'")
    """
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else f"{value!r:.40}" if isinstance(value, str) else f"{value!s:.40}"


def entry(value: object, where: str) -> Entry:
    """The value, which is a JSON object.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(value, dict):
        raise InputError(f"{where}: wanted a JSON object, got {kind(value)}")
    return value


def entries(owner: Entry, key: str, where: str) -> list[Entry]:
    """The JSON objects in the list `owner[key]`.

    Raises:
        InputError: it is missing or something else.
    """
    return [entry(each, f"{where}: {key}: entry {at}") for at, each in enumerate(list_in(owner, key, where))]


def list_in(owner: Entry, key: str, where: str) -> list[Any]:
    """The list `owner[key]`.

    Raises:
        InputError: it is missing or something else.
    """
    value = owner.get(key)
    if not isinstance(value, list):
        raise InputError(f"{where}: {key}: wanted a list, got {kind(value)}")
    return value


def whole(owner: Entry, key: str, where: str, *, least: int = 0) -> int:
    """The whole number `owner[key]`.

    Raises:
        InputError: it is missing, something else, or below `least`.
    """
    value = owner.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{where}: {key}: wanted a whole number from {least} on, got {kind(value)}")
    return value


def name_in(owner: Entry, key: str, where: str) -> int | str:
    """The number or name `owner[key]` of something.

    Raises:
        InputError: it is missing or something else.
    """
    value = owner.get(key)
    if not isinstance(value, int | str) or isinstance(value, bool) or len(f"{value}") > _LONGEST:
        raise InputError(f"{where}: {key}: wanted a whole number or a name, got {kind(value)}")
    return value


def score_in(owner: Entry, where: str) -> float:
    """The number `owner["score"]`; 1 if there is none.

    Raises:
        InputError: it is no number.
    """
    value = owner.get("score", 1.0)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    require(is_number and abs(value) < _LARGE, f"{where}: score: wanted a number, got {kind(value)}")
    return float(value)
