"""What the masks of a clip are written as."""

from steadymask.data.clip import Clip
from steadymask.io.json_file import text_of
from steadymask.io.mask_format import JsonFormat, MaskFormat, format_named
from steadymask.io.video import Video
from steadymask.io.youtube_vis_json import new_head


def written_format(clip: Clip, name: str | None) -> MaskFormat:
    """The format of this name, one of `FORMATS`; None: that of the clip's masks.

    A JSON stays what it is; one that is new names the frames `CLIP/FRAME.jpg`, as YouTube-VIS does.

    Raises:
        InputError: there is no such format.
    """
    own = clip.masks.format
    format = own if name is None else format_named(name)
    if not isinstance(format, JsonFormat) or format is own:
        return format
    return own if isinstance(own, JsonFormat) else new_format("json", clip.video, clip=clip.name)


def new_format(name: str, video: Video, *, clip: str) -> MaskFormat:
    """The format of this name, for masks of a video that had none; a JSON names its frames as above.

    Raises:
        InputError: there is no such format.
    """
    format = format_named(name)
    if not isinstance(format, JsonFormat):
        return format
    files = [f"{clip}/{frame}.jpg" for frame in video.names]
    head = new_head(video.size, video.count, name=clip, files=files)
    return JsonFormat(head=text_of(head, clip))
