"""How the points of two consecutive frames belong together, where that is known exactly; and its file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool
from numpy.typing import NDArray
from torch import Tensor

from steadymask.arrays import PictureFlow
from steadymask.data.similarity import Similarity
from steadymask.errors import InputError
from steadymask.io.named_arrays import read_arrays, write_arrays


@dataclass(frozen=True, kw_only=True, eq=False)
class ExactMotion:
    """From a frame to the next, and back.

    A pixel is visible in the other frame where its point lies inside that picture with nothing new on top.

    Args:
        forward: where points of the earlier frame lie in the later one.
        backward: the way back.
        visible_forward: on the earlier frame's grid, the pixels also seen in the later frame.
        visible_backward: on the later frame's grid, the pixels also seen in the earlier frame.
    """

    forward: Similarity
    backward: Similarity
    visible_forward: Bool[Tensor, "h w"]
    visible_backward: Bool[Tensor, "h w"]

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) in pixels."""
        height, width = self.visible_forward.shape
        return height, width

    @property
    def flow_forward(self) -> PictureFlow:
        """On the earlier frame's grid: where each pixel lies in the later frame."""
        return self.forward.flow(self.size)

    @property
    def flow_backward(self) -> PictureFlow:
        """On the later frame's grid: where each pixel lies in the earlier frame."""
        return self.backward.flow(self.size)


def write_motion(path: Path, motion: ExactMotion, *, dense: bool = False) -> None:
    """Write an npz: `forward` and `backward` (2 × 3 matrices), `visible_forward` and `visible_backward`.

    Args:
        path: the file.
        motion: what to write.
        dense: also write `flow_forward` and `flow_backward`, float32, `2 h w`.

    Raises:
        VideoError: the file cannot be written.
    """
    arrays = {
        "forward": _matrix(motion.forward),
        "backward": _matrix(motion.backward),
        "visible_forward": motion.visible_forward.numpy(),
        "visible_backward": motion.visible_backward.numpy(),
    }
    if dense:
        flows = {"flow_forward": motion.flow_forward, "flow_backward": motion.flow_backward}
        arrays |= {key: flow.numpy() for key, flow in flows.items()}
    write_arrays(path, arrays)


def read_motion(path: Path, *, size: tuple[int, int]) -> ExactMotion:
    """Read what `write_motion` wrote; the matrices are the flow, dense or not.

    Raises:
        InputError: the file holds something else, or belongs to pictures of another size.
        VideoError: the file is missing or damaged.
    """
    matrix, mask = ("float64", (2, 3)), ("bool", size)
    wanted = {"forward": matrix, "backward": matrix, "visible_forward": mask, "visible_backward": mask}
    found = read_arrays(path, wanted)
    return ExactMotion(
        forward=_similarity(path, found["forward"]),
        backward=_similarity(path, found["backward"]),
        visible_forward=torch.from_numpy(found["visible_forward"].copy()),
        visible_backward=torch.from_numpy(found["visible_backward"].copy()),
    )


def _matrix(motion: Similarity) -> NDArray[np.float64]:
    rows = (motion.cos, -motion.sin, motion.right), (motion.sin, motion.cos, motion.down)
    return np.array(rows, np.float64)


def _similarity(path: Path, matrix: NDArray[np.float64]) -> Similarity:
    (cos, minus_sin, right), (sin, same_cos, down) = matrix.tolist()
    if not np.isfinite(matrix).all() or (cos, sin) != (same_cos, -minus_sin):
        raise InputError(f"{path}: wanted a matrix that turns, scales and moves, got {matrix.tolist()}")
    return Similarity(cos=cos, sin=sin, right=right, down=down)
