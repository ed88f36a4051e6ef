"""Do the filters take the flicker out, and what does it cost in accuracy? On real masks of real clips.

python -m benchmarks.quality.stabilize [--inputs osvos …] [--clips dog …] [--methods motion …] [--curves]

Every row of a clip is written by `steadymask.stabilize` and measured beside input and truth with the same
flows. Results are merged into benchmarks/results/stabilize_INPUT.json, clip by clip: what was not asked for
stays, unless the row's settings are others now. Every clip says which code it was measured with;
`python -m benchmarks.tables --stale` lists those whose filter has changed since.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from benchmarks.inputs import INPUTS
from benchmarks.provenance import provenance, read_result, source_of, write_result
from benchmarks.quality.measures import measure_rows
from benchmarks.quality.summary import RESAMPLES, SEED, summary

from steadymask import stabilize
from steadymask.filters.run import Filter
from steadymask.flow.dis import one_thread
from steadymask.tasks.methods import Method, filters_of

STRENGTHS = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A filter as `stabilize` takes it."""

    method: Method
    live: bool = False
    strength: float | None = None

    @property
    def name(self) -> str:
        """Its key in the results."""
        name = f"{self.method}-live" if self.live and self.method == "motion" else self.method
        return name if self.strength is None else f"{name}@{self.strength:g}"

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The filters it stands for, with their settings."""
        return [{"name": type(each).__name__} | vars(each) for each in self._filters]

    @property
    def source(self) -> list[str]:
        """A digest of the code of each of them."""
        return [source_of(type(each).__module__) for each in self._filters]

    @property
    def _filters(self) -> tuple[Filter, ...]:
        return filters_of(self.method, strength=self.strength, live=self.live)


ROWS = (
    Row(method="motion"),
    Row(method="motion", live=True),
    Row(method="gaussian"),
    Row(method="median"),
    Row(method="average", live=True),
    Row(method="guided"),
)
METHODS = tuple(row.name for row in ROWS)


def rows_of(methods: Sequence[str], *, curves: bool) -> list[Row]:
    """The rows to measure; with curves also those at every strength but the one that is the default."""
    defaults = [row for row in ROWS if row.name in methods]
    at = [
        Row(method=row.method, live=row.live, strength=strength)
        for row in defaults
        for strength in STRENGTHS
        if curves
    ]
    usual = {row.name: row.filters for row in ROWS}
    return defaults + [row for row in at if row.filters != usual[row.name.split("@")[0]]]


def measure_clip(name: str, clip: str, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Filter a clip by every row and measure them all; called in a process of its own."""
    torch.set_num_threads(1)
    of = INPUTS[name]
    video, masks, truth = of.paths(clip)
    with tempfile.TemporaryDirectory() as folder, one_thread():
        written, found = {"input": masks, "truth": truth}, {}
        for row in rows:
            written[row.name] = Path(folder) / row.name
            before = time.process_time()
            done = stabilize(
                video,
                masks,
                written[row.name],
                method=row.method,
                live=row.live,
                strength=row.strength,
                reading=of.reading,
                workers=1,
            )
            found[row.name] = {
                "cpu_seconds": round(time.process_time() - before, 2),
                "cuts_found": list(done.cuts),
            }
        measured = measure_rows(name, clip, written)
    return {row: values | found.get(row, {}) for row, values in measured.items()}


def merged(content: dict[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """The rows of earlier runs, less those whose settings have changed."""
    kept: dict[str, Any] = content.get("rows", {})
    now: dict[str, list[dict[str, Any]]] = {"input": [], "truth": []} | {
        row.name: row.filters for row in rows
    }
    for name, filters in now.items():
        if kept.get(name, {}).get("filters") != filters:
            if name in kept:
                print(f"{name}: other settings; its {len(kept[name]['clips'])} earlier clips are dropped")
            kept[name] = {"filters": filters, "clips": {}}
    return kept


def run_input(name: str, clips: Sequence[str], rows: Sequence[Row], *, workers: int) -> None:
    """Measure the clips of an input, two at a time, and write results after each."""
    content = read_result(f"stabilize_{name}")
    kept, runs = merged(content, rows), [*content.get("made", []), provenance()]
    sources = {row.name: row.source for row in rows}
    started = time.monotonic()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(measure_clip, name, clip, rows): clip for clip in clips}
        for future in as_completed(waiting):
            clip = waiting[future]
            for row, values in future.result().items():
                made = {"made": len(runs) - 1, "source": sources.get(row, [])}
                kept[row]["clips"][clip] = values | made
                _tell(clip, row, values)
            print(f"-- {clip} done after {time.monotonic() - started:.0f} s", flush=True)
            write_result(f"stabilize_{name}", _content(name, kept, runs))


def _content(name: str, rows: dict[str, Any], runs: list[dict[str, Any]]) -> dict[str, Any]:
    runs = _still_used(rows, runs)
    before = rows["input"]["clips"]
    return {
        "about": INPUTS[name].about,
        "settings": {
            "normalizer": "boundary of the input, for all rows of a clip",
            "flow": "OpenCV DIS medium, full resolution; pairs up to 3 frames apart",
            "farneback": "OpenCV Farneback, half resolution; consecutive frames",
            "seed": SEED,
            "resamples": RESAMPLES,
        },
        "made": runs,
        "overall": {row: summary(each["clips"], before) for row, each in rows.items() if each["clips"]},
        "rows": {
            row: each | {"clips": {clip: each["clips"][clip] for clip in sorted(each["clips"])}}
            for row, each in rows.items()
        },
    }


def _still_used(rows: dict[str, Any], runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs of which a clip is left, with the clips' numbers of them brought in line."""
    clips = [values for row in rows.values() for values in row["clips"].values()]
    used = sorted({values["made"] for values in clips})
    for values in clips:
        values["made"] = used.index(values["made"])
    return [runs[number] for number in used]


def _tell(clip: str, row: str, values: dict[str, Any]) -> None:
    shown = {
        "reduction": values["inconsistency_reduction"],
        "excess": values["inconsistency_excess_removed"],
        "J": values["jaccard"],
        "F": values["boundary_f"],
    }
    texts = (f"{key} {'-' if value is None else format(value, '.3f')}" for key, value in shown.items())
    print(f"{clip:20} {row:16} {'  '.join(texts)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", nargs="+", choices=INPUTS, default=list(INPUTS))
    parser.add_argument("--clips", nargs="+", help="names; default: all of the input")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--curves", action="store_true", help=f"also at strengths {STRENGTHS}")
    parser.add_argument("--workers", type=int, default=2, help="processes, one for each clip")
    arguments = parser.parse_args()
    rows = rows_of(arguments.methods, curves=arguments.curves)
    for name in arguments.inputs:
        clips = [clip for clip in INPUTS[name].clips if not arguments.clips or clip in arguments.clips]
        print(f"== {name}: {len(clips)} clips, rows {', '.join(row.name for row in rows)}", flush=True)
        run_input(name, clips, rows, workers=arguments.workers)


if __name__ == "__main__":
    main()
