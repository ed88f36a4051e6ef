"""The refiner's parts as in the paper: two dilated ResNet-50, and DeepLabV3's decoder for several frames."""

from collections.abc import Sequence
from types import ModuleType

from jaxtyping import Float
from torch import Tensor, nn

from steadymask.networks.optional import optional

_ENCODED, _FUSED = 2048, 256


def deeplabv3_parts(*, frames: int) -> tuple[nn.Module, nn.Module, nn.Module, nn.Module]:
    """The encoder of frames, that of masks, what fuses both, and the decoder.

    Training needs batches of at least two runs: one average over the whole picture cannot be normalized.

    Args:
        frames: how many the decoder sees.

    Raises:
        InputError: torchvision is not installed.
    """
    models = optional("torchvision.models", extra="train")
    heads = optional("torchvision.models.segmentation.deeplabv3", extra="train")
    return _ResNet50(models, channels=3), _ResNet50(models, channels=1), _Fusion(), _Decoder(heads, frames)


class _ResNet50(nn.Module):
    """torchvision's network up to its last features, at 1/8 of the picture."""

    def __init__(self, models: ModuleType, *, channels: int) -> None:
        super().__init__()
        network = models.resnet50(weights=None, replace_stride_with_dilation=[False, True, True])
        if channels != 3:
            network.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.layers = nn.Sequential(*list(network.children())[:-2])  # without average and classifier

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Tensor, ...]:
        return (self.layers(x),)


class _Fusion(nn.Module):
    """Fewer channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2 * _ENCODED, _FUSED, 1, bias=False)
        self.norm = nn.BatchNorm2d(_FUSED)
        self.act = nn.ReLU(inplace=True)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        [x] = maps
        return (self.act(self.norm(self.conv(x))),)


class _Decoder(nn.Module):
    """DeepLabV3's head over the features of all frames."""

    def __init__(self, heads: ModuleType, frames: int) -> None:
        super().__init__()
        *body, self.residual = heads.DeepLabHead(frames * _FUSED, frames)
        self.body = nn.Sequential(*body)
        for each in self.residual.parameters():
            nn.init.zeros_(each)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        [x] = maps
        return self.residual(self.body(x))
