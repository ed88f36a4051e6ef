"""What the published weights of ESPNetV2 are worth on the clips, as they come: no training, no filter.

python -m benchmarks.quality.espnetv2_weights [--weights NAME…] [--every 1]

The weights for PASCAL VOC against the truth of DAVIS clips whose object has a class of PASCAL VOC (`CLIPS`
says which; camel has none): J, the mean over frames of the IoU. The weights for Cityscapes on CamVid, which
they have never seen (`CAMVID` says which class is which): IoU of each class, pixels pooled. Frames go in
resized (bilinear with antialiasing, as the authors' code does it) to the size the weights were trained at, to
half of it, or as they are; logits come back bilinear to the size of the truth. Results are written to
benchmarks/results/espnetv2_weights.json; what was not asked for stays in it.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own name for it
from benchmarks.inputs import DATA
from benchmarks.provenance import provenance, read_result, write_result

from steadymask.arrays import Picture, PictureLabels
from steadymask.data.camvid import CLASSES, camvid
from steadymask.data.reading import Reading
from steadymask.io.mask_frame import labels_of
from steadymask.io.video import open_pictures, open_video
from steadymask.io.weights import read_weights
from steadymask.metrics.agreement import Agreement, agreement
from steadymask.metrics.jaccard import jaccard, jaccard_of_frame
from steadymask.networks.espnetv2 import ESPNetV2
from steadymask.networks.espnetv2_published import (
    CITYSCAPES_CLASSES,
    PASCAL_CLASSES,
    espnetv2_from_published,
)

DEV, TRAIN = "davis-dev-480p", "davis-train-240p"
CLIPS = {
    "blackswan": (DEV, ("bird",)),
    "breakdance": (DEV, ("person",)),
    "car-shadow": (DEV, ("car",)),
    "dance-twirl": (DEV, ("person",)),
    "dog": (DEV, ("dog",)),
    "drift-straight": (DEV, ("car",)),
    "horsejump-high": (DEV, ("horse", "person")),
    "libby": (DEV, ("dog",)),
    "paragliding-launch": (DEV, ("person",)),
    "bus": (TRAIN, ("bus",)),
    "hike": (TRAIN, ("person",)),
    "lucia": (TRAIN, ("person",)),
}
"""Where each clip lies, and the classes of PASCAL VOC that its object is made of."""

CAMVID = {
    "road": "road", "sidewalk": "pavement", "building": "building", "fence": "fence", "pole": "pole",
    "traffic sign": "sign", "vegetation": "tree", "sky": "sky", "person": "pedestrian", "rider": "bicyclist",
    "bicycle": "bicyclist", "car": "car", "truck": "car", "bus": "car",
}  # fmt: skip
"""The class of CamVid that each class of Cityscapes counts as; all others are wrong wherever they appear."""

SPLITS = ("val", "test")
TRAINED_AT = {
    "s_2.0_pascal_384x384": (384, 384),
    "s_2.0_pascal_256x256": (256, 256),
    "s_1.0_pascal_256x256": (256, 256),
    "s_2.0_city_1024x512": (512, 1024),
    "s_2.0_city_512x256": (256, 512),
    "s_1.0_city_512x256": (256, 512),
}
"""Of each file of weights, (h, w)."""

Segment = Callable[[Picture], PictureLabels]
Pairs = Iterator[tuple[Picture, PictureLabels]]


def sizes(name: str) -> dict[str, tuple[int, int] | None]:
    """What frames are resized to; None: nothing."""
    height, width = TRAINED_AT[name]
    found = {f"{width}x{height}": (height, width), "own": None}
    return found | ({f"{width // 2}x{height // 2}": (height // 2, width // 2)} if "city" in name else {})


def segmenter(network: ESPNetV2, size: tuple[int, int] | None) -> Segment:
    """The most probable class of each pixel of a picture."""

    def segment(picture: Picture) -> PictureLabels:
        frame = picture[None].float() / 255
        own = (frame.shape[2], frame.shape[3])
        if size is not None:
            frame = F.interpolate(frame, size, mode="bilinear", antialias=True)
        logits = F.interpolate(network(frame), own, mode="bilinear", align_corners=True)
        return logits[0].argmax(0).int()

    return segment


def davis_pairs(clip: str, every: int) -> Pairs:
    """Frames and truth of a clip of DAVIS."""
    folder = DATA / CLIPS[clip][0]
    video, truth = (
        open_video(folder / "frames" / clip),
        Reading(merge_objects=True).masks(folder / "truth" / clip),
    )
    for frame, mask in zip(video.frames(), truth.frames(), strict=True):
        if frame.index % every == 0:
            yield frame.picture, labels_of(mask)


def camvid_pairs(split: str, every: int) -> Pairs:
    """Frames and truth of a split of CamVid."""
    for clip in camvid(DATA / "camvid", split).clips:
        pictures = open_pictures(tuple(clip.video))
        truth = Reading(read_as="labels").files(tuple(clip.truth))
        for frame, mask in zip(pictures.frames(), truth.frames(), strict=True):
            if frame.index % every == 0:
                yield frame.picture, CLASSES.of_truth(labels_of(mask))


def clip_jaccard(segment: Segment, clip: str, every: int) -> float:
    """J of a clip."""
    wanted = torch.tensor([PASCAL_CLASSES.index(each) for each in CLIPS[clip][1]])
    found = [
        jaccard_of_frame(agreement(truth, torch.isin(segment(picture), wanted).int(), classes=2))
        for picture, truth in davis_pairs(clip, every)
    ]
    return round(float(jaccard(sum(found[1:], start=found[0]))), 4)


def class_ious(segment: Segment, split: str, every: int) -> dict[str, float]:
    """IoU of each class of a split of CamVid; void of the truth counts nowhere."""
    names = list(CLASSES.names)
    other = len(names)
    table = torch.tensor(
        [names.index(CAMVID[each]) if each in CAMVID else other for each in CITYSCAPES_CLASSES]
    )
    zero = torch.zeros(other + 1, dtype=torch.int64)
    sums = Agreement(pixels=zero, lost=zero, gained=zero)
    for picture, truth in camvid_pairs(split, every):
        sums += agreement(truth, table[segment(picture).long()], classes=other + 1)
    iou = (sums.intersection / sums.union)[:other]
    return {name: round(float(value), 4) for name, value in zip(names, iou, strict=True)} | {
        "mean": round(float(iou.mean()), 4)
    }


def measure(name: str, every: int) -> dict[str, Any]:
    """All values of one file of weights, by size of input."""
    path = DATA / "weights" / "espnetv2" / f"espnetv2_{name}.pth"
    network = espnetv2_from_published(read_weights(path).state, where=str(path))
    found: dict[str, Any] = {}
    for size, wanted in sizes(name).items():
        segment = segmenter(network, wanted)
        if "pascal" in name:
            found[size] = {"davis": {clip: clip_jaccard(segment, clip, every) for clip in CLIPS}}
        else:
            found[size] = {f"camvid_{split}": class_ious(segment, split, every) for split in SPLITS}
        print(name, size, found[size], flush=True)
    return found


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--weights", nargs="*", default=list(TRAINED_AT), choices=list(TRAINED_AT))
    parser.add_argument("--every", type=int, default=1, help="look at each frame of this many only")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    content = read_result("espnetv2_weights")
    settings = {
        "command": "python -m benchmarks.quality.espnetv2_weights",
        "davis_classes": {clip: list(classes) for clip, (_, classes) in CLIPS.items()},
        "davis_folders": {clip: folder for clip, (folder, _) in CLIPS.items()},
        "camvid_classes": CAMVID,
        "resampling": "bilinear, antialiased, to the input size; logits bilinear, align_corners, back",
    }
    about = "Published weights of ESPNetV2 against DAVIS (J) and CamVid (IoU), without any training"
    for name in arguments.weights:
        with torch.inference_mode():
            found = measure(name, arguments.every)
        made = {"every": arguments.every, **provenance()}
        content.setdefault("weights", {})[name] = {"made": made, "inputs": found}
        write_result(
            "espnetv2_weights", {"about": about, "settings": settings, "weights": content["weights"]}
        )


if __name__ == "__main__":
    main()
