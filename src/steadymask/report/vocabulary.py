"""The numbers that steadymask states, by their keys: what each is called and what it means."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["stability", "accuracy"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One metric for people.

    Args:
        name: in words.
        kind: "stability" or "accuracy".
        better: which way is better.
        share: whether it lies in [0, 1] and is written in percent.
        meaning: one sentence.
    """

    name: str
    kind: Kind
    better: Better
    share: bool
    meaning: str


VOCABULARY = {
    "inconsistency": Metric(
        "Flicker (inconsistency)", "stability", "lower", False,
        "Pixels that change their label although the motion does not explain it, counted from a frame to its "
        "neighbors and back, for each pixel of the masks' edge.",
    ),
    "inconsistency_by_masks_boundary": Metric(
        "Flicker, on one scale", "stability", "lower", False,
        "Flickering pixels for each pixel of the edge of the masks, also of compare and truth: a longer edge "
        "makes none of them look steadier.",
    ),
    "inconsistency_area": Metric(
        "Flicker, by area", "stability", "lower", False,
        "The same for each unit of the square root of the objects' area.",
    ),
    "inconsistency_none": Metric(
        "Flicker, not normalized", "stability", "lower", False,
        "The same as a share of the picture.",
    ),
    "temporal_consistency": Metric(
        "Temporal consistency", "stability", "higher", True,
        "How well a mask, moved along the motion, covers the next one: the overlap of the two as a share "
        "of their union.",
    ),
    "warping_pixel_accuracy": Metric(
        "Warping pixel accuracy", "stability", "higher", True,
        "Share of pixels that keep their label when a frame's mask is moved along the motion onto the next.",
    ),
    "smoothness": Metric(
        "Smoothness", "stability", "lower", False,
        "How much the masks change when they are blurred in time; it does not know motion, so that moving "
        "objects cost, and it grows with the length of the clip.",
    ),
    "temporal_stability": Metric(
        "Temporal stability (DAVIS T)", "stability", "lower", False,
        "How much the outline changes its shape from one frame to the next.",
    ),
    "stability_rate_global": Metric(
        "Stability rate, global", "stability", "higher", True,
        "Share of pixels that keep their label along a motion that is known exactly, in the whole picture.",
    ),
    "stability_rate_local": Metric(
        "Stability rate, at edges", "stability", "higher", True,
        "Share of pixels near the truth's edge that keep their label along a motion that is known exactly.",
    ),
    "stability_rate_video_global": Metric(
        "Stability rate, estimated motion", "stability", "higher", True,
        "Share of pixels that keep their label along the estimated motion, mean over pairs of frames.",
    ),
    "stability_rate_video_local": Metric(
        "Stability rate, estimated motion, at edges", "stability", "higher", True,
        "Share of pixels near the truth's edge that keep their label along the estimated motion, mean over "
        "pairs of frames.",
    ),
    "dtssd": Metric(
        "dtSSD", "stability", "lower", False,
        "How far the change of the matte from one frame to the next is from that of the truth.",
    ),
    "video_consistency_8": Metric(
        "Video consistency, 8 frames", "stability", "higher", True,
        "Of the pixels whose true label stays the same for 8 frames, the share that is right throughout.",
    ),
    "video_consistency_16": Metric(
        "Video consistency, 16 frames", "stability", "higher", True,
        "Of the pixels whose true label stays the same for 16 frames, the share that is right throughout.",
    ),
    "youtube_vos_g": Metric(
        "G (YouTube-VOS)", "accuracy", "higher", True,
        "The mean of J and F of the seen and of the unseen categories.",
    ),
    "jaccard_seen": Metric(
        "J, seen categories", "accuracy", "higher", True,
        "Region overlap J of objects whose category is known from training.",
    ),
    "jaccard_unseen": Metric(
        "J, unseen categories", "accuracy", "higher", True,
        "Region overlap J of objects whose category is new.",
    ),
    "boundary_f_seen": Metric(
        "F, seen categories", "accuracy", "higher", True,
        "Boundary accuracy F of objects whose category is known from training.",
    ),
    "boundary_f_unseen": Metric(
        "F, unseen categories", "accuracy", "higher", True,
        "Boundary accuracy F of objects whose category is new.",
    ),
    "jaccard_and_boundary_f": Metric(
        "J&F", "accuracy", "higher", True, "The mean of region overlap J and boundary accuracy F.",
    ),
    "jaccard": Metric(
        "Region overlap J", "accuracy", "higher", True,
        "Overlap of mask and truth as a share of their union (Jaccard index, IoU), mean over frames.",
    ),
    "boundary_f": Metric(
        "Boundary accuracy F", "accuracy", "higher", True,
        "How well the mask's outline meets the true outline within a small tolerance, mean over frames.",
    ),
    "recall": Metric(
        "Recall", "accuracy", "higher", True, "Share of the true object's pixels that the mask covers.",
    ),
    "mean_iou": Metric(
        "Mean IoU", "accuracy", "higher", True,
        "Overlap of mask and truth as a share of their union, mean over classes.",
    ),
    "mean_accuracy": Metric(
        "Mean accuracy", "accuracy", "higher", True,
        "Share of the pixels of a true class that have its label, mean over classes.",
    ),
    "pixel_accuracy": Metric(
        "Pixel accuracy", "accuracy", "higher", True, "Share of pixels with the true label.",
    ),
    "mean_absolute_error": Metric(
        "Mean absolute error", "accuracy", "lower", True,
        "Mean difference between mask and truth over all pixels: for hard masks, the share of wrong pixels.",
    ),
    "jaccard_recall": Metric(
        "J recall", "accuracy", "higher", True, "Share of frames whose region overlap J exceeds 50 %.",
    ),
    "boundary_f_recall": Metric(
        "F recall", "accuracy", "higher", True, "Share of frames whose boundary accuracy F exceeds 50 %.",
    ),
    "jaccard_decay": Metric(
        "J decay", "accuracy", "lower", True,
        "Region overlap J in the first quarter of the clip less that in the last: what is lost.",
    ),
    "boundary_f_decay": Metric(
        "F decay", "accuracy", "lower", True,
        "Boundary accuracy F in the first quarter of the clip less that in the last: what is lost.",
    ),
    "average_precision": Metric(
        "AP", "accuracy", "higher", True,
        "Average precision of tracks over all levels of recall, mean over categories and over the overlaps, "
        "from 50 % to 95 %, from which on a track counts as found.",
    ),
    "average_precision_50": Metric(
        "AP at 50 % overlap", "accuracy", "higher", True,
        "Average precision where a track counts as found from an overlap of 50 % on.",
    ),
    "average_precision_75": Metric(
        "AP at 75 % overlap", "accuracy", "higher", True,
        "Average precision where a track counts as found from an overlap of 75 % on.",
    ),
    "average_precision_small": Metric(
        "AP, small objects", "accuracy", "higher", True, "Average precision of small objects.",
    ),
    "average_precision_medium": Metric(
        "AP, medium objects", "accuracy", "higher", True, "Average precision of medium objects.",
    ),
    "average_precision_large": Metric(
        "AP, large objects", "accuracy", "higher", True, "Average precision of large objects.",
    ),
    "average_recall_1": Metric(
        "AR of 1", "accuracy", "higher", True,
        "Share of the true objects that the surest track of each video and category finds.",
    ),
    "average_recall_10": Metric(
        "AR of 10", "accuracy", "higher", True,
        "Share of the true objects that the 10 surest tracks of each video and category find.",
    ),
    "average_recall_100": Metric(
        "AR of 100", "accuracy", "higher", True,
        "Share of the true objects that the 100 surest tracks of each video and category find.",
    ),
    "average_recall_small": Metric(
        "AR, small objects", "accuracy", "higher", True, "Share of the true small objects that are found.",
    ),
    "average_recall_medium": Metric(
        "AR, medium objects", "accuracy", "higher", True, "Share of the true medium objects that are found.",
    ),
    "average_recall_large": Metric(
        "AR, large objects", "accuracy", "higher", True, "Share of the true large objects that are found.",
    ),
    "sad": Metric(
        "SAD", "accuracy", "lower", False,
        "Sum of the absolute differences of a frame's matte from the truth, in thousands, mean over frames.",
    ),
    "mad": Metric(
        "MAD", "accuracy", "lower", False, "Mean absolute difference of the matte from the truth.",
    ),
    "mse": Metric(
        "MSE", "accuracy", "lower", False, "Mean squared difference of the matte from the truth.",
    ),
    "matting_gradient": Metric(
        "Grad", "accuracy", "lower", False,
        "How much sharper or softer the matte is than the truth: the squared differences of their slopes.",
    ),
    "matting_connectivity": Metric(
        "Conn", "accuracy", "lower", False,
        "How much of the matte hangs loose from the object where the truth does not, or the other way about.",
    ),
}  # fmt: skip
