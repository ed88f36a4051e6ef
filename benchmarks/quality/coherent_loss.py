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


def start(seed: int) -> Run:
    arguments = ("espnetv2-davis", "--data", _DAVIS, "--weights", _PASCAL, "--seed", str(seed))
    return Run(name=f"davis-start-{seed}", arguments=arguments)


def row(loss: str, seed: int) -> Run:
    begun = start(seed)
    arguments = (f"espnetv2-davis-{loss}", "--data", _DAVIS, "--weights", str(begun.weights))
    return Run(name=f"davis-{loss}-{seed}", arguments=(*arguments, "--seed", str(seed)), after=(begun,))


def runs() -> list[Run]:
    rows = [row(loss, seed) for seed in range(3) for loss, seeds in SEEDS.items() if seed < seeds]
    return [
        start(0),
        start(1),
        *(each for each in rows if not each.name.endswith("-2")),
        start(2),
        *rows[-2:],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", action="store_true")
    if parser.parse_args().train:
        train_all(runs())


if __name__ == "__main__":
    main()
