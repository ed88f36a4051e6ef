"""Packages that only some networks need, imported when one of these is made."""

from importlib import import_module
from types import ModuleType

from steadymask.errors import InputError


def optional(package: str, *, extra: str) -> ModuleType:
    """Import a package that comes with an extra of ours.

    Args:
        package: its name.
        extra: the one to install it with.

    Raises:
        InputError: it is not installed; the message says how to.
    """
    try:
        return import_module(package)
    except ImportError as error:
        wanted = f"wanted it installed (pip install 'steadymask[{extra}]')"
        raise InputError(f"{package}: {wanted}, got none ({error})") from error
