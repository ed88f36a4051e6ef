"""A matte and its truth, drawn from formulas, whose errors a published tool has measured.

The numbers in the tests that use it are those of mmediting 0.16.1 (PyPI, Apache-2.0): `sad`, `mse`,
`gradient_error` and `connectivity` of `mmedit.core.evaluation.metrics`, called with (truth, trimap, matte) as
uint8, under NumPy 2.4.6 and OpenCV 5.0.0, on 2026-11-21.
"""

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from steadymask.arrays import Alpha


def measured_mattes() -> tuple[Alpha, Alpha, Bool[Tensor, "b h w"]]:
    """A frame of a fringed disc: the matte, its truth, and the unknown region, outside which they agree."""
    y, x = np.mgrid[:60, :80]
    center = np.hypot(y - 30, x - 40)
    truth = (center - 24) / -12 + 0.35 * np.sin(x / 3) * np.cos(y / 4)
    alpha = (np.hypot(y - 29, x - 42) - 23) / -9 + 0.45 * np.cos(x / 2 + y / 5)
    truth, alpha = (np.round(255 * each.clip(0, 1)) for each in (truth, alpha))
    trimap = np.where(center < 6, 255, np.where(center > 34, 0, 128))
    mattes = [torch.from_numpy(np.where(trimap == 128, each, trimap) / 255)[None] for each in (alpha, truth)]
    return mattes[0].float(), mattes[1].float(), torch.from_numpy(trimap == 128)[None]


def noisy_mattes(seed: int, *, frames: int = 2, size: tuple[int, int] = (12, 15)) -> tuple[Alpha, Alpha]:
    """Two coarse mattes that have something in common; many of their pixels are 0 or 1."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(
        3, frames, -(-size[0] // 3), -(-size[1] // 3), generator=generator, dtype=torch.float64
    )
    fine = coarse.repeat_interleave(3, 2).repeat_interleave(3, 3)[..., : size[0], : size[1]]
    noise = torch.rand(2, frames, *size, generator=generator, dtype=torch.float64)
    alpha, truth = ((2 * fine[0] + fine[each] + noise[each - 1] - 1.3).clamp(0, 1) for each in (1, 2))
    return alpha, truth
