"""Does a result depend on whether the work on it was interrupted?

python -m benchmarks.quality.kill_and_resume [--kills 20] [--frames 27] [--changes all]

`stabilize` is killed (SIGKILL) and run again with `resume`; then every byte of what it leaves is compared
with a run that was left alone: masks, manifest, preview, and that nothing else lies about. It is killed at
random instants, spread over the time a whole run takes, and right before changes on the disk (a file opened
for writing, renamed, removed; a folder made, removed), the instants at which files might be left half-done.
Each run is a forked copy of this process, which has loaded everything and started no thread.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.provenance import provenance, write_result

from steadymask.data.rendered import render_world
from steadymask.io.encode import write_video
from steadymask.io.mask_format import FORMATS
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.mask_writer import open_mask_writer
from steadymask.tasks.stabilize import stabilize

MODES: dict[str, dict[str, Any]] = {
    "motion": {},
    "live": {"live": True},
    "average": {"method": "average"},
    "motion, one file": {"format": "ffv1"},
}
_CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir")


def make_clip(folder: Path, frames: int, size: tuple[int, int]) -> None:
    """A video of the drawn pond, and its masks, of which every third lacks its left half."""
    rendered = list(render_world(size=size, frames=frames))
    write_video(folder / "clip.mp4", (frame.picture for frame in rendered))
    writer = open_mask_writer(folder / "masks", FORMATS["binary"], size=size)
    for frame in rendered:
        labels = frame.labels.clamp(max=1)
        if frame.index % 3 == 2:
            labels[:, : size[1] // 2] = 0
        writer.write(MaskFrame(index=frame.index, stem=f"{frame.index:05d}", labels=labels.int()))


def stabilized(folder: Path, out: Path, mode: str, *, resume: bool) -> None:
    settings = MODES[mode]
    name = "result.mkv" if "format" in settings else "result"
    stabilize(
        folder / "clip.mp4",
        folder / "masks",
        out / name,
        preview=out / "preview.mp4",
        resume=resume,
        workers=2,
        **settings,
    )


@contextmanager
def forked(call: Callable[[], None]) -> Iterator[int]:
    """The process that calls it; it ends with 0, or with 1 and a traceback."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        code = 1
        try:
            call()
            code = 0
        finally:
            if code:
                sys.excepthook(*sys.exc_info())
            os._exit(code)
    yield child


def wait_for(child: int) -> int:
    """Its exit code; below 0 the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def finished(call: Callable[[], None]) -> float:
    """Run it to its end; the seconds it took."""
    started = time.monotonic()
    with forked(call) as child:
        if code := wait_for(child):
            raise RuntimeError(f"wanted it to end well, got exit code {code}")
    return time.monotonic() - started


def killed_after(call: Callable[[], None], seconds: float) -> bool:
    """Kill it after so many seconds; whether it was still at work."""
    with forked(call) as child:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        return wait_for(child) == -signal.SIGKILL


def killed_before_change(call: Callable[[], None], number: int) -> bool:
    """Kill it right before the change on the disk with this number; whether it came to that."""

    def doomed() -> None:
        changes = count()

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if (event in _CHANGES or _opens_to_write(event, arguments)) and next(changes) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        call()

    with forked(doomed) as child:
        code = wait_for(child)
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"wanted it to end well or be killed, got exit code {code}")
    return code != 0


def _opens_to_write(event: str, arguments: tuple[Any, ...]) -> bool:
    return event == "open" and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))


def left(out: Path) -> dict[str, bytes]:
    """All that lies there, hidden files too, byte for byte."""
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
    }


def stage(out: Path) -> str:
    """How far a killed run had come."""
    work = next(iter(out.glob(".result*.unfinished")), None)
    if work is None:
        return "finished" if any(out.glob("result*")) else "not begun"
    masks = len([path for path in (work / "frames").glob("*.png") if not path.name.startswith(".")])
    return f"{masks} masks, {'with' if (work / 'state.safetensors').exists() else 'without'} a state"


def trials(
    folder: Path, mode: str, kills: Iterator[tuple[str, Callable[[Callable[[], None]], bool]]]
) -> list[dict[str, Any]]:
    """Kill and resume, once for each of the `kills`, until one comes too late to matter."""
    whole = folder / f"whole-{mode}"
    expected = left(whole)
    done = []
    for name, kill in kills:
        out = folder / "out"
        out.mkdir()
        was_at_work = kill(lambda: stabilized(folder, out, mode, resume=False))  # noqa: B023  # called at once
        reached = stage(out)
        finished(lambda: stabilized(folder, out, mode, resume=True))  # noqa: B023
        done.append({"killed": name, "reached": reached, "identical": left(out) == expected})
        shutil.rmtree(out)
        if not was_at_work and name.startswith("before"):
            return done[:-1]
    return done


def measure(folder: Path, mode: str, *, kills: int, changes: int | None, seed: int) -> dict[str, Any]:
    """All kills of one mode."""
    out = folder / f"whole-{mode}"
    out.mkdir()
    seconds = finished(lambda: stabilized(folder, out, mode, resume=False))
    draw = random.Random(seed)
    instants = sorted(draw.uniform(0, seconds) for _ in range(kills))
    random_kills = trials(
        folder,
        mode,
        ((f"after {at:.3f} s", lambda call, at=at: killed_after(call, at)) for at in instants),
    )
    numbers = count() if changes is None else iter(range(changes))
    at_changes = trials(
        folder,
        mode,
        ((f"before change {n}", lambda call, n=n: killed_before_change(call, n)) for n in numbers),
    )
    return {
        "seconds_alone": round(seconds, 2),
        "random_kills": summary(random_kills),
        "kills_before_changes_on_disk": summary(at_changes),
        "random_instants": random_kills,
    }


def summary(done: list[dict[str, Any]]) -> dict[str, int]:
    return {"resumed": len(done), "identical": sum(each["identical"] for each in done)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20, help="random instants of each mode")
    parser.add_argument(
        "--changes", default="all", help="how many changes on the disk, from the first; or all"
    )
    parser.add_argument("--frames", type=int, default=27)
    parser.add_argument("--size", type=int, nargs=2, default=[32, 48], metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--print", action="store_true", help="print the result instead of writing it")
    arguments = parser.parse_args()
    changes = None if arguments.changes == "all" else int(arguments.changes)
    settings = {"frames": arguments.frames, "size": arguments.size, "seed": arguments.seed}
    result: dict[str, Any] = {"settings": settings, "made": provenance(), "modes": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        finished(lambda: make_clip(folder, arguments.frames, tuple(arguments.size)))
        for mode in arguments.modes:
            found = measure(folder, mode, kills=arguments.kills, changes=changes, seed=arguments.seed)
            result["modes"][mode] = found
            if not arguments.print:
                write_result("kill_and_resume", result)
                print(mode, found["random_kills"], found["kills_before_changes_on_disk"], flush=True)
    if arguments.print:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
