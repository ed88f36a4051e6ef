"""Training runs that experiments share: several at once, each taken up again where it was stopped."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

RUNS = Path(os.environ.get("STEADYMASK_RUNS", "runs"))
"""Where weights, logs and masks of experiments lie; never committed."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One call of `steadymask train`.

    Args:
        name: of its folder under `RUNS`.
        arguments: all but where it writes.
        after: the runs whose weights it starts from.
    """

    name: str
    arguments: tuple[str, ...]
    after: tuple["Run", ...] = ()

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return RUNS / self.name

    @property
    def weights(self) -> Path:
        """What comes out."""
        return self.folder / "weights.safetensors"


def train_all(runs: Sequence[Run], *, at_once: int = 2) -> None:
    """Train what is not trained yet, in this order, each on one thread; a run waits for those it needs."""
    with ThreadPoolExecutor(at_once) as pool:
        waiting = {}
        for run in runs:
            waiting[run.name] = pool.submit(_train, run, [waiting[each.name] for each in run.after])
        for each in waiting.values():
            each.result()


def _train(run: Run, needed: list) -> None:
    for each in needed:
        each.result()
    run.folder.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "steadymask", "train", *run.arguments, "--out", str(run.folder)]
    command += ["--flows", str(RUNS / "flows"), "--resume"]
    with run.folder.with_suffix(".txt").open("a") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"})
