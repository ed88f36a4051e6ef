import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from small_files import SIZE, smooth_pictures, write_clip, write_pictures

from steadymask.errors import InputError, VideoError
from steadymask.io.encode import write_video
from steadymask.io.video import open_video

PICTURES = smooth_pictures(12)


def arrays(video, start=0):
    return [frame.picture.permute(1, 2, 0).numpy() for frame in video.frames(start)]


def far(a, b):
    """Mean difference in grey levels."""
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def test_a_folder_of_pictures_gives_them_back_exactly(tmp_path):
    video = open_video(write_pictures(tmp_path / "clip", PICTURES))
    assert (video.size, video.count, video.fps) == (SIZE, 12, 24)
    assert video.names == video.stems == tuple(f"{i:05d}" for i in range(12))
    assert all((a == b).all() for a, b in zip(arrays(video), PICTURES, strict=True))


def test_a_folder_is_timed_by_the_rate_it_is_given(tmp_path):
    video = open_video(write_pictures(tmp_path / "clip", PICTURES[:3]), fps=10.0)
    assert [frame.seconds for frame in video.frames()] == [0, 0.1, 0.2]


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".bmp", ".tif", ".webp", ".png"])
def test_every_kind_of_picture_is_read(tmp_path, suffix):
    save = {"quality": 98} if suffix in (".jpg", ".JPEG", ".webp") else {}
    video = open_video(write_pictures(tmp_path / "clip", PICTURES[:1], suffix, **save))
    assert far(arrays(video)[0], PICTURES[0]) < 1.5


def test_pictures_follow_each_other_by_number_and_hidden_files_do_not_count(tmp_path):
    for name in ("frame10", "frame2", ".frame3"):
        Image.fromarray(PICTURES[0]).save(tmp_path / f"{name}.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    assert open_video(tmp_path).stems == ("frame2", "frame10")


def test_a_16_bit_grey_picture_keeps_its_high_byte(tmp_path):
    grey = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    Image.fromarray(grey).save(tmp_path / "0.png")
    assert (arrays(open_video(tmp_path))[0] == (grey >> 8)[..., None]).all()


def test_a_jpeg_is_turned_as_its_exif_orientation_says(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # the picture has to be turned a quarter clockwise to be upright
    Image.fromarray(PICTURES[0]).save(tmp_path / "0.jpg", quality=98, exif=exif)
    assert far(arrays(open_video(tmp_path))[0], np.rot90(PICTURES[0], -1)) < 1.5


def test_a_picture_is_contiguous_with_colors_last(tmp_path):
    write_pictures(tmp_path / "clip", PICTURES[:2])
    write_clip(tmp_path / "clip.mp4", PICTURES[:2], rotation=90)
    for path in (tmp_path / "clip", tmp_path / "clip.mp4"):
        for frame in open_video(path).frames():
            assert frame.picture.dtype == torch.uint8
            assert frame.picture.permute(1, 2, 0).is_contiguous()


@pytest.mark.parametrize(
    ("codec", "pixel_format", "suffix"),
    [
        ("libx264", "yuv420p", ".mp4"),
        ("libx264", "yuv420p10le", ".mp4"),
        ("libx264", "yuv444p", ".mkv"),
        ("libx264", "yuvj420p", ".mov"),
        ("prores_ks", "yuv422p10le", ".mov"),
        ("libvpx-vp9", "yuv420p", ".webm"),
        ("libvpx", "yuv420p", ".webm"),
        ("ffv1", "bgr0", ".mkv"),
        ("libx264", "yuv420p", ".ts"),
    ],
)
def test_a_video_file_gives_its_frames_in_true_colors(tmp_path, codec, pixel_format, suffix):
    video = open_video(
        write_clip(tmp_path / f"clip{suffix}", PICTURES, codec=codec, pixel_format=pixel_format)
    )
    got = arrays(video)
    assert (video.size, video.count, len(got), video.stems) == (SIZE, 12, 12, None)
    assert video.fps == pytest.approx(25)
    assert max(far(a, b) for a, b in zip(got, PICTURES, strict=True)) < 4


def test_an_unnamed_color_matrix_is_601_below_and_709_above_standard_definition(tmp_path):
    flat = np.full((64, 64, 3), (200, 40, 90), np.uint8)
    tall = np.full((720, 64, 3), (200, 40, 90), np.uint8)
    for name, picture, matrix in (("small", flat, "ITU601"), ("large", tall, "ITU709")):
        path = write_clip(tmp_path / f"{name}.mp4", [picture], colorspace=matrix)
        assert far(arrays(open_video(path))[0], picture) < 2


def test_an_odd_size_is_kept(tmp_path):
    pictures = smooth_pictures(3, (35, 27))
    video = open_video(write_clip(tmp_path / "clip.mp4", pictures))
    assert video.size == (35, 27)
    assert far(arrays(video)[2], pictures[2]) < 3


def test_a_variable_frame_rate_keeps_its_time_stamps(tmp_path):
    times = [0, 40, 120, 130, 400, 1000]
    for suffix in (".mp4", ".mkv"):
        path = write_clip(tmp_path / f"clip{suffix}", PICTURES[:6], times=times)
        assert [frame.seconds for frame in open_video(path).frames()] == [t / 1000 for t in times]


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_a_display_rotation_is_applied(tmp_path, angle):
    # `set_display_rotation` and `np.rot90` both turn counterclockwise.
    video = open_video(write_clip(tmp_path / "clip.mp4", PICTURES[:2], rotation=angle))
    wanted = np.rot90(PICTURES[1], angle // 90)
    assert video.size == wanted.shape[:2]
    assert far(arrays(video)[1], wanted) < 3


@pytest.mark.parametrize("start", [0, 1, 7, 11, 12])
def test_reading_from_a_later_frame_gives_the_same_frames(tmp_path, start):
    for path in (
        write_clip(tmp_path / "clip.mp4", PICTURES, pixel_format="yuv420p"),
        write_pictures(tmp_path / "clip", PICTURES),
    ):
        video = open_video(path)
        whole, part = list(video.frames()), list(video.frames(start))
        assert [(f.index, f.seconds) for f in part] == [(f.index, f.seconds) for f in whole[start:]]
        assert all(torch.equal(a.picture, b.picture) for a, b in zip(part, whole[start:], strict=True))


def test_a_start_beyond_the_end_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"start: wanted 0 to 3, got 4"):
        open_video(write_pictures(tmp_path / "clip", PICTURES[:3])).frames(4)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_truncated_video_is_refused(tmp_path, suffix, share):
    codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
    path = tmp_path / f"clip{suffix}"
    write_clip(path, PICTURES, codec=codec, options={"movflags": "faststart"} if suffix == ".mp4" else {})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(
        VideoError, match=r"clip.*(frame \d+ .*wanted (about )?12 frames, got|cannot be opened)"
    ):
        open_video(path)


def test_damaged_frames_are_named(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", smooth_pictures(40), options={"movflags": "faststart"})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"clip.mp4: frame \d+ cannot be decoded"):
        list(open_video(path).frames())


def test_a_text_file_is_not_a_video(tmp_path):
    for name in ("notes.txt", "clip.mp4"):
        (tmp_path / name).write_text("many words\n" * 100)
        with pytest.raises(VideoError, match=name):
            open_video(tmp_path / name)


def test_a_single_picture_is_not_a_video(tmp_path):
    Image.fromarray(PICTURES[0]).save(tmp_path / "one.png")
    with pytest.raises(VideoError, match=r"wanted a video or a folder of pictures, got a single png file"):
        open_video(tmp_path / "one.png")


def test_what_is_not_there_or_empty_is_refused(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for name, message in (
        ("empty.mp4", "got an empty file"),
        ("folder", "got a folder without any"),
        ("missing.mp4", "got no such file or folder"),
    ):
        with pytest.raises(VideoError, match=message):
            open_video(tmp_path / name)


def test_a_folder_called_like_a_video_is_read_as_a_folder(tmp_path):
    with pytest.raises(VideoError, match=r"without any"):
        (tmp_path / "clip.mp4").mkdir()
        open_video(tmp_path / "clip.mp4")


def test_a_picture_of_another_size_is_named_with_both_sizes(tmp_path):
    folder = write_pictures(tmp_path / "clip", PICTURES[:3])
    Image.fromarray(PICTURES[0][:20]).save(folder / "00001.png")
    with pytest.raises(VideoError, match=r"00001.png: wanted height x width 36 x 48 .*got 20 x 48"):
        list(open_video(folder).frames())


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_a_truncated_picture_is_named(tmp_path, suffix):
    folder = write_pictures(tmp_path / "clip", PICTURES[:3], suffix)
    file = folder / f"00002{suffix}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 9 // 10])
    with pytest.raises(VideoError, match=f"00002{suffix}: cannot be read as a picture"):
        list(open_video(folder).frames())


def test_a_jpeg_with_bytes_after_its_end_is_read(tmp_path):
    folder = write_pictures(tmp_path / "clip", PICTURES[:1], ".jpg", quality=98)
    file = folder / "00000.jpg"
    file.write_bytes(file.read_bytes() + bytes(5000))
    assert far(arrays(open_video(folder))[0], PICTURES[0]) < 1.5


def test_a_decompression_bomb_is_refused_before_memory_is_taken(tmp_path):
    for name, size in (("large", (9000, 9000)), ("vast", (40000, 40000))):
        folder = tmp_path / name
        folder.mkdir()
        # A PNG that only claims its size: decoding it would fail, so the refusal comes first.
        Image.new("1", (8, 8)).save(folder / "0.png")
        content = bytearray((folder / "0.png").read_bytes())
        content[16:24] = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big")
        content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
        (folder / "0.png").write_bytes(content)
        with pytest.raises(VideoError, match=r"0.png: wanted .*pixels, got"):
            open_video(folder)


def test_two_pictures_of_one_name_are_refused(tmp_path):
    write_pictures(write_pictures(tmp_path / "clip", PICTURES[:2]), PICTURES[:1], ".jpg")
    with pytest.raises(VideoError, match=r"wanted one file per frame, got both 00000.jpg and 00000.png"):
        open_video(tmp_path / "clip")


@pytest.mark.parametrize("fps", [0.0, -3.0, 1e9, float("inf"), float("nan")])
def test_a_rate_that_no_camera_has_is_refused(tmp_path, fps):
    with pytest.raises(InputError, match=r"fps: wanted a number above 0, at most 1000, got"):
        open_video(tmp_path, fps=fps)


def test_a_rate_for_a_file_is_refused(tmp_path):
    write_clip(tmp_path / "clip.mp4", PICTURES[:2])
    with pytest.raises(InputError, match=r"fps: wanted a folder of pictures, got the file .*clip\.mp4"):
        open_video(tmp_path / "clip.mp4", fps=5.0)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_a_video_that_begins_late_is_whole(tmp_path, suffix):
    seconds = [5.0, 5.04, 5.3, 6.2]
    pictures = [torch.from_numpy(each).permute(2, 0, 1) for each in PICTURES[: len(seconds)]]
    write_video(tmp_path / f"late{suffix}", pictures, seconds=seconds)
    video = open_video(tmp_path / f"late{suffix}")
    assert [frame.seconds for frame in video.frames()] == pytest.approx(seconds, abs=1e-3)


def test_real_clips_are_read_to_the_last_frame(data):
    video = open_video(data / "clips" / "01_dog.mp4")
    assert (video.size, video.count) == ((720, 1280), 289)
    last = list(video.frames(287))
    assert [frame.index for frame in last] == [287, 288]
    assert last[1].seconds == pytest.approx(288 * 1001 / 30000)
