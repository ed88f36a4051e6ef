"""Lines kept over time."""

import torch

from steadymask.report.slice_columns import Columns, Lines


def lines(value: int) -> Lines:
    """Two lines of three points for one masking, all of one value."""
    return Lines(
        picture=torch.full((3, 2, 3), value, dtype=torch.uint8),
        labels=torch.full((1, 2, 3), value, dtype=torch.int16),
        occluded=torch.full((2, 3), value % 2 == 1),
    )


def kept(columns: Columns) -> list[int]:
    """The value of each time, which all parts of a line agree on."""
    line = columns.line(1)
    found = line.picture[0, 0].tolist()
    assert line.picture.shape == (3, 3, len(columns))
    assert line.labels[0, 2].tolist() == found
    assert line.occluded[0].tolist() == [value % 2 == 1 for value in found]
    return found


def test_a_line_through_time_holds_what_was_kept_in_order() -> None:
    columns = Columns(4, lines(0))
    for value in (5, 6, 7):
        columns.append(lines(value))
    assert kept(columns) == [5, 6, 7]
    assert (columns.last().picture == 7).all()


def test_thinning_out_keeps_every_second_time_and_makes_room() -> None:
    columns = Columns(5, lines(0))
    for value in range(5):
        columns.append(lines(value))
    columns.thin_out()
    assert kept(columns) == [0, 2, 4]
    columns.append(lines(6))
    assert kept(columns) == [0, 2, 4, 6]
    columns.thin_out()
    assert kept(columns) == [0, 4]
