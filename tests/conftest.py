"""Where real data and reference numbers lie; both are optional."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("STEADYMASK_DATA", ROOT / ".." / "shared" / "data")).resolve()
REFERENCE = Path(os.environ.get("STEADYMASK_REFERENCE", DATA.parent / "reference")).resolve()


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real clips."""
    if not DATA.is_dir():
        pytest.skip(f"no real data at {DATA}; set STEADYMASK_DATA")
    return DATA


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of numbers that reference implementations gave."""
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference numbers at {REFERENCE}; set STEADYMASK_REFERENCE")
    return REFERENCE
