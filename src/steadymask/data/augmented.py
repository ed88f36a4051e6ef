"""A variation applied: to pictures, labels, and to the flow between two pictures that vary alike."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import avg_pool2d

from steadymask.arrays import Flow, Visible
from steadymask.data.augmentation import Transform
from steadymask.data.color_jitter import jittered
from steadymask.errors import require
from steadymask.warp import inside

PADDING = (0.485, 0.456, 0.406)
"""The color around a picture: the mean of ImageNet's, which networks that subtract it see as nothing."""


def apply_picture(
    picture: Float[Tensor, "b 3 h w"], transform: Transform
) -> Float[Tensor, "b 3 rows columns"]:
    """Vary pictures, RGB in [0, 1], by bilinear interpolation.

    Where a picture shrinks to half or less, each pixel is the mean of those that it stands for. Around it
    lies the color `PADDING`.

    Raises:
        InputError: the pictures have not the size that the transform is for.
    """
    _check("picture", picture, transform)
    found = _bilinear(_averaged(picture, transform), transform)
    padding = torch.tensor(PADDING).to(found)[:, None, None]
    return torch.where(_covered(transform, found), jittered(found, transform.jitter), padding)


def apply_masks(masks: Float[Tensor, "b h w"], transform: Transform) -> Float[Tensor, "b rows columns"]:
    """Vary probabilities of an object by bilinear interpolation; around them is no object.

    Raises:
        InputError: the masks have not the size that the transform is for.
    """
    _check("masks", masks, transform)
    found = _bilinear(masks[:, None], transform)[:, 0]
    return found.masked_fill(~_covered(transform, found), 0)


def apply_labels(labels: Int[Tensor, "b h w"], transform: Transform) -> Int[Tensor, "b rows columns"]:
    """Vary labels, each pixel taking that of the nearest one; around them all is void (−1).

    Raises:
        InputError: the labels have not the size that the transform is for.
    """
    _check("labels", labels, transform)
    return _nearest(labels, transform).masked_fill(~_covered(transform, labels), -1)


def apply_flow(flow_ij: Flow, transform: Transform) -> Float[Tensor, "b 2 rows columns"]:
    """The flow between two frames that both vary by `transform`, in pixels of what comes out.

    It is interpolated bilinearly, lengthened with the scale, and points the other way sideways if flipped;
    around it, it is 0.

    Args:
        flow_ij: where each pixel of frame i lies in frame j, in pixels of these frames.
        transform: of both frames.

    Raises:
        InputError: the flow has not the size that the transform is for.
    """
    _check("flow_ij", flow_ij, transform)
    down, right = transform.factors
    lengths = torch.tensor([-right if transform.flipped else right, down]).to(flow_ij)
    found = _bilinear(flow_ij, transform) * lengths[:, None, None]
    return found.masked_fill(~_covered(transform, found), 0)


def apply_visible(visible_ij: Visible, flow_ij: Flow, transform: Transform) -> Bool[Tensor, "b rows columns"]:
    """What of frame i is also seen in frame j after both vary by `transform`.

    A pixel counts if the nearest one counted before, and if its point still lies inside what is left of
    frame j; around the picture none counts.

    Args:
        visible_ij: what counts before.
        flow_ij: where each pixel of frame i lies in frame j, before.
        transform: of both frames.

    Raises:
        InputError: the size is not that which the transform is for.
    """
    _check("visible_ij", visible_ij, transform)
    nearest = _nearest(visible_ij, transform) & _covered(transform, visible_ij)
    return nearest & inside(apply_flow(flow_ij, transform))


def _check(name: str, x: Tensor, transform: Transform) -> None:
    height, width = transform.own
    require(
        tuple(x.shape[-2:]) == transform.own,
        f"{name}: wanted height x width {height} x {width}, got {x.shape[-2]} x {x.shape[-1]}",
    )


def _places(transform: Transform, axis: int) -> tuple[Float[Tensor, "n"], Bool[Tensor, "n"]]:
    """Along an axis, the place in the picture of each pixel that comes out, and whether it is in there."""
    own, scaled, size = transform.own[axis], transform.scaled[axis], transform.size[axis]
    at = torch.arange(size, dtype=torch.float64) + transform.corner[axis]
    at = at.flip(0) if axis == 1 and transform.flipped else at
    covered = (at >= 0) & (at <= scaled - 1)
    # Whole places stay whole: the product is exact, and so is its quotient.
    return (at.clamp(0, scaled - 1) * (own - 1) / max(scaled - 1, 1)), covered


def _covered(transform: Transform, like: Tensor) -> Bool[Tensor, "rows columns"]:
    (_, rows), (_, columns) = (_places(transform, axis) for axis in (0, 1))
    return (rows[:, None] & columns).to(like.device)


def _bilinear(x: Float[Tensor, "b c h w"], transform: Transform) -> Float[Tensor, "b c rows columns"]:
    """One axis after the other; at whole places, the very values."""
    for axis in (0, 1):
        at, dim = _places(transform, axis)[0], axis - 2
        low = at.floor()
        weight = (at - low).to(x)
        before, after = (
            x.index_select(dim, each.clamp(max=x.shape[dim] - 1).long().to(x.device))
            for each in (low, low + 1)
        )
        x = torch.lerp(before, after, weight[:, None] if axis == 0 else weight)
    return x


def _nearest(x: Int[Tensor, "b h w"] | Visible, transform: Transform) -> Tensor:
    for axis in (0, 1):
        x = x.index_select(axis - 2, _places(transform, axis)[0].round().long().to(x.device))
    return x


def _averaged(picture: Float[Tensor, "b 3 h w"], transform: Transform) -> Float[Tensor, "b 3 h w"]:
    """Each pixel with those around it that will share one pixel; as it is, if the picture hardly shrinks."""
    down, right = (2 * int(0.5 / max(factor, 0.001)) + 1 for factor in transform.factors)
    if down == right == 1:
        return picture
    return avg_pool2d(
        picture, (down, right), stride=1, padding=(down // 2, right // 2), count_include_pad=False
    )
