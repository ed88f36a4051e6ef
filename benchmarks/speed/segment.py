"""How fast is `segment`, beside the network that it runs?

python -m benchmarks.speed.segment [--clip dog] [--frames 16] [--repeats 5]

ESPNetV2 with its published weights for PASCAL VOC, from JPEG at 854 x 480 to palette PNG, on two cores; not
the start of the process, but the loading of the weights is in the time. Peers in the same rounds: `segment`
with one worker, and the network's bare forward in a plain loop over the same frames in memory, on PyTorch's
own two threads and on one. Processor time a frame on one thread, by stage and by setting, says where the time
goes and what else was tried. Writes benchmarks/results/speed_segment.json.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path

import torch
from benchmarks.inputs import DATA, DAVIS
from benchmarks.provenance import provenance, write_result
from benchmarks.speed.timing import cpu_ms, in_turn, on_cores
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from steadymask import segment
from steadymask.io.mask_format import format_named
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_writer import open_mask_writer
from steadymask.io.video import open_video
from steadymask.most_probable import most_probable
from steadymask.tasks.models import open_model

WEIGHTS = {
    "ESPNetV2, s = 1": DATA / "weights" / "espnetv2" / "espnetv2_s_1.0_pascal_256x256.pth",
    "ESPNetV2, s = 2": DATA / "weights" / "espnetv2" / "espnetv2_s_2.0_pascal_384x384.pth",
}
_FEW = 4  # frames whose processor time by stage is taken


def bare(network: nn.Module, frames: Sequence[Tensor], *, threads: int) -> None:
    """The network's forward, frame after frame, and nothing else."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    with torch.inference_mode():
        for each in frames:
            network(each)
    torch.set_num_threads(before)


def segmented(video: Path, out: Path, model: Path, *, workers: int | None) -> None:
    segment(video, out, model=str(model), device="cpu", workers=workers, overwrite=True)


def folded(network: nn.Module) -> nn.Module:
    """The same network, every batch normalization that follows a convolution made part of it."""
    changed = deepcopy(network)
    for each in changed.modules():
        if isinstance(getattr(each, "conv", None), nn.Conv2d):
            each.conv, each.norm = fuse_conv_bn_eval(each.conv, each.norm), nn.Identity()
    return changed


def forwards(network: nn.Module, frames: Sequence[Tensor]) -> dict[str, float]:
    """Processor milliseconds a frame of the bare forward, in ways that could be faster."""
    small, four = folded(network), torch.cat(list(frames[:4]))
    last = [each.contiguous(memory_format=torch.channels_last) for each in frames]

    def each(of: nn.Module, inputs: Sequence[Tensor]) -> int:
        for one in inputs:
            of(one)
        return sum(len(one) for one in inputs)

    def in_bfloat16() -> int:
        with torch.autocast("cpu", torch.bfloat16):
            return each(network, frames)

    with torch.inference_mode():
        return {
            "as_segment_does": cpu_ms(partial(each, network, frames)),
            "batch_of_4": cpu_ms(partial(each, network, [four])),
            "channels_last": cpu_ms(partial(each, network, last)),
            "folded_batch_norms": cpu_ms(partial(each, small, frames)),
            "bfloat16": cpu_ms(in_bfloat16),
        }


def stages(network: nn.Module, video: Path, frames: Sequence[Tensor], folder: Path) -> dict[str, float]:
    """Processor milliseconds a frame of what `segment` does beside the network's forward."""
    with torch.inference_mode():
        logits = network(frames[0])
        probs = logits.softmax(1)
    labels = most_probable(probs[0])
    writer = open_mask_writer(folder / "stages", format_named("palette"), size=(480, 854))

    def counted(work: Callable[[], object]) -> Callable[[], int]:
        return lambda: sum(1 for _ in range(_FEW) if work() is not None)

    return {
        "read_jpeg": cpu_ms(lambda: sum(1 for _ in open_video(video).frames())),
        "softmax": cpu_ms(counted(lambda: logits.softmax(1))),
        "check_for_nan": cpu_ms(counted(lambda: bool(probs.sum().isfinite()))),
        "most_probable": cpu_ms(counted(lambda: most_probable(probs[0]))),
        "write_png": cpu_ms(
            counted(lambda: writer.write(MaskFrame(index=0, stem="0", labels=labels, probs=None)))
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", default="dog")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    set_to = on_cores(2)
    content = {}
    with tempfile.TemporaryDirectory() as temporary:
        video = Path(temporary) / "frames"
        video.mkdir()
        for path in sorted((DAVIS / "frames" / arguments.clip).iterdir())[: arguments.frames]:
            (video / path.name).write_bytes(path.read_bytes())
        frames = [each.picture[None].float() / 255 for each in open_video(video).frames()]
        for title, path in WEIGHTS.items():
            model = open_model(str(path))
            out = Path(temporary) / title
            work = {
                "segment": partial(segmented, video, out, path, workers=None),
                "segment --workers 1": partial(segmented, video, out, path, workers=1),
                "bare network, 2 threads": partial(bare, model.network, frames, threads=2),
                "bare network, 1 thread": partial(bare, model.network, frames, threads=1),
            }
            runs = in_turn(work, repeats=arguments.repeats, frames=len(frames))
            torch.set_num_threads(1)
            content[title] = {
                "parameters": model.parameters,
                "runs": runs,
                "stages_cpu_ms": stages(model.network, video, frames, Path(temporary)),
                "forward_cpu_ms": forwards(model.network, frames[:_FEW]),
            }
            torch.set_num_threads(2)
    height, width = frames[0].shape[2:]
    settings = {"clip": arguments.clip, "frames": len(frames), "height": height, "width": width} | set_to
    write_result(
        "speed_segment",
        {
            "about": "segment from JPEG to palette PNG, all classes, process start excluded",
            "settings": settings,
            "made": provenance(),
            "networks": content,
        },
    )


if __name__ == "__main__":
    main()
