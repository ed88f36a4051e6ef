"""Epochs, which papers print, as steps."""


def steps_of(epochs: int, pictures: int, *, batch: int) -> int:
    """How many steps see so many labeled pictures this often; the last batch of an epoch may begin the next.

    >>> steps_of(200, 2975, batch=8)
    74400
    """
    return epochs * -(-pictures // batch)
