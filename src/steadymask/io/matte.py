"""One matte: how opaque the foreground is, as a grey picture or in the alpha of a colored one."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from steadymask.errors import InputError
from steadymask.io.picture import read_picture
from steadymask.io.png import read_png


def read_matte(path: Path) -> Float[Tensor, "h w"]:
    """Read a matte, in [0, 1]: the alpha of a PNG that has one, else the grey of a picture.

    Raises:
        InputError: a PNG with colors or a palette, which is no matte.
        VideoError: it cannot be read.
    """
    if path.suffix.lower() != ".png":  # colors of a JPEG are those of its noise
        return torch.from_numpy(read_picture(path)).float().mean(2) / 255
    file = read_png(path)
    samples, color = file.samples(), file.header.color
    if color == "palette":
        raise InputError(f"{path}: wanted a matte (grey, or alpha), got a palette")
    if color == "rgb" and (samples != samples[..., :1]).any():
        raise InputError(f"{path}: wanted a matte (grey, or alpha), got colors")
    grey = samples if samples.ndim == 2 else samples[..., -1]
    most = 2**file.header.depth - 1 if file.header.depth < 8 else np.iinfo(samples.dtype).max
    return torch.from_numpy(grey.astype(np.float32)) / int(most)
