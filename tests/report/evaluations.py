"""Contents of `evaluation.json` made by hand."""

from typing import Any

BETTER = {
    "inconsistency": "lower", "temporal_consistency": "higher", "jaccard_and_boundary_f": "higher",
    "jaccard": "higher", "boundary_f": "higher", "mean_absolute_error": "lower",
}  # fmt: skip
STABILITY = ("inconsistency", "temporal_consistency")


def numbers(level: float) -> dict[str, float | None]:
    """The lower the level, the better."""
    shares = {key: 1 - level / 10 for key in BETTER if BETTER[key] == "higher"}
    return {"inconsistency": level, "mean_absolute_error": level / 10, "video_consistency_16": None} | shares


def part(level: float, *, clips: int, objects: int) -> dict[str, Any]:
    return {
        "overall": numbers(level),
        "clips": {
            f"clip-{n}": {
                "frames": 10 + n,
                "overall": numbers(level + n / 100),
                "objects": {str(id): numbers(level + id / 100) for id in range(1, objects + 1)},
            }
            for n in range(clips)
        },
        "groups": {},
        "classes": {},
    }


def evaluation(
    levels: dict[str, float], *, truth: float | None = 0.5, clips: int = 3, objects: int = 2
) -> Any:
    """Sets of masks as good as their levels say; a difference is sure where these differ by more than 0.5."""
    first, *later = levels
    own = None
    if truth is not None:
        own = part(truth, clips=clips, objects=objects)
        own["overall"] = {key: own["overall"][key] for key in STABILITY}
    differences = [
        {
            "from": first,
            "to": name,
            "metrics": {
                key: {"mean": after - before, "low": after - before - wide, "high": after - before + wide}
                if before is not None and after is not None
                else {"mean": None, "low": None, "high": None}
                for key, after in numbers(levels[name]).items()
                for before, wide in [(numbers(levels[first])[key], 0.5 if key == "inconsistency" else 0.05)]
            },
        }
        for name in later
    ]
    order = sorted(levels, key=lambda name: levels[name])
    return {
        "dataset": "some data",
        "protocol": "folder",
        "settings": {
            "subset": "val",
            "accuracy": {"ids": "objects", "average": "clips", "first_and_last_frame_count": False},
            "versions": {"steadymask": "1.2.3"},
            "better": BETTER,
        },
        "predictions": {name: part(level, clips=clips, objects=objects) for name, level in levels.items()},
        "truth": own,
        "ranks": {
            name: {"metrics": {"jaccard": order.index(name) + 1.0}, "sum": order.index(name) + 1.0}
            for name in levels
        }
        if later
        else {},
        "differences": differences,
        "excess_removed": {name: (levels[first] - levels[name]) / levels[first] for name in later},
    }
