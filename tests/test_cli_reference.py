"""docs/cli.md says what the verbs' docstrings say, and the other documents use what it lists."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TORCHRUN = ("--nnodes", "--nproc-per-node", "--rdzv-backend", "--rdzv-endpoint", "--rdzv-id")


def test_the_reference_is_up_to_date() -> None:
    reference = runpy.run_path(str(ROOT / "docs" / "cli_reference.py"))["reference"]()
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == reference, "run: python docs/cli_reference.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_uses_only_flags_that_exist(page: Path) -> None:
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    known = {*re.findall(r"^\| `(--[a-z-]+)`", reference, re.MULTILINE), "--help", *TORCHRUN}
    assert set(re.findall(r"(?<![\w!-])--[a-z][a-z-]*", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_links_to_files_that_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
