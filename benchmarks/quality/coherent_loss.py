"""Does the coherent loss make ESPNetV2 steadier on clips it never saw, and at what cost?

python -m benchmarks.quality.coherent_loss --train
"""

import argparse

from benchmarks.inputs import DATA
from benchmarks.quality.training_runs import Run, train_all

_DAVIS = str(DATA / "davis-train-240p")
_PASCAL = str(DATA / "weights" / "espnetv2" / "espnetv2_s_1.0_pascal_256x256.pth")
SEEDS = {"continued": 3, "coherent": 3, "boundary": 1, "global": 1, "transform-invariance": 1}
"""The rows, and how many seeds each has."""


START = Run(name="davis-start", arguments=("espnetv2-davis", "--data", _DAVIS, "--weights", _PASCAL))
"""Supervised to convergence; all rows go on from here."""


def row(loss: str, seed: int) -> Run:
    """One row's training with one seed."""
    arguments = (f"espnetv2-davis-{loss}", "--data", _DAVIS, "--weights", str(START.weights))
    return Run(name=f"davis-{loss}-{seed}", arguments=(*arguments, "--seed", str(seed)), after=(START,))


def runs() -> list[Run]:
    """All training, what matters most first."""
    rows = [row(loss, seed) for seed in range(3) for loss, seeds in SEEDS.items() if seed < seeds]
    return [START, *rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", action="store_true")
    if parser.parse_args().train:
        train_all(runs())


if __name__ == "__main__":
    main()
