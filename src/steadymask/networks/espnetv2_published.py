"""The weights that ESPNetV2's authors published, under the names that our network has for them."""

import re
from collections.abc import Mapping

from torch import Tensor

from steadymask.errors import WeightsError
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.state_dict import load_exactly

PASCAL_CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)  # fmt: skip
"""What the 21 outputs of the weights for PASCAL VOC mean."""

CITYSCAPES_CLASSES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
    "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle", "void",
)  # fmt: skip
"""What the 20 outputs of the weights for Cityscapes mean."""

_RENAMED = (
    # The encoder
    (r"^(module\.)?(base_net\.)?", ""),
    (r"^level2_0\.", "level2."),
    (r"^level([34])_0\.", r"level\1_strided."),
    (r"^(level[34]\.\d)\.(proj|spp|conv|br)", r"\1.pyramid.\2"),
    (r"\.eesp\.", ".pyramid."),
    (r"\.inp_reinf\.", ".shortcut."),
    (r"\.proj_1x1\.", ".reduce."),
    (r"\.spp_dw\.(\d)\.conv\.", r".branches.\1."),
    (r"\.br_after_cat\.", ".merged."),
    (r"\.conv_1x1_exp\.", ".expand."),
    (r"\.module_act\.", ".act."),
    # The decoder
    (r"^bu_dec_l4\.merge_layer\.3\.", "classifier."),
    (r"^bu_dec_l(\d)\.", lambda found: f"pyramids.{int(found[1]) - 1}."),
    (r"\.stages\.", ".scales."),
    (r"\.projection_layer\.", ".reduce."),
    (r"\.merge_layer\.0\.", ".merged."),
    (r"\.merge_layer\.2\.", ".merge."),
    (r"\.merge_layer\.3\.", ".expand.conv."),
    (r"(pyramids\.\d)\.br\.br\.", r"\1.expand.br."),
    (r"^merge_enc_dec_l(\d)\.", lambda found: f"skips.{int(found[1]) - 2}."),
    (r"\.wt_layer\.1\.", ".weight."),
    (r"\.expansion_layer\.", ".expand."),
    (r"^bu_br_l(\d)\.", lambda found: f"fused.{int(found[1]) - 2}.br."),
    # Convolution, normalization, activation
    (r"\.cbr\.0\.", ".conv."),
    (r"\.(cbr\.1|br\.0|bn)\.", ".norm."),
    (r"\.(cbr\.2|br\.1)\.", ".act."),
)
# The slopes of an activation that strided units have but never apply: all channels decayed alike to 4e-13.
_UNUSED = re.compile(r"(^|\.)level\d_0\.eesp\.module_act\.")


def our_name(key: str) -> str:
    """The name that our network has for a published entry.

    >>> our_name("module.base_net.level3_0.eesp.proj_1x1.bn.weight")
    'level3_strided.pyramid.reduce.norm.weight'
    """
    for pattern, name in _RENAMED:
        key = re.sub(pattern, name, key)
    return key


def our_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published state dict under our names; without the three entries that no output depends on."""
    return {our_name(key): value for key, value in state.items() if not _UNUSED.search(key)}


def espnetv2_from_published(state: Mapping[str, Tensor], *, where: str = "weights") -> ESPNetV2:
    """The network that published weights belong to, with these weights; in evaluation mode.

    Args:
        state: published for PASCAL VOC or Cityscapes, of any width.
        where: the file they came from, for messages.

    Raises:
        WeightsError: they are not those of ESPNetV2's segmentation network; the message names the entry.

    Source: EdgeNets (github.com/sacmehta/EdgeNets, MIT), `espnetv2_s_*` of its segmentation models.
    """
    ours = our_state(state)
    network = ESPNetV2(_config(ours, where))
    load_exactly(network, ours, where=where)
    return network.eval()


def _config(state: Mapping[str, Tensor], where: str) -> ESPNetV2Config:
    """The widths, read off the shapes."""
    shapes = {}
    for key in ("classifier.weight", "level2.act.weight", "fused.2.norm.weight"):
        if key not in state:
            raise WeightsError(f"{where}: wanted weights of ESPNetV2, got none for {key}")
        shapes[key] = tuple(state[key].shape)
    classes, pyramid = shapes["classifier.weight"][:2]
    scale, decoder = shapes["level2.act.weight"][0] / 64, shapes["fused.2.norm.weight"][0] // 2
    return ESPNetV2Config(classes=classes, scale=scale, pyramid=pyramid, decoder=decoder)
