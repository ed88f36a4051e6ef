"""What all pages have in common: one file that holds its style and its script, and loads nothing."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

_HERE = Path(__file__).parent


def page(
    template: str,
    content: Mapping[str, Any],
    *,
    version: str,
    settings: Mapping[str, Any],
    styles: Sequence[str],
    scripts: Sequence[str],
) -> str:
    """A page as text; the same content gives the same bytes.

    Args:
        template: the file of the template, which extends the frame of all pages.
        content: what the template names.
        version: of steadymask, for the foot of the page.
        settings: likewise; `better` is left out, since the tables say it.
        styles: the files of its style, in order.
        scripts: the files of its script, in order; nothing else may run.
    """
    script = _joined(scripts)
    return (
        _environment()
        .get_template(template)
        .render(
            content,
            version=version,
            settings=_flat(settings),
            style=Markup(_joined(styles)),  # our own files, not escaped
            script=Markup(script),  # our own files, not escaped
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        )
    )


def clock(seconds: float) -> str:
    """Seconds for people.

    >>> clock(2.25), clock(75.0)
    ('2.25 s', '1:15.00')
    """
    return f"{seconds:.2f} s" if seconds < 60 else f"{int(seconds // 60)}:{seconds % 60:05.2f}"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = clock
    return environment


def _joined(files: Sequence[str]) -> str:
    return "".join((_HERE / file).read_text(encoding="utf-8") for file in files)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows = []
    for key, value in settings.items():
        name = f"{prefix}{key}".replace("_", " ")
        if key == "better":
            continue
        if isinstance(value, Mapping):
            rows += _flat(value, f"{name}: ")
        else:
            rows.append((name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)))
    return rows
