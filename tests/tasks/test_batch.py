"""A folder of clips: every clip by itself, a bad one named at the end, Ctrl-C at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from small_clips import flickering, true_labels, write_frames, write_masks
from steadymask.errors import InputError
from steadymask.tasks.batch import Batch
from steadymask.tasks.stabilize import stabilize
from world import World

FRAMES = 4
HEARS = (
    "import signal; from steadymask.cli import main; "
    "signal.signal(signal.SIGINT, signal.default_int_handler); main()"
)
"""The command line, hearing interrupts also where the tests run in the background of a shell."""


def write_clips(box: Path, names: tuple[str, ...], frames: int = FRAMES) -> tuple[Path, Path]:
    world = World()
    for name in names:
        write_frames(box / "videos" / name, world, frames)
        write_masks(box / "masks" / name, flickering(true_labels(world, frames)))
    return box / "videos", box / "masks"


def test_one_bad_clip_does_not_stop_the_others(tmp_path: Path) -> None:
    videos, masks = write_clips(tmp_path, ("bad one", "good"))
    (masks / "bad one" / "00002.png").write_bytes(b"no picture")
    found = stabilize(videos, masks, tmp_path / "out", method="median")
    assert isinstance(found, Batch)
    assert found.done["good"].frames == FRAMES
    assert list(found.failed) == ["bad one"]
    assert "00002.png" in found.failed["bad one"]
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["good"]


@pytest.mark.parametrize("place", ["masks", "masks/out", "videos/out"])
def test_results_among_the_clips_are_refused(tmp_path: Path, place: str) -> None:
    videos, masks = write_clips(tmp_path, ("one",))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="wanted a place apart from the input"):
        stabilize(videos, masks, tmp_path / place, method="median")
    with pytest.raises(InputError, match=r"preview: .*wanted a place apart from the input"):
        stabilize(videos, masks, tmp_path / "new", method="median", preview=tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("to_all", [True, False], ids=["all processes", "the first process"])
def test_an_interrupt_ends_a_batch_at_once_and_without_a_traceback(tmp_path: Path, to_all: bool) -> None:
    videos, masks = write_clips(tmp_path, tuple("abcdef"), frames=40)
    command = [sys.executable, "-c", HEARS, "stabilize", videos, masks, tmp_path / "out", "--workers", "1"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not (tmp_path / "out").exists() and running.poll() is None:  # made before the processes start
        time.sleep(0.01)
    time.sleep(0.5)  # while they import
    (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors == "stopped; what is finished is kept: run again with --resume\n"
    assert not any(each.name in "abcdef" for each in (tmp_path / "out").iterdir())
