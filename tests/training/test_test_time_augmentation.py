"""Several views of a frame as one answer."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from steadymask.errors import InputError
from steadymask.training.test_time_augmentation import TestTimeAugmentation, averaged_probs

FRAMES = torch.rand(2, 3, 10, 14, generator=torch.Generator().manual_seed(0))


def one_pixel() -> nn.Module:
    torch.manual_seed(0)
    return nn.Conv2d(3, 4, 1)


class Sized(nn.Module):
    """As sure of class 1 as a frame is high; keeps the sizes it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, frames: Tensor) -> Tensor:
        self.sizes.append(tuple(frames.shape[2:]))
        one = torch.full_like(frames[:, :1], frames.shape[2] / 100)
        return torch.cat((1 - one, one), 1).log()


def test_a_network_that_looks_at_one_pixel_says_the_same_of_a_mirrored_frame() -> None:
    network = one_pixel()
    found = averaged_probs(network, FRAMES, TestTimeAugmentation(scales=(1.0,)))
    torch.testing.assert_close(found, network(FRAMES).softmax(1))
    assert not found.requires_grad


def test_mirroring_makes_the_answer_mirror_with_the_frame() -> None:
    torch.manual_seed(1)
    network, settings = nn.Conv2d(3, 4, 3, padding=1), TestTimeAugmentation()
    found = averaged_probs(network, FRAMES, settings)
    torch.testing.assert_close(averaged_probs(network, FRAMES.flip(3), settings).flip(3), found)
    alone = averaged_probs(network, FRAMES, TestTimeAugmentation(flip=False))
    assert not torch.allclose(
        averaged_probs(network, FRAMES.flip(3), TestTimeAugmentation(flip=False)).flip(3), alone
    )


def test_probabilities_are_the_mean_of_those_of_all_sizes() -> None:
    network = Sized()
    found = averaged_probs(network, FRAMES, TestTimeAugmentation(scales=(1.0, 2.0, 0.1), multiple=4))
    assert network.sizes == [(10, 14)] * 2 + [(20, 28)] * 2 + [(4, 4)] * 2
    torch.testing.assert_close(found[:, 1], torch.full((2, 10, 14), (0.10 + 0.20 + 0.04) / 3))
    torch.testing.assert_close(found.sum(1), torch.ones(2, 10, 14))


def test_an_even_frame_gets_an_even_answer_at_any_size() -> None:
    network = one_pixel()
    even = FRAMES[:, :, :1, :1].expand(FRAMES.shape)
    found = averaged_probs(network, even, TestTimeAugmentation(scales=(0.5, 1.3)))
    torch.testing.assert_close(found, network(even).softmax(1))


def test_corners_stay_on_corners() -> None:
    ramp = torch.linspace(0, 1, 9).expand(1, 3, 8, 9)
    network = nn.Conv2d(3, 2, 1)
    found = averaged_probs(network, ramp, TestTimeAugmentation(scales=(2.0,), flip=False))
    larger = interpolate(ramp, (16, 16), mode="bilinear", align_corners=True)
    torch.testing.assert_close(found[..., ::7, ::8], network(larger).softmax(1)[..., ::15, ::15])


@pytest.mark.parametrize("wrong", [{"scales": ()}, {"scales": (1.0, 0.0)}, {"multiple": 0}])
def test_a_wrong_setting_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))}: wanted"):
        TestTimeAugmentation(**wrong)
