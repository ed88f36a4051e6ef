"""Forked workers: only of a process with one thread; the same bytes, errors and ends as of any others."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from small_clips import flickering, true_labels, write_frames, write_masks
from small_data_sets import box, davis, write_clips
from steadymask.io.lock import alone
from steadymask.io.work_folder import work_path
from steadymask.tasks.evaluate import evaluate
from steadymask.tasks.forking import can_fork
from world import World

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")

TRUTH = {name: [box((1, 2, 6, 1, 5)), box((1, 2, 6, 1, 4)), box((1, 2, 6, 1, 3))] for name in "abc"}
KINDS = """
import signal, sys, steadymask.tasks.measured_clips as measured_clips
signal.signal(signal.SIGINT, signal.default_int_handler)
run = measured_clips.run_batch
def told(*arguments, kind, **settings):
    print(f"workers: {kind}", flush=True)
    return run(*arguments, kind=kind, **settings)
measured_clips.run_batch = told
from steadymask.cli import main
main()
"""
"""The command line; it also says what workers are taken, and hears interrupts wherever the tests run."""
ASK = """
import numpy, torch, cv2
from steadymask.flow.dis import one_thread
from steadymask.tasks.forking import can_fork
from steadymask.tasks.torch_threads import torch_in_one_thread
def ask(what):
    with one_thread(), torch_in_one_thread():
        print(what, can_fork())
ask("nothing")
cv2.setNumThreads(2)
torch.set_num_threads(2)
big = numpy.ones((1500, 1500))
big @ big  # OpenBLAS's threads end with every fork
ask("OpenBLAS")
cv2.GaussianBlur(big, (9, 9), 3)  # OpenCV's end when it is kept to one
ask("OpenCV")
torch.from_numpy(big).add(1)  # PyTorch's stay
ask("PyTorch")
"""


def said(program: str, *arguments: object) -> str:
    command = [sys.executable, "-W", "error:This process", "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


def test_only_a_process_in_which_no_library_has_threads_can_fork() -> None:
    assert said(ASK).splitlines() == ["nothing True", "OpenBLAS True", "OpenCV True", "PyTorch False"]


def test_a_process_with_another_thread_of_python_is_never_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fork", lambda: pytest.fail("forked"))
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(can_fork).result()
        assert not can_fork()


def test_other_systems_are_never_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fork", lambda: pytest.fail("forked"))
    monkeypatch.setattr("sys.platform", "darwin")
    assert not can_fork()


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_forked_workers_write_the_same_bytes_as_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = davis(tmp_path / "davis", TRUTH)
    masks = write_clips(tmp_path / "masks", {name: maps[::-1] for name, maps in TRUTH.items()})
    monkeypatch.setattr("steadymask.tasks.measured_clips.can_fork", lambda: False)
    threads = evaluate(data, (masks,), measures=("accuracy",), out=tmp_path / "threads", workers=2)
    arguments = (data, masks, "--measures", "accuracy", "--out", tmp_path / "forked", "--workers", 2)
    assert "workers: forked" in said(KINDS, "evaluate", *arguments)
    assert contents(threads.out) == contents(tmp_path / "forked")


def test_an_error_in_a_forked_worker_is_one_line_and_keeps_the_rest(tmp_path: Path) -> None:
    data, masks = davis(tmp_path / "davis", TRUTH), write_clips(tmp_path / "masks", TRUTH)
    (masks / "b" / "00001.png").write_bytes(b"no picture")
    arguments = (data, masks, "--measures", "accuracy", "--out", tmp_path / "out", "--workers", "2")
    command = [sys.executable, "-c", KINDS, "evaluate", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (1, "workers: forked\n")
    assert "00001.png: wanted a PNG, got another file; what is measured is kept" in done.stderr
    assert "Traceback" not in done.stderr


KILLED = """
import os, signal
from steadymask.tasks.batch import run_batch
from steadymask.tasks.progress import silent
def end(): os.kill(os.getpid(), signal.SIGKILL)
print(run_batch("", end, {"a": {}, "b": {}}, workers=2, progress=silent, kind="forked").failed)
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("none is left")
"""


def test_a_killed_forked_worker_is_told_of_and_none_is_left() -> None:
    failed, left = said(KILLED).splitlines()
    assert failed.count("its process was ended from outside; memory may be short") == 2
    assert left == "none is left"


ORPHANS = """
import sys, time
from pathlib import Path
from steadymask.io.lock import alone
from steadymask.tasks.batch import run_batch
from steadymask.tasks.progress import silent
place = Path(sys.argv[1])
def work(file):
    file.touch()
    time.sleep(60)
with alone(place, place / "lock"):
    run_batch("", work, {n: {"file": place / n} for n in "ab"}, workers=2, progress=silent, kind="forked")
"""


def test_forked_workers_end_with_a_killed_run_and_leave_its_place_free(tmp_path: Path) -> None:
    running = subprocess.Popen([sys.executable, "-c", ORPHANS, tmp_path])
    while not ((tmp_path / "a").exists() and (tmp_path / "b").exists()):
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.wait(timeout=10)
    for _ in range(500):
        try:
            with alone(tmp_path, tmp_path / "lock"):
                return
        except ValueError:
            time.sleep(0.01)
    pytest.fail("the workers hold the lock")


@pytest.mark.parametrize("to_all", [True, False], ids=["all processes", "the first process"])
def test_an_interrupt_ends_forked_workers_at_once_and_without_a_traceback(
    tmp_path: Path, to_all: bool
) -> None:
    world = World()
    for name in "abcdef":
        write_frames(tmp_path / "data" / "frames" / name, world, 40)
        write_masks(tmp_path / "masks" / name, flickering(true_labels(world, 40)))
    arguments = ("--out", "out", "--measures", "stability", "--workers", "2")
    running = subprocess.Popen(
        [sys.executable, "-c", KINDS, "evaluate", "data", "masks", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "workers: forked\n"
    time.sleep(0.2)
    (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors == "stopped; what is finished is kept: run again with --resume\n"
    assert len([*(work_path(tmp_path / "out") / "frames").glob("*.json")]) < 6
    with pytest.raises(ProcessLookupError):  # nobody is left of the group
        os.killpg(running.pid, 0)
