"""How many pairs of masks have the temporal stability that the evaluation of DAVIS 2016 gives them?

python -m benchmarks.quality.temporal_stability_parity

Ten clips, masks of OSVOS and the truth, against the stored numbers (STEADYMASK_REFERENCE). That every other
pair is a tie between matchings is shown by the slow tests of temporal stability. Writes
benchmarks/results/temporal_stability_parity.json.
"""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.inputs import CLIPS, DATA, DAVIS
from benchmarks.provenance import provenance, write_result
from PIL import Image

from steadymask.metrics.temporal_stability import (
    TemporalStabilityStream,
    TemporalStabilitySums,
    temporal_stability,
)

TOLERANCE = 1e-6
REFERENCE = Path(os.environ.get("STEADYMASK_REFERENCE", DATA.parent / "reference"))


def compared(source: str, clip: str) -> dict[str, Any]:
    """One clip: its pairs, those that differ, and by how much the sequence does."""
    torch.set_num_threads(1)
    expected = json.loads((REFERENCE / "davis_t.json").read_text())["clips"][clip][source]
    stream, found = TemporalStabilityStream(classes=2), []
    for path in sorted((DAVIS / source / clip).iterdir()):
        found.append(stream.push(torch.from_numpy(np.array(Image.open(path)) > 0).int()))
    differing = sum(
        each.pairs != (number is not None) or (number is not None and abs(each.total - number) > TOLERANCE)
        for each, number in zip(found[1:], expected["pairs"], strict=True)
    )
    counted = sum(found[3:-1], start=found[2])  # DAVIS leaves out the first and the last frame
    assert isinstance(counted, TemporalStabilitySums)
    gap = abs(temporal_stability(counted) - expected["official_sequence_value_with_factor_5"])
    return {"pairs": len(found) - 1, "differing": differing, "sequence_gap": float(f"{gap:.1e}")}


def main() -> None:
    sources = [(source, clip) for source in ("osvos", "truth") for clip in CLIPS]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = dict(zip(sources, pool.map(compared, *zip(*sources, strict=True)), strict=True))
    pairs, differing = (sum(each[key] for each in found.values()) for key in ("pairs", "differing"))
    content = {
        "about": "Temporal stability of pairs beside the evaluation of DAVIS 2016",
        "settings": {"tolerance": TOLERANCE},
        "made": [provenance()],
        "pairs": pairs,
        "equal": pairs - differing,
        "largest_sequence_gap": max(each["sequence_gap"] for each in found.values()),
        "clips": {f"{source}/{clip}": each for (source, clip), each in found.items()},
    }
    write_result("temporal_stability_parity", content)
    print(f"{pairs - differing} of {pairs} pairs are equal")


if __name__ == "__main__":
    main()
