"""All recipes by the names that `train` takes."""

from collections.abc import Callable
from functools import partial

from steadymask.recipes.espnetv2_camvid import espnetv2_camvid, espnetv2_camvid_teacher
from steadymask.recipes.espnetv2_davis import espnetv2_davis, espnetv2_davis_coherent
from steadymask.recipes.given import Given
from steadymask.recipes.own import own
from steadymask.recipes.pspnet_cityscapes import pspnet_cityscapes, pspnet_cityscapes_coherent
from steadymask.recipes.refiner_davis import refiner_davis
from steadymask.recipes.schp import schp_davis, schp_davis_coherent, schp_vhs, schp_vhs_coherent
from steadymask.recipes.video_camvid import pspnet101_camvid, video_camvid
from steadymask.recipes.video_cityscapes import pspnet101_cityscapes, video_cityscapes
from steadymask.recipes.video_face_masks import pspnet50_face_masks, video_face_masks
from steadymask.training.recipe import Recipe

RecipeFunction = Callable[[Given], Recipe]

_students = partial(video_cityscapes, network="pspnet18")
_mobile = partial(video_cityscapes, network="pspnet-mobilenetv2")
_hrnet = partial(video_cityscapes, network="pspnet-hrnet")
_bisenet = partial(video_cityscapes, network="bisenetv2")
_espnet = partial(video_cityscapes, network="espnetv2")

RECIPES: dict[str, RecipeFunction] = {
    "espnetv2-davis": espnetv2_davis,
    "espnetv2-davis-continued": partial(espnetv2_davis_coherent, loss="none"),
    "espnetv2-davis-boundary": partial(espnetv2_davis_coherent, loss="boundary"),
    "espnetv2-davis-global": partial(espnetv2_davis_coherent, loss="global"),
    "espnetv2-davis-coherent": espnetv2_davis_coherent,
    "espnetv2-davis-transform-invariance": partial(espnetv2_davis_coherent, loss="transform-invariance"),
    "espnetv2-camvid": partial(espnetv2_camvid, parts=()),
    "espnetv2-camvid-temporal": partial(espnetv2_camvid, parts=("TL",)),
    "espnetv2-camvid-distillation": partial(espnetv2_camvid, parts=("PF", "MF")),
    "espnetv2-camvid-full": espnetv2_camvid,
    "espnetv2-camvid-teacher": espnetv2_camvid_teacher,
    "schp18-vhs": partial(schp_vhs, encoder="resnet18"),
    "schp18-vhs-coherent": partial(schp_vhs_coherent, encoder="resnet18"),
    "schp50-vhs": schp_vhs,
    "schp50-vhs-boundary": partial(schp_vhs_coherent, loss="boundary"),
    "schp50-vhs-global": partial(schp_vhs_coherent, loss="global"),
    "schp50-vhs-coherent": schp_vhs_coherent,
    "schp50-davis": schp_davis,
    "schp50-davis-coherent": schp_davis_coherent,
    "schp50-davis-coherent-crn": partial(schp_davis_coherent, weights="crn"),
    "pspnet50-cityscapes": pspnet_cityscapes,
    "pspnet50-cityscapes-coherent": pspnet_cityscapes_coherent,
    "pspnet101-cityscapes": partial(pspnet101_cityscapes, temporal=False),
    "pspnet101-cityscapes-teacher": pspnet101_cityscapes,
    "pspnet18-cityscapes": partial(_students, parts=()),
    "pspnet18-cityscapes-pair-wise": partial(_students, parts=("PF",)),
    "pspnet18-cityscapes-multi-frame": partial(_students, parts=("MF",)),
    "pspnet18-cityscapes-distillation": partial(_students, parts=("PF", "MF")),
    "pspnet18-cityscapes-distillation-next": partial(_students, parts=("PF", "MF"), random_sampling=False),
    "pspnet18-cityscapes-temporal": partial(_students, parts=("TL",)),
    "pspnet18-cityscapes-temporal-next": partial(_students, parts=("TL",), random_sampling=False),
    "pspnet18-cityscapes-distillation-temporal": partial(_students, parts=("PF", "MF", "TL")),
    "pspnet18-cityscapes-single-frame": partial(_students, parts=("SF",)),
    "pspnet18-cityscapes-single-frame-temporal": partial(_students, parts=("SF", "TL")),
    "pspnet18-cityscapes-conference": partial(_students, parts=("SF", "PF", "MF", "TL")),
    "pspnet18-cityscapes-pseudo": partial(_students, parts=("PL",)),
    "pspnet18-cityscapes-pseudo-temporal": partial(_students, parts=("TL", "PL")),
    "pspnet18-cityscapes-full": _students,
    "pspnet18-cityscapes-full-next": partial(_students, random_sampling=False),
    "pspnet-mobilenetv2-cityscapes": partial(_mobile, parts=()),
    "pspnet-mobilenetv2-cityscapes-temporal": partial(_mobile, parts=("TL",)),
    "pspnet-mobilenetv2-cityscapes-conference": partial(_mobile, parts=("SF", "PF", "MF", "TL")),
    "pspnet-mobilenetv2-cityscapes-full": _mobile,
    "pspnet-hrnet-cityscapes": partial(_hrnet, parts=()),
    "pspnet-hrnet-cityscapes-temporal": partial(_hrnet, parts=("TL",)),
    "pspnet-hrnet-cityscapes-conference": partial(_hrnet, parts=("SF", "PF", "MF", "TL")),
    "pspnet-hrnet-cityscapes-full": _hrnet,
    "bisenetv2-cityscapes": partial(_bisenet, parts=()),
    "bisenetv2-cityscapes-full": _bisenet,
    "espnetv2-cityscapes": partial(_espnet, parts=()),
    "espnetv2-cityscapes-full": _espnet,
    "pspnet101-camvid": partial(pspnet101_camvid, temporal=False),
    "pspnet101-camvid-teacher": pspnet101_camvid,
    "pspnet-mobilenetv2-camvid": partial(video_camvid, parts=()),
    "pspnet-mobilenetv2-camvid-temporal": partial(video_camvid, parts=("TL",)),
    "pspnet-mobilenetv2-camvid-full": video_camvid,
    "pspnet50-face-masks-teacher": pspnet50_face_masks,
    "pspnet50-face-masks-teacher-tenth": partial(pspnet50_face_masks, few_labels=True),
    "pspnet18-face-masks": partial(video_face_masks, parts=()),
    "pspnet18-face-masks-tenth": partial(video_face_masks, parts=(), few_labels=True),
    "pspnet18-face-masks-video": video_face_masks,
    "pspnet18-face-masks-video-tenth": partial(
        video_face_masks, parts=("PF", "MF", "TL", "PL"), few_labels=True
    ),
    "own-coherent": partial(own, loss="coherent"),
    "own-temporal": partial(own, loss="temporal"),
    "refiner-davis": refiner_davis,
    "refiner-davis-printed": partial(refiner_davis, rate="printed"),
    "refiner-davis-deeplabv3": partial(refiner_davis, encoder="deeplabv3"),
}

TAUGHT = (
    "espnetv2-camvid-distillation",
    "espnetv2-camvid-full",
    "pspnet18-cityscapes-pair-wise",
    "pspnet18-cityscapes-multi-frame",
    "pspnet18-cityscapes-distillation",
    "pspnet18-cityscapes-distillation-next",
    "pspnet18-cityscapes-distillation-temporal",
    "pspnet18-cityscapes-single-frame",
    "pspnet18-cityscapes-single-frame-temporal",
    "pspnet18-cityscapes-conference",
    "pspnet18-cityscapes-pseudo",
    "pspnet18-cityscapes-pseudo-temporal",
    "pspnet18-cityscapes-full",
    "pspnet18-cityscapes-full-next",
    "pspnet-mobilenetv2-cityscapes-conference",
    "pspnet-mobilenetv2-cityscapes-full",
    "pspnet-hrnet-cityscapes-conference",
    "pspnet-hrnet-cityscapes-full",
    "bisenetv2-cityscapes-full",
    "espnetv2-cityscapes-full",
    "pspnet-mobilenetv2-camvid-full",
    "pspnet18-face-masks-video",
    "pspnet18-face-masks-video-tenth",
)
"""Those that have a teacher."""

FROM_VIDEOS = (
    "pspnet50-cityscapes-coherent",
    "pspnet101-camvid-teacher",
    "pspnet-mobilenetv2-camvid-temporal",
    "pspnet-mobilenetv2-camvid-full",
    "own-coherent",
    "own-temporal",
)
"""Those that learn from a folder of videos, if there is one."""

FROM_MASKS = ("refiner-davis", "refiner-davis-printed", "refiner-davis-deeplabv3")
"""Those that learn from masks of the data set's videos."""
