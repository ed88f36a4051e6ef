"""Any folder of videos that nobody labeled, and a way to read their frames fast in any order."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from steadymask.data.clip import clip_entries
from steadymask.data.dataset import pictures_in
from steadymask.data.frame_files import PictureFrames, VideoFrames, video_at
from steadymask.data.training_data import UnlabeledVideo
from steadymask.errors import InputError, VideoError
from steadymask.io.png import PngHeader, write_png
from steadymask.io.video import FOLDER_FPS, Video


def unlabeled_videos(folder: Path, *, fps: float = FOLDER_FPS) -> tuple[UnlabeledVideo, ...]:
    """The videos of a folder: video files, and folders of pictures; or its own pictures as one video.

    Args:
        folder: where they lie.
        fps: frames a second of folders of pictures; video files know theirs.

    Raises:
        InputError: two have one name.
        VideoError: there are none, or one cannot be read.
    """
    if pictures_in(folder):
        return (video_at(folder, name=folder.name, fps=fps),)
    if not folder.is_dir():
        raise VideoError(f"{folder}: wanted a folder of videos, got no such folder")
    found = {name: path for name, path in clip_entries(folder).items() if path.suffix.lower() != ".npz"}
    if not found:
        raise VideoError(f"{folder}: wanted video files or folders of pictures, got none")
    return tuple(video_at(path, name=name, fps=fps) for name, path in found.items())


def unpacked(video: UnlabeledVideo, folder: Path, *, frames: Collection[int] | None = None) -> UnlabeledVideo:
    """Write frames of a video file as PNGs, once, and read them from there; other videos stay as they are.

    What is there already is not written again, so that this can be stopped and repeated. Each frame appears
    finished or not at all.

    Args:
        video: as `unlabeled_videos` gives it.
        folder: where the PNGs go, in a folder of the video's name.
        frames: those that will be asked for, such as those of `equally_spaced_pairs`; None: all.

    Raises:
        InputError: there is no such frame.
        VideoError: the video cannot be read, or a file cannot be written.
    """
    if not isinstance(video.frame, VideoFrames) or video.frame.video.facts is None:
        return video
    wanted = range(video.count) if frames is None else sorted(set(frames))
    outside = [index for index in wanted if not 0 <= index < video.count]
    if outside:
        raise InputError(f"{video.name}: frames: wanted 0 to {video.count - 1}, got {outside[0]}")
    files = tuple(folder / video.name / f"{index:06d}.png" for index in range(video.count))
    missing = {index for index in wanted if not files[index].is_file()}
    if missing:
        _write(video.frame.video, files, missing)
    return replace(video, frame=PictureFrames(files=files))


def _write(video: Video, files: Sequence[Path], indices: Collection[int]) -> None:
    files[0].parent.mkdir(parents=True, exist_ok=True)
    for frame in video.frames(min(indices)):
        if frame.index in indices:
            header = PngHeader(size=video.size, color="rgb", depth=8)
            pixels = frame.picture.permute(1, 2, 0).numpy()
            write_png(files[frame.index], pixels, header, smooth=True)
        if frame.index >= max(indices):
            return
