"""Small pictures for the page."""

import base64
from io import BytesIO

import torch
from PIL import Image

from steadymask.report.pictures import (
    FLICKER,
    PALETTE,
    data_uri,
    encoded,
    line_picture,
    nearest,
    smaller,
    with_flicker,
    with_masks,
)


def grey(height: int, width: int) -> torch.Tensor:
    return torch.full((3, height, width), 100, dtype=torch.uint8)


def test_masks_are_tinted_and_outlined_in_the_color_of_their_id() -> None:
    labels = torch.zeros(12, 12, dtype=torch.long)
    labels[3:10, 3:10] = 2
    drawn = with_masks(grey(12, 12), labels)
    color = torch.tensor(PALETTE[1])
    assert torch.equal(drawn[:, 6, 6], (0.7 * 100 + 0.3 * color).round().to(torch.uint8))
    assert (drawn[:, 3, 3:10] == color[:, None]).all()
    assert (drawn[:, 0, 0] == 100).all()


def test_void_and_background_leave_the_picture_as_it_is() -> None:
    labels = torch.zeros(6, 6, dtype=torch.long)
    labels[2:4] = -1
    assert torch.equal(with_masks(grey(6, 6), labels), grey(6, 6))


def test_no_flickering_pixel_is_lost_when_the_picture_shrinks() -> None:
    flicker = torch.zeros(64, 64, dtype=torch.bool)
    flicker[63, 0] = True
    drawn = with_flicker(grey(8, 8), flicker)
    assert tuple(drawn[:, 7, 0].tolist()) == FLICKER
    assert (drawn[:, :7] == 40).all()


def test_a_line_is_red_exactly_where_it_is_occluded() -> None:
    labels = torch.zeros(20, 5, dtype=torch.long)
    occluded = torch.zeros(20, 5, dtype=torch.bool)
    occluded[4:8, 2] = True
    drawn = line_picture(grey(20, 5), labels, occluded, height=20)
    assert torch.equal((drawn != 100).any(0), occluded)
    assert drawn[0, 5, 2] > 150 > 60 > drawn[1, 5, 2]


def test_shrinking_averages_pictures_and_picks_labels() -> None:
    picture = torch.zeros(3, 4, 4, dtype=torch.uint8)
    picture[:, :, ::2] = 200
    assert abs(int(smaller(picture, (2, 2))[0, 0, 0]) - 100) <= 30
    assert torch.equal(nearest(torch.arange(4).repeat(4, 1), (1, 2)), torch.tensor([[1, 3]]))


def test_pictures_travel_inside_the_page() -> None:
    picture = grey(5, 7)
    for kind in ("png", "jpeg"):
        uri = data_uri(encoded(picture, kind))
        head, content = uri.split(",")
        assert head == f"data:image/{kind};base64"
        assert Image.open(BytesIO(base64.b64decode(content))).size == (7, 5)
