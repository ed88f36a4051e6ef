"""What a result was made of: files by full name, size and time of change."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from steadymask.errors import VideoError
from steadymask.io.made_of import digest_of


def plainly(files: list[Path]) -> str:
    facts = [(str(each.resolve()), each.stat().st_size, each.stat().st_mtime_ns) for each in files]
    return sha256(repr(facts).encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "real").mkdir()
    for name in ("b.png", "a.png"):
        (tmp_path / "real" / name).write_text(name)
    (tmp_path / "far.png").write_text("elsewhere")
    (tmp_path / "real" / "c.png").symlink_to(tmp_path / "far.png")
    (tmp_path / "other").symlink_to(tmp_path / "real")
    return tmp_path / "other"


def test_folders_groups_and_files_are_told_by_their_full_names_through_any_links(folder: Path) -> None:
    a, b, c = (folder / name for name in ("a.png", "b.png", "c.png"))
    assert digest_of([folder, (c, a), b]) == plainly([a, b, c, c, a, b])


def test_a_changed_file_changes_it_also_behind_a_link(folder: Path) -> None:
    for file in (folder / "a.png", folder / "c.png"):
        before = digest_of([folder])
        os.utime(file, ns=(0, 0))
        assert digest_of([folder]) != before


def test_what_is_not_there_is_one_line(folder: Path) -> None:
    with pytest.raises(VideoError, match=r"none\.png: cannot be read: No such file"):
        digest_of([(folder / "none.png",)])
