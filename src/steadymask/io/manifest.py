"""What a result was made of: inputs by content, settings, versions.

No clock times, so that a rerun writes the same bytes.
"""

import hashlib
import json
import math
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from steadymask.errors import VideoError
from steadymask.io.unfinished import write_file

_DEPENDENCIES = ("steadymask", "torch", "numpy", "opencv-python-headless", "av")


def identity(path: Path) -> dict[str, Any]:
    """A file or folder by its content: its name and the SHA-256 of all that is in it.

    Raises:
        VideoError: it cannot be read.
    """
    digest = hashlib.sha256()
    files = (
        sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        if path.is_dir()
        else [path]
    )
    try:
        for file in files:
            name = f"{file.name if path.is_dir() else ''}\0{file.stat().st_size}\0"
            digest.update(name.encode(errors="surrogateescape"))  # a name may be no text
            with file.open("rb") as content:
                while block := content.read(1 << 20):
                    digest.update(block)
    except OSError as error:
        raise VideoError(f"{path}: cannot be read: {error.strerror or error}") from error
    return {"name": path.name, "files": len(files), "sha256": digest.hexdigest()}


def versions() -> dict[str, str]:
    """Versions of the package and of what its results depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in _DEPENDENCIES}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` as a whole or not at all; the same content gives the same bytes.

    Raises:
        VideoError: the file cannot be written.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_file(path, text.encode(errors="backslashreplace"))  # file names that are no text


def read_json(path: Path) -> dict[str, Any] | None:
    """What `write_json` wrote; None if there is no such file.

    Raises:
        VideoError: the file cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise VideoError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise VideoError(f"{path}: wanted a JSON object, got a {type(content).__name__}")
    return content


def plain(value: object) -> Any:  # noqa: ANN401  # what JSON holds has no narrower type
    """Settings as JSON has them: paths and bytes as text, tuples as lists."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.hex() if isinstance(value, bytes) else str(value) if isinstance(value, Path) else value


def without_nan(value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """The same with None for what is no number: JSON knows neither NaN nor infinity."""
    if isinstance(value, dict):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
