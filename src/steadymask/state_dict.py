"""Weights put into a network, all of them or none; what does not fit is named."""

from collections.abc import Mapping

from torch import Tensor, nn

from steadymask.errors import WeightsError


def load_exactly(module: nn.Module, state: Mapping[str, Tensor], *, where: str) -> None:
    """Give a network its weights; it stays as it was if they do not fit.

    Args:
        module: the network, or a part of it.
        state: an entry for each of its parameters and buffers, and no others.
        where: the file they came from, for messages.

    Raises:
        WeightsError: an entry is missing, has another shape, or is of no part of the network; the message
            names the first and counts the others.
    """
    reason = _misfit(module.state_dict(), state, type(module).__name__)
    if reason is not None:
        raise WeightsError(f"{where}: {reason}")
    module.load_state_dict(dict(state), strict=True)


def _misfit(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor], name: str) -> str | None:
    missing = [key for key in wanted if key not in state]
    if missing:
        return f"{missing[0]}: wanted {_shape(wanted[missing[0]])} for {name}, got none{_more(missing)}"
    other = [key for key in wanted if wanted[key].shape != state[key].shape]
    if other:
        shapes = f"wanted {_shape(wanted[other[0]])} for {name}, got {_shape(state[other[0]])}"
        return f"{other[0]}: {shapes}{_more(other)}"
    extra = [key for key in state if key not in wanted]
    if extra:
        return f"{extra[0]}: wanted only weights of {name}, got {_shape(state[extra[0]])}{_more(extra)}"
    return None


def _shape(value: Tensor) -> str:
    return " × ".join(str(each) for each in value.shape) or "a number"


def _more(keys: list[str]) -> str:
    return f" (and {len(keys) - 1} more)" if len(keys) > 1 else ""
