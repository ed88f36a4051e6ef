"""Does memory stay constant, however long the clip?

python -m benchmarks.quality.memory [--frames 300 3000] [--tasks live offline score] [--clip dog]

A real clip (854 x 480) is played forward and backward through links until it is long enough. Each task runs
in a process of its own that tells its peak at the end (VmHWM: resident memory of that process alone; Linux).
Every finished run is written to benchmarks/results/memory.json at once, and kept until it is run again.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.inputs import DAVIS
from benchmarks.provenance import ROOT, provenance, read_result, write_result

CALLS = {
    "live": "stabilize(video, masks, out, live=True, reading=reading)",
    "offline": "stabilize(video, masks, out, reading=reading)",
    "score": "score(video, masks, truth=truth, out=out, reading=reading)",
}
_PROGRAM = """
import re, sys
from pathlib import Path
from steadymask import Reading, {verb}
folder, reading = Path(sys.argv[1]), Reading(merge_objects=True)
video, masks, truth, out = (folder / name for name in ("frames", "osvos", "truth", "out"))
{call}
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def long_clip(folder: Path, clip: str, frames: int) -> None:
    """Frames, masks and truth of a clip, forward and backward by turns, under continuous names."""
    for kind in ("frames", "osvos", "truth"):
        (folder / kind).mkdir()
        files = sorted((DAVIS / kind / clip).iterdir())
        turns = files + files[-2:0:-1]
        for index in range(frames):
            source = turns[index % len(turns)]
            (folder / kind / f"{index:05d}{source.suffix}").symlink_to(source.resolve())


def peak(task: str, clip: str, frames: int) -> dict[str, Any]:
    """Run a task on so many frames; its peak and how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        long_clip(Path(folder), clip, frames)
        started = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                _PROGRAM.format(verb=CALLS[task].partition("(")[0], call=CALLS[task]),
                folder,
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = time.monotonic() - started
    return {
        "frames": frames,
        "peak_mb": round(int(done.stdout.split()[-1]) * 1024 / 1e6, 1),
        "seconds": round(seconds, 1),
        "made": provenance(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", nargs="+", type=int, default=[300, 3000])
    parser.add_argument("--tasks", nargs="+", choices=CALLS, default=list(CALLS))
    parser.add_argument("--clip", default="blackswan")
    arguments = parser.parse_args()
    for task in arguments.tasks:
        for frames in sorted(arguments.frames):
            run = peak(task, arguments.clip, frames)
            print(f"{task}: {frames} frames: {run['peak_mb']} MB, {run['seconds']} s", flush=True)
            _keep(task, arguments.clip, run)


def _keep(task: str, clip: str, run: dict[str, Any]) -> None:
    clips = read_result("memory").get("clips", {})
    tasks = clips.setdefault(clip, {})
    runs = [each for each in tasks.get(task, {}).get("runs", []) if each["frames"] != run["frames"]]
    runs = sorted([*runs, run], key=lambda each: each["frames"])
    ratio = round(runs[-1]["peak_mb"] / runs[0]["peak_mb"], 3)
    tasks[task] = {"runs": runs, "longest_over_shortest": ratio}
    about = "Peak resident memory of one process (1 MB = 1e6 bytes), 854 x 480; wanted: < 1200, ratio < 1.1"
    write_result("memory", {"about": about, "clips": clips})


if __name__ == "__main__":
    main()
