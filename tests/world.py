"""A small synthetic world: textured disks over a moving ground, with exact labels, flow and visibility."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Disk:
    """An object; a later one in the list lies on top."""

    center: tuple[float, float]  # (x, y) in frame 0
    radius: float
    velocity: tuple[float, float]  # (dx, dy) in pixels per frame


@dataclass(frozen=True, kw_only=True)
class World:
    """Object n of the list has label n + 1. Whole-number velocities make everything exact to the pixel."""

    size: tuple[int, int] = (48, 64)
    ground: tuple[float, float] = (1, 0)
    disks: tuple[Disk, ...] = (
        Disk(center=(20, 22), radius=11, velocity=(3, 1)),
        Disk(center=(44, 26), radius=8, velocity=(-2, 0)),
    )
    seed: int = 0

    @property
    def classes(self) -> int:
        return len(self.disks) + 1

    def labels(self, t: int) -> Tensor:
        """`h w`, int32."""
        return self._label_at(*self._grid(), t).int()

    def flow(self, i: int, j: int) -> Tensor:
        """`2 h w`: where each pixel of frame i lies in frame j."""
        velocities = torch.tensor([self.ground, *(disk.velocity for disk in self.disks)], dtype=torch.float32)
        return (j - i) * velocities[self.labels(i).long()].permute(2, 0, 1)

    def visible(self, i: int, j: int) -> Tensor:
        """`h w`: on frame i's grid, what stays in the picture and is not hidden in frame j."""
        height, width = self.size
        x, y = (grid + shift for grid, shift in zip(self._grid(), self.flow(i, j), strict=True))
        stays = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        return stays & (self._label_at(x, y, j) == self.labels(i))

    def picture(self, t: int) -> Tensor:
        """`3 h w`, uint8 RGB: each layer carries its own texture along."""
        labels, picture = self.labels(t), torch.zeros(3, *self.size)
        x, y = self._grid()
        for label, (dx, dy) in enumerate([self.ground, *(disk.velocity for disk in self.disks)]):
            picture = torch.where(labels == label, self._texture(x - t * dx, y - t * dy, label), picture)
        return picture.round().to(torch.uint8)

    def _grid(self) -> tuple[Tensor, Tensor]:
        height, width = self.size
        return torch.arange(width).float().expand(height, width), torch.arange(height).float()[
            :, None
        ].expand(height, width)

    def _label_at(self, x: Tensor, y: Tensor, t: int) -> Tensor:
        labels = torch.zeros(x.shape, dtype=torch.int64)
        for label, disk in enumerate(self.disks, start=1):
            centers = [c + t * v for c, v in zip(disk.center, disk.velocity, strict=True)]
            labels[(x - centers[0]) ** 2 + (y - centers[1]) ** 2 <= disk.radius**2] = label
        return labels

    def _texture(self, x: Tensor, y: Tensor, label: int) -> Tensor:
        """Waves of random direction and phase, a few pixels long, so that flow can hold on to them."""
        noise = torch.Generator().manual_seed(self.seed * 97 + label)
        waves = (torch.rand(3, 12, 2, generator=noise) - 0.5) * 2.4
        phases = torch.rand(3, 12, generator=noise) * 6.3
        angles = waves[..., 0, None, None] * x + waves[..., 1, None, None] * y + phases[..., None, None]
        return (128 + 35 * label % 60 + 22 * torch.sin(angles).sum(1)).clamp(0, 255)
