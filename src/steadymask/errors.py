"""What can go wrong, as one tree.

SteadymaskError             everything the package raises on purpose
├── InputError (ValueError)     a parameter, a mask or a pairing that cannot be used
├── VideoError (OSError)        a video or picture that cannot be read or written
└── WeightsError (ValueError)   network weights that are missing or do not fit

A message is one line. It names the parameter, or the file and frame, then what was wanted and what came.
The command line prints that line and exits with code 1.
"""


class SteadymaskError(Exception):
    """Anything the package raises on purpose."""


class InputError(SteadymaskError, ValueError):
    """A parameter, a mask or a pairing that cannot be used."""


class VideoError(SteadymaskError, OSError):
    """A video or picture that cannot be read or written."""


class WeightsError(SteadymaskError, ValueError):
    """Network weights that are missing or do not fit."""


def require(condition: bool, message: str) -> None:
    """Raise an `InputError` with `message` unless `condition` holds.

    >>> require(2 > 1, "never seen")
    """
    if not condition:
        raise InputError(message)
