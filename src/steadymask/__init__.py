"""Measure, remove and prevent flicker in video segmentation.

Each verb of the command line is a function of the same name. They load when first asked for, so that
`import steadymask` (and `steadymask --help`) need not wait for torch.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steadymask.data.reading import Reading
    from steadymask.errors import InputError, SteadymaskError, VideoError, WeightsError
    from steadymask.tasks.batch import Batch
    from steadymask.tasks.demo import Demo, demo
    from steadymask.tasks.evaluate import Evaluated, evaluate
    from steadymask.tasks.score import Scored, score
    from steadymask.tasks.segment import segment
    from steadymask.tasks.segment_job import Segmented
    from steadymask.tasks.stabilize import stabilize
    from steadymask.tasks.stabilize_frames import stabilize_frames
    from steadymask.tasks.stabilize_job import Stabilized
    from steadymask.tasks.synthesize import synthesize
    from steadymask.tasks.synthesize_scene import Synthesized
    from steadymask.tasks.train import train
    from steadymask.tasks.trained import Trained

__version__ = version("steadymask")

_HOME = {
    "Batch": "steadymask.tasks.batch",
    "Demo": "steadymask.tasks.demo",
    "Evaluated": "steadymask.tasks.evaluate",
    "InputError": "steadymask.errors",
    "Reading": "steadymask.data.reading",
    "Scored": "steadymask.tasks.score",
    "Segmented": "steadymask.tasks.segment_job",
    "Stabilized": "steadymask.tasks.stabilize_job",
    "SteadymaskError": "steadymask.errors",
    "Synthesized": "steadymask.tasks.synthesize_scene",
    "Trained": "steadymask.tasks.trained",
    "VideoError": "steadymask.errors",
    "WeightsError": "steadymask.errors",
    "demo": "steadymask.tasks.demo",
    "evaluate": "steadymask.tasks.evaluate",
    "score": "steadymask.tasks.score",
    "segment": "steadymask.tasks.segment",
    "stabilize": "steadymask.tasks.stabilize",
    "stabilize_frames": "steadymask.tasks.stabilize_frames",
    "synthesize": "steadymask.tasks.synthesize",
    "train": "steadymask.tasks.train",
}

__all__ = [
    "Batch",
    "Demo",
    "Evaluated",
    "InputError",
    "Reading",
    "Scored",
    "Segmented",
    "Stabilized",
    "SteadymaskError",
    "Synthesized",
    "Trained",
    "VideoError",
    "WeightsError",
    "__version__",
    "demo",
    "evaluate",
    "score",
    "segment",
    "stabilize",
    "stabilize_frames",
    "synthesize",
    "train",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # a verb, or what it returns
    if name not in _HOME:
        raise AttributeError(f"module 'steadymask' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
