import errno
import os

import pytest

from steadymask.errors import InputError, VideoError
from steadymask.io import unfinished as module
from steadymask.io.unfinished import unfinished, write_file


def test_a_file_appears_when_it_is_finished(tmp_path):
    path = tmp_path / "mask.png"
    path.write_bytes(b"old")
    with unfinished(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [InputError("stop"), KeyboardInterrupt(), VideoError("stop")])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "mask.png"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), unfinished(path) as temporary:
        temporary.write_bytes(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def no_space(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.os, "replace", no_space)
    with pytest.raises(VideoError, match=r"mask.png: cannot be written: No space left on device"):
        write_file(tmp_path / "mask.png", b"mask")
    assert not list(tmp_path.iterdir())
