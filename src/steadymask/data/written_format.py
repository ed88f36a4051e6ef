"""What the masks of a clip are written as."""

from steadymask.data.clip import Clip
from steadymask.io.json_file import text_of
from steadymask.io.mask_format import JsonFormat, MaskFormat, format_named
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
    if isinstance(own, JsonFormat):
        return own
    files = [f"{clip.name}/{frame}.jpg" for frame in clip.video.names]
    head = new_head(clip.video.size, clip.video.count, name=clip.name, files=files)
    return JsonFormat(head=text_of(head, clip.name))
