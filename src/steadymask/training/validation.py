"""A look at a network on what it never learns from: how accurate it is, and how steady."""

from dataclasses import dataclass
from functools import reduce
from operator import add

import torch
from torch import Tensor, nn

from steadymask.arrays import FlowEstimator, Picture, PictureLabels
from steadymask.data.sampling import equally_spaced_pairs
from steadymask.data.training_data import LabeledImage, TrainingData, UnlabeledVideo
from steadymask.errors import require
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.metrics.mean_iou import mean_iou
from steadymask.metrics.temporal_consistency import temporal_consistency, temporal_consistency_sums
from steadymask.most_probable import most_probable
from steadymask.warp import visibility


@dataclass(frozen=True, kw_only=True, eq=False)
class Validation:
    """Mean IoU over labeled pictures, and temporal consistency (strict) over pairs of frames of videos.

    Args:
        data: held out; both labeled pictures and videos.
        flow: estimates how frames move.
        pairs_per_video: pairs of consecutive frames, equally far from each other; None: all.
        most_images: at most so many labeled pictures, equally far from each other.
    """

    data: TrainingData
    flow: FlowEstimator
    pairs_per_video: int | None = 10
    most_images: int = 100

    def __post_init__(self) -> None:
        """Check that both can be found."""
        both = bool(self.data.labeled and self.data.videos)
        require(both, f"{self.data.name}: wanted labeled pictures and videos to look at, got one of them")
        require(self.most_images >= 1, f"most_images: wanted at least 1, got {self.most_images}")

    def __call__(self, network: nn.Module) -> dict[str, float]:
        """Look at a network in evaluation mode: `accuracy` and `stability`, in [0, 1], higher is better."""
        every = max(-(-len(self.data.labeled) // self.most_images), 1)
        right = [self._accuracy(network, each) for each in self.data.labeled[::every]]
        steady = [self._stability(network, each) for each in self.data.videos]
        return {
            "accuracy": mean_iou(reduce(add, right)),
            "stability": temporal_consistency(reduce(add, steady)),
        }

    def _accuracy(self, network: nn.Module, image: LabeledImage) -> Agreement:
        picture, truth = image.read()
        return agreement(truth, predicted_labels(network, picture), classes=len(self.data.classes))

    def _stability(self, network: nn.Module, video: UnlabeledVideo) -> Agreement:
        classes = len(self.data.classes)
        nothing = torch.zeros(classes, dtype=torch.int64)
        found = Agreement(pixels=nothing, lost=nothing, gained=nothing)
        for first in equally_spaced_pairs(video, self.pairs_per_video):
            before, after = video.frame(first), video.frame(first + 1)
            flow, back = self.flow(after, before), self.flow(before, after)
            found += temporal_consistency_sums(
                predicted_labels(network, after),
                predicted_labels(network, before),
                flow,
                classes=classes,
                visible=visibility(flow[None], back[None])[0],
            )
        return found


@torch.no_grad()
def predicted_labels(network: nn.Module, picture: Picture) -> PictureLabels:
    """The most probable class of each pixel."""
    device = next(network.parameters()).device
    logits: Tensor = network(picture[None].to(device).float() / 255)
    return most_probable(logits[0]).cpu()
