"""Axis letters and the array types every face of the package is written in.

Axes always stand in this order: `b` batch, `t` time, `k` classes or objects (0 is background), `c` colour,
`h` rows, `w` columns. Streams leave out `b` and `t`: one picture is `c h w`, one label map `h w`.
`docs/conventions.md` shows each rule with assertions that run.
"""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

Frames = Float[Tensor, "b t c h w"]
"""Colour frames, RGB in [0, 1]."""

Probs = Float[Tensor, "b t k h w"]
"""Probabilities of `k` classes, class 0 the background; they sum to 1 over `k`."""

Labels = Int[Tensor, "b t h w"]
"""Class or object ids; 0 is background, −1 is void (no metric counts it)."""

Alpha = Float[Tensor, "b h w"]
"""Mattes: how opaque the foreground is, in [0, 1]."""

Flow = Float[Tensor, "b 2 h w"]
"""`flow_ij`: where each pixel of frame i lies in frame j, as (dx, dy) in pixels."""

Visible = Bool[Tensor, "b h w"]
"""`visible_ij`: on frame i's grid, the pixels that are also seen in frame j."""

Picture = UInt8[Tensor, "3 h w"]
"""One RGB frame of a stream, 0 to 255."""

PictureProbs = Float[Tensor, "k h w"]
"""The class probabilities of one frame of a stream."""

PictureLabels = Int[Tensor, "h w"]
"""The label map of one frame of a stream; −1 is void."""

PictureFlow = Float[Tensor, "2 h w"]
"""The flow between two frames of a stream, (dx, dy) in pixels."""


@runtime_checkable
class FlowEstimator(Protocol):
    """Estimates where each pixel of one picture lies in another."""

    def __call__(self, picture_i: Picture, picture_j: Picture) -> PictureFlow:
        """Return `flow_ij`, in pixels of the pictures given, on picture i's grid."""
        ...


@runtime_checkable
class Flows(Protocol):
    """The flows of a stream, asked for by frame index; each is computed once and kept while it is needed."""

    def add(self, index: int, picture: Picture) -> None:
        """Make frame `index` known."""
        ...

    def prepare(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Announce flows that will be asked for, so that they can be computed side by side."""
        ...

    def __call__(self, i: int, j: int) -> PictureFlow:
        """Return `flow_ij`: where each pixel of frame i lies in frame j."""
        ...

    def release(self, last: int) -> None:
        """Let go of the flows between frames that all have an index of at most `last`; the frames stay."""
        ...

    def forget(self, before: int) -> None:
        """Let go of every frame with an index below `before`, and of its flows."""
        ...
