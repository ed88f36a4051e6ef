"""Wall and processor time of repeated work, with peers in turn so that all see the same load."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch


def on_cores(count: int, *, torch_threads: int | None = None) -> dict[str, Any]:
    """Keep this process to so many cores, and PyTorch to as many threads unless told; return what was set."""
    cores = sorted(os.sched_getaffinity(0))[:count]
    os.sched_setaffinity(0, cores)
    torch.set_num_threads(torch_threads or count)
    return {"cores": len(cores), "torch_threads": torch.get_num_threads()}


def in_turn(
    work: Mapping[str, Callable[[], object]], *, repeats: int, frames: int
) -> dict[str, dict[str, Any]]:
    """Run every piece of work once to warm up, then `repeats` rounds of all of them.

    Args:
        work: by name.
        repeats: how often each is timed.
        frames: how many frames each handles.

    Returns:
        By name the median and the quartiles of frames a second and of wall milliseconds a frame, processor
        milliseconds a frame, and the load of the machine meanwhile.
    """
    for each in work.values():
        each()
    walls: dict[str, list[float]] = {name: [] for name in work}
    cpus: dict[str, list[float]] = {name: [] for name in work}
    loads = []
    for number in range(repeats):
        loads.append(os.getloadavg()[0])
        for name, each in work.items():
            wall, cpu = time.perf_counter(), _processor_seconds()
            each()
            walls[name].append(1000 * (time.perf_counter() - wall) / frames)
            cpus[name].append(1000 * (_processor_seconds() - cpu) / frames)
            print(f"round {number + 1}: {name}: {1000 / walls[name][-1]:.1f} frames a second", flush=True)
    return {name: _summary(walls[name], cpus[name], loads) for name in work}


def _processor_seconds() -> float:
    """Of this process, and of its children that have ended."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


def cpu_ms(work: Callable[[], int], *, repeats: int = 3) -> float:
    """Least processor milliseconds for each of the frames that `work` says it handled; after a warm-up."""
    work()
    found = []
    for _ in range(repeats):
        before = time.process_time()
        frames = work()
        found.append(1000 * (time.process_time() - before) / frames)
    return round(min(found), 3)


def _summary(walls: list[float], cpus: list[float], loads: list[float]) -> dict[str, Any]:
    low, middle, high = quartiles(walls)
    return {
        "frames_a_second": round(1000 / middle, 2),
        "frames_a_second_iqr": [round(1000 / high, 2), round(1000 / low, 2)],
        "ms_a_frame": round(middle, 2),
        "ms_a_frame_iqr": [round(low, 2), round(high, 2)],
        "cpu_ms_a_frame": round(statistics.median(cpus), 2),
        "repeats": len(walls),
        "load_1_minute": [round(min(loads), 1), round(max(loads), 1)],
    }


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
