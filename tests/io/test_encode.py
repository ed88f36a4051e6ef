import pytest
import torch
from small_files import smooth_pictures

from steadymask.errors import InputError, VideoError
from steadymask.io.encode import ENCODERS, write_video
from steadymask.io.video import open_video

SUFFIXES = {"h264": ".mp4", "prores4444": ".mov", "vp9-alpha": ".webm", "ffv1": ".mkv"}


def tensors(count, size=(36, 48)):
    return [torch.from_numpy(picture).permute(2, 0, 1) for picture in smooth_pictures(count, size)]


@pytest.mark.parametrize("kind", list(ENCODERS))
def test_a_written_video_reads_back_with_its_times(tmp_path, kind):
    pictures, times = tensors(5), [0.0, 0.04, 0.1, 0.2, 0.5]
    path = tmp_path / f"clip{SUFFIXES[kind]}"
    write_video(path, pictures, kind=kind, seconds=times)
    frames = list(open_video(path).frames())
    assert [frame.seconds for frame in frames] == times
    for frame, picture in zip(frames, pictures, strict=True):
        assert (frame.picture.int() - picture.int()).abs().float().mean() < 5


@pytest.mark.parametrize("kind", list(ENCODERS))
def test_writing_twice_gives_the_same_bytes(tmp_path, kind):
    paths = [tmp_path / f"{name}{SUFFIXES[kind]}" for name in "ab"]
    for path in paths:
        write_video(path, tensors(6), kind=kind, fps=30000 / 1001)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.slow  # what differs only now and then is not seen in two runs
def test_a_preview_is_the_same_in_hundreds_of_runs(tmp_path):
    generator = torch.Generator().manual_seed(0)
    scene = torch.rand(1, 3, 8, 24, generator=generator)
    scene = torch.nn.functional.interpolate(scene, size=(32, 96), mode="bicubic").clamp(0, 1)[0]
    pictures = [(torch.roll(scene, shift, 2) * 255).byte() for shift in range(27)]
    path, found = tmp_path / "clip.mp4", set()
    for _ in range(700):
        write_video(path, pictures)
        found.add(path.read_bytes())
    assert len(found) == 1


def test_ffv1_loses_nothing(tmp_path):
    pictures = tensors(3, (35, 27))
    write_video(tmp_path / "clip.mkv", pictures, kind="ffv1")
    for frame, picture in zip(open_video(tmp_path / "clip.mkv").frames(), pictures, strict=True):
        assert torch.equal(frame.picture, picture)


def test_h264_makes_odd_sizes_even(tmp_path):
    write_video(tmp_path / "clip.mp4", tensors(2, (35, 27)))
    assert open_video(tmp_path / "clip.mp4").size == (36, 28)


def test_a_constant_rate_is_exact(tmp_path):
    write_video(tmp_path / "clip.mp4", tensors(4), fps=24000 / 1001)
    video = open_video(tmp_path / "clip.mp4")
    assert video.fps == pytest.approx(24000 / 1001)
    assert [frame.seconds for frame in video.frames()] == [i * 1001 / 24000 for i in range(4)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "theora"}, "kind: wanted one of h264, .* got 'theora'"),
        ({"fps": -1.0}, "fps: wanted a positive number, got -1.0"),
        ({"seconds": [0.0, 1.0, 1.0]}, "frame 2: wanted a time after 1, got 1"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        write_video(tmp_path / "clip.mp4", tensors(3), **change)
    assert not list(tmp_path.iterdir())


def test_no_frames_and_frames_of_two_sizes_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"wanted frames to write, got none"):
        write_video(tmp_path / "clip.mp4", [])
    with pytest.raises(InputError, match=r"frame 1: wanted 48 x 36 as in the first, got 24 x 36"):
        write_video(tmp_path / "clip.mp4", [tensors(1)[0], tensors(1)[0][..., :24]])
    assert not list(tmp_path.iterdir())


def test_an_error_in_the_pictures_passes_through_and_leaves_nothing(tmp_path):
    def pictures():
        yield tensors(1)[0]
        raise VideoError("frame 1 is broken")

    with pytest.raises(VideoError, match=r"frame 1 is broken"):
        write_video(tmp_path / "clip.mp4", pictures())
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(VideoError, match=r"no/clip.mp4: cannot be written"):
        write_video(tmp_path / "no" / "clip.mp4", tensors(1))
