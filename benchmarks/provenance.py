"""What a number was measured with: commit, versions, hardware, load; the code a filter consists of."""

import ast
import hashlib
import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
_PACKAGES = ("steadymask", "torch", "numpy", "scipy", "opencv-python-headless", "av", "pillow")


def provenance() -> dict[str, Any]:
    """Everything beside the settings that a number may depend on."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "changed_since_commit": bool(_git("status", "--porcelain", "--", "src")),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
        "hardware": {"processor": _processor(), "cores": os.cpu_count(), "memory_gb": _memory_gb()},
        "load_1_minute": round(os.getloadavg()[0], 1),
    }


def source_of(module: str) -> str:
    """Digest of the code of a filter: of its module and of all it is made of, comments and docstrings aside.

    The driver is left out: it decides when a filter runs, not what it gives.
    """
    seen: dict[str, str] = {}
    _gather(module, seen)
    return hashlib.sha256("".join(seen[name] for name in sorted(seen)).encode()).hexdigest()[:12]


def _gather(module: str, seen: dict[str, str]) -> None:
    if module in seen:
        return
    tree = ast.parse(Path(str(import_module(module).__file__)).read_text())
    seen[module] = ast.dump(_WithoutDocstrings().visit(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and re.fullmatch(_PARTS, node.module or ""):
            _gather(str(node.module), seen)


_PARTS = r"steadymask\.(filters\.(?!run$)\w+|flow\.dis|warp|most_probable|temporal_gaussian)"


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:  # the name ast asks for
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


def read_result(name: str) -> dict[str, Any]:
    """What `write_result` wrote; empty if nothing."""
    path = RESULTS / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return content


def write_result(name: str, content: dict[str, Any]) -> None:
    """Write results/NAME.json as a whole or not at all; NaN is refused."""
    RESULTS.mkdir(exist_ok=True)
    unfinished = RESULTS / f".{name}.json"
    unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    unfinished.replace(RESULTS / f"{name}.json")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor()


def _memory_gb() -> float:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
