"""The small refiner's parts: residual encoders of four levels, and a decoder that sees all frames on each."""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from steadymask.networks.resized import resized

_LEVELS = (8, 16, 32, 48)  # widths in eighths of the network's, at 1/2, 1/4, 1/8 and 1/16 of the picture
_FUSED = (4, 8, 16, 24)  # likewise, of each frame where all frames are concatenated
_DILATIONS = (1, 2, 4)
_GROUP = 8


def small_parts(*, frames: int, width: int) -> tuple[nn.Module, nn.Module, nn.Module, nn.Module]:
    """The encoder of frames, that of masks, half as wide, what fuses both, and the decoder.

    Args:
        frames: how many the decoder sees.
        width: channels at half the picture's size.
    """
    widths, fused = ([width * each // 8 for each in some] for some in (_LEVELS, _FUSED))
    halves = [each // 2 for each in widths]
    both = [each + half for each, half in zip(widths, halves, strict=True)]
    decoder = _JointDecoder(inputs=[frames * each for each in fused], widths=widths, frames=frames)
    return _Encoder(3, widths), _Encoder(1, halves), _Each(both, fused), decoder


class _Encoder(nn.Module):
    """Halves the size four times; each level is an output."""

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.first = _ConvNormAct(channels, widths[0], stride=2)
        self.levels = nn.ModuleList(
            nn.Sequential(_ConvNormAct(before, after, stride=2), _Residual(after))
            for before, after in pairwise(widths)
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Tensor, ...]:
        found = [self.first(x)]
        for level in self.levels:
            found.append(level(found[-1]))
        return tuple(found)


class _Each(nn.Module):
    """Other channels on each level."""

    def __init__(self, before: Sequence[int], after: Sequence[int]) -> None:
        super().__init__()
        self.levels = nn.ModuleList(_ConvNormAct(*each, kernel=1) for each in zip(before, after, strict=True))

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        return tuple(level(each) for level, each in zip(self.levels, maps, strict=True))


class _JointDecoder(nn.Module):
    """Gathers all frames on each level, looks around on the smallest, and goes back up to half the size."""

    def __init__(self, *, inputs: Sequence[int], widths: Sequence[int], frames: int) -> None:
        super().__init__()
        self.gathered = _Each(inputs, widths)
        self.context = nn.Sequential(*(_Residual(widths[-1], dilation=each) for each in _DILATIONS))
        self.narrowed = nn.ModuleList(nn.Conv2d(above, own, 1) for own, above in pairwise(widths))
        self.merged = nn.ModuleList(_ConvNormAct(own, own) for own in widths[:-1])
        self.residual = nn.Conv2d(widths[0], frames, 3, padding=1)
        for each in self.residual.parameters():
            nn.init.zeros_(each)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        *finer, x = self.gathered(maps)
        x = self.context(x)
        for own, narrow, merge in zip(finer[::-1], self.narrowed[::-1], self.merged[::-1], strict=True):
            x = merge(own + resized(narrow(x), (own.shape[2], own.shape[3])))
        return self.residual(x)


class _ConvNormAct(nn.Module):
    """Group normalization: batches hold few runs, and frames of a run are alike."""

    def __init__(
        self, before: int, after: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        around = dilation * (kernel // 2)
        self.conv = nn.Conv2d(before, after, kernel, stride, around, dilation, bias=False)
        self.norm = nn.GroupNorm(max(after // _GROUP, 1), after)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.act(self.norm(self.conv(x)))


class _Residual(nn.Module):
    """Two convolutions beside their input."""

    def __init__(self, channels: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.first = _ConvNormAct(channels, channels, dilation=dilation)
        self.second = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = nn.GroupNorm(max(channels // _GROUP, 1), channels)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return self.act(x + self.norm(self.second(self.first(x))))
