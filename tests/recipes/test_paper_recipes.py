"""The recipes of papers 1 and 3: each builds on small data, with the printed numbers in what it returns."""

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from small_data_sets import box, camvid, cityscapes, davis
from small_training_data import face_masks, frame_folder, vhs, write_grey
from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import Batches
from steadymask.data.camvid import CLASSES as CAMVID
from steadymask.data.face_masks import CLASSES as FACES
from steadymask.data.first_frame import first_frame_training
from steadymask.data.training_clips import OBJECT
from steadymask.data.vhs import HUMAN
from steadymask.errors import InputError, WeightsError
from steadymask.flow.dis import DIS
from steadymask.io.weights import WeightsOf, write_weights
from steadymask.networks import timm_encoder
from steadymask.networks.espnetv2 import ESPNetV2, ESPNetV2Config
from steadymask.networks.pspnet import PSPNet, PSPNetConfig
from steadymask.networks.schp import SCHP, SCHPConfig
from steadymask.networks.segmentation_network import SegmentationNetwork
from steadymask.recipes.by_name import FROM_VIDEOS, RECIPES, TAUGHT
from steadymask.recipes.given import Given
from steadymask.training.everything import Everything
from steadymask.training.outputs import predicted
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.terms import Coherent, Edges, Supervised, Temporal

timm = pytest.importorskip("timm", reason="timm is not installed (the extra `train`)")

PAPER = [name for name in RECIPES if not re.match("espnetv2-(davis|camvid)|own-|refiner-", name)]
CITIES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
    "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
)  # fmt: skip
LABELS = box((1, 2, 6, 2, 7))
Fetched = list[tuple[str, bool]]


@pytest.fixture(autouse=True)
def fetched(monkeypatch: pytest.MonkeyPatch) -> Fetched:
    """Encoders are tiny; what would have been fetched is noted."""
    asked: Fetched = []

    def made(name: str, options: dict[str, Any], *, pretrained: bool) -> nn.Module:
        asked.append((name, pretrained))
        if name.startswith("hrnet"):
            return timm.create_model(name, features_only=True, **options)
        return timm.create_model("test_resnet", features_only=True, **options)

    monkeypatch.setattr(timm_encoder, "_made", made)
    return asked


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small data of every kind, and the weights that recipes begin with."""
    root = tmp_path_factory.mktemp("recipes")
    for number in range(25):
        vhs(root / "vhs", {f"LIP/{number}": LABELS.shape})
        write_grey(root / "vhs" / "masks" / "LIP" / f"{number}.png", 255 * LABELS)
    frame_folder(root / "vhs" / "videos" / "walk", 40)
    davis(root / "davis", {"bear": [LABELS] * 20, "cows": [LABELS] * 5}, subset="train")
    frames = [f"aachen_{at:06d}_{number:06d}" for at in range(17) for number in range(18, 21)]
    truth = {name: 7 + LABELS for name in frames if name.endswith("19")}
    cityscapes(root / "cityscapes", frames, truth, subset="train")
    for name in ("stuttgart_02", "stuttgart_00", "stuttgart_01"):
        frame_folder(root / "demo" / name, 4)
    camvid(root / "camvid", {f"0001TP_{number:06d}": LABELS for number in range(9)}, subset="train")
    camvid(root / "camvid", {f"0016E5_{number:05d}": LABELS for number in range(60)}, subset="val")
    faces = {f"{clip:03d}_{number:06d}": LABELS for clip in range(4) for number in range(1, 6)}
    face_masks(root / "faces", faces)
    return root


def written(root: Path, name: str, network: SegmentationNetwork, classes: tuple[str, ...]) -> Path:
    path = root / f"{name}.safetensors"
    if not path.exists():
        of = WeightsOf(network=network.name, config=asdict(network.config), classes=classes)
        write_weights(path, network.state_dict(), of=of)
    return path


def schp(root: Path, encoder: str, classes: tuple[str, ...]) -> Path:
    return written(root, f"{encoder}-{classes[1]}", SCHP(SCHPConfig(classes=2, encoder=encoder)), classes)


def pspnet(root: Path, encoder: str, classes: tuple[str, ...] = CITIES) -> Path:
    network = PSPNet(PSPNetConfig(classes=len(classes), encoder=encoder))
    return written(root, f"{encoder}-{len(classes)}", network, classes)


def given(root: Path, name: str, **changed: Any) -> Given:
    """What a recipe wants, and nothing else."""
    weights, teacher, videos = None, None, None
    if "-vhs-" in name:
        weights = schp(root, name.split("-", maxsplit=1)[0].replace("schp", "resnet"), HUMAN)
    if "-davis-" in name:
        weights = schp(root, "resnet50", OBJECT)
    if name == "pspnet50-cityscapes-coherent":
        weights, videos = pspnet(root, "resnet50"), root / "demo"
    if "-camvid" in name:
        weights = pspnet(root, "resnet101" if "101" in name else "mobilenetv2")
    if name.startswith("espnetv2"):
        network = ESPNetV2(ESPNetV2Config(classes=19, scale=1.0))
        weights = written(root, "espnetv2", network, CITIES)
    if name in TAUGHT:
        data = "camvid" if "camvid" in name else "faces" if "face" in name else ""
        classes = {"camvid": CAMVID.names, "faces": FACES.names}.get(data, CITIES)
        teacher = pspnet(root, "resnet50" if data == "faces" else "resnet101", classes)
    folder = next(
        root / each
        for each, part in (
            ("vhs", "vhs"),
            ("davis", "davis"),
            ("camvid", "camvid"),
            ("cityscapes", "city"),
            ("faces", "face"),
        )
        if part in name
    )
    return replace(Given(data=folder, weights=weights, teacher=teacher, videos=videos, seed=3), **changed)


@pytest.mark.parametrize("name", PAPER)
def test_a_recipe_builds_with_what_its_docstring_asks_for(name: str, place: Path, fetched: Fetched) -> None:
    wants = given(place, name)
    fetched.clear()
    recipe = RECIPES[name](wants)
    [phase] = recipe.phases
    config = phase.config
    assert config.seed == phase.batch.seed == 3
    assert (config.optimizer, config.momentum, asdict(config.schedule)) == ("sgd", 0.9, {"power": 0.9})
    assert (recipe.teacher is not None) == (name in TAUGHT)
    auxiliary = "hrnet" not in name and not name.startswith("espnetv2")
    assert phase.everything == auxiliary
    # The encoder's weights are fetched only where no others are given.
    begins = wants.weights is None and not name.startswith("bisenetv2")
    assert [pretrained for _, pretrained in fetched].count(True) == int(begins)


@pytest.mark.parametrize("name", PAPER)
def test_a_folder_of_videos_matters_where_it_is_said_to(name: str, place: Path) -> None:
    usual = given(place, name)
    folders = (usual, replace(usual, videos=place / "vhs" / "videos"))
    names = [[video.name for video in RECIPES[name](each).data.videos] for each in folders]
    assert (names[0] != names[1]) == (name in FROM_VIDEOS)


def sized(phase: Phase) -> tuple[tuple[int, int], tuple[float, float]]:
    return phase.augmentation.size, phase.augmentation.scales


def test_schp_learns_labels_as_printed(place: Path) -> None:
    recipe = RECIPES["schp50-vhs"](given(place, "schp50-vhs"))
    [phase] = recipe.phases
    assert phase.config.steps == 200 * 2  # 25 pictures, 24 a batch
    assert (phase.config.learning_rate, phase.config.weight_decay) == (7e-3, 5e-4)
    assert sized(phase)[0] == (473, 473) and phase.augmentation.base == "fit"
    assert (phase.batch.labeled, phase.batch.pairs) == (24, 0)
    assert phase.terms == {
        "supervised": Supervised(kind="both", balanced=True),
        "parsing": Supervised(kind="both", balanced=True, output="parsing"),
        "edges": Edges(weight=1.0, width=3),
    }
    assert recipe.network.config.encoder == "resnet50"
    assert RECIPES["schp18-vhs"](given(place, "schp18-vhs")).network.config.encoder == "resnet18"


@pytest.mark.parametrize(
    ("name", "alpha", "beta", "steps"),
    [
        ("schp18-vhs-coherent", 1.0, 5e-5, 10 * 3),  # 25 pictures, 12 a batch
        ("schp50-vhs-coherent", 1.0, 5e-5, 10 * 3),
        ("schp50-vhs-boundary", 1.0, 0.0, 10 * 3),
        ("schp50-vhs-global", 0.0, 5e-5, 10 * 3),
        ("schp50-davis-coherent", 1.0, 5e-5, 10 * 3),
        ("schp50-davis-coherent-crn", 0.1, 5e-6, 10 * 3),
    ],
)
def test_schp_becomes_coherent_as_printed(
    name: str, alpha: float, beta: float, steps: int, place: Path
) -> None:
    [phase] = RECIPES[name](given(place, name)).phases
    assert phase.terms["coherent"] == Coherent(
        boundary_weight=alpha, global_weight=beta, width=15, threshold=5e-2, reduction="sum"
    )
    assert [*phase.terms] == ["supervised", "parsing", "edges", "coherent"]
    assert (phase.config.steps, phase.config.learning_rate, phase.config.weight_decay) == (steps, 1e-4, 5e-4)
    assert (phase.batch.labeled, phase.batch.pairs, phase.batch.pairs_per_video) == (12, 6, 30)
    assert phase.batch.gaps == (1,) and sized(phase)[0] == (473, 473)


@pytest.mark.parametrize(("name", "pairs"), [("schp50-davis", 0), ("schp50-davis-coherent", 6)])
def test_schp_is_fitted_to_a_clip(name: str, pairs: int, place: Path) -> None:
    clip = place / "davis" / "JPEGImages" / "480p" / "bear"
    mask = place / "davis" / "Annotations" / "480p" / "bear" / "00000.png"
    fitted = first_frame_training(clip, mask)
    weights = schp(place, "resnet50", OBJECT)
    recipe = RECIPES[name](Given(fitted=fitted, weights=weights))
    [phase] = recipe.phases
    assert recipe.data is fitted
    assert (phase.name, phase.config.steps, phase.config.learning_rate) == ("online", 200, 1e-4)
    assert phase.batch.pairs == pairs
    with pytest.raises(InputError, match="weights: wanted what the recipe schp50-davis wrote, got none"):
        RECIPES[name](Given(fitted=fitted))


def test_pspnet_on_cityscapes_becomes_coherent_on_two_demo_videos(place: Path) -> None:
    name = "pspnet50-cityscapes-coherent"
    recipe = RECIPES[name](given(place, name))
    [phase] = recipe.phases
    assert [video.name for video in recipe.data.videos] == ["stuttgart_00", "stuttgart_01"]
    assert phase.terms["coherent"] == Coherent(
        boundary_weight=2e-2, global_weight=0.3, width=15, threshold=0.3, reduction="mean"
    )
    assert phase.config.steps == 20 * 2  # 17 pictures, 12 a batch
    assert phase.terms["auxiliary"].weight == 0.4
    with pytest.raises(InputError, match="videos: wanted the folder of the demo videos of Cityscapes, got n"):
        RECIPES[name](given(place, name, videos=None))
    [before] = RECIPES["pspnet50-cityscapes"](given(place, "pspnet50-cityscapes")).phases
    assert (before.config.steps, before.config.learning_rate, before.batch.labeled) == (200 * 2, 1e-2, 16)
    assert before.config.weight_decay == 1e-4 and sized(before) == ((713, 713), (0.5, 2.0))


ROWS = {
    "": (),
    "-pair-wise": ("PF",),
    "-multi-frame": ("MF",),
    "-distillation": ("PF", "MF"),
    "-temporal": ("TL",),
    "-distillation-temporal": ("PF", "MF", "TL"),
    "-single-frame": ("SF",),
    "-single-frame-temporal": ("SF", "TL"),
    "-conference": ("SF", "PF", "MF", "TL"),
    "-pseudo": ("PL",),
    "-pseudo-temporal": ("PL", "TL"),
    "-full": ("PF", "MF", "TL", "PL"),
    "-distillation-next": ("PF", "MF"),
    "-temporal-next": ("TL",),
    "-full-next": ("PF", "MF", "TL", "PL"),
}
"""Table I from a to l, then table II without random sampling."""


@pytest.mark.parametrize("row", ROWS)
def test_students_learn_the_rows_of_tables_one_and_two(row: str, place: Path) -> None:
    name, parts = f"pspnet18-cityscapes{row}", ROWS[row]
    recipe = RECIPES[name](given(place, name))
    [phase] = recipe.phases
    moving = bool({"PF", "MF", "TL"} & {*parts})
    assert {*phase.terms} == {"supervised", "auxiliary", *parts} - {"PL"}
    assert all(term.weight == 0.1 for key, term in phase.terms.items() if key in parts)
    assert (phase.batch.labeled, phase.batch.triplets) == ((0, 8) if moving else (8, 0))
    assert phase.terms["supervised"].part == ("center" if moving else "labeled")
    assert phase.batch.reach == (1 if row.endswith("-next") else 3)
    assert phase.config.steps == 200 * 3  # 17 labels, 8 a batch
    assert (phase.config.learning_rate, phase.config.weight_decay) == (1e-2, 1e-4)
    assert sized(phase) == ((769, 769), (0.5, 2.1)) and phase.augmentation.base == "own"
    assert (phase.layers == ("pyramid",)) == bool({"SF", "MF"} & {*parts})
    assert (recipe.pseudo_labels is not None) == ("PL" in parts)
    assert (recipe.teacher is not None) == (parts not in ((), ("TL",)))


def test_the_teachers_learn_with_the_temporal_loss(place: Path) -> None:
    for name, encoder in (
        ("pspnet101-cityscapes-teacher", "resnet101"),
        ("pspnet101-camvid-teacher", "resnet101"),
        ("pspnet50-face-masks-teacher", "resnet50"),
    ):
        recipe = RECIPES[name](given(place, name))
        assert recipe.phases[0].terms["TL"] == Temporal(weight=0.1)
        assert recipe.teacher is None and recipe.network.config.encoder == encoder
    alone = RECIPES["pspnet101-cityscapes"](given(place, "pspnet101-cityscapes"))
    assert [*alone.phases[0].terms] == ["supervised", "auxiliary"]


def test_every_student_has_its_own_network(place: Path) -> None:
    for name, network in (
        ("pspnet-mobilenetv2-cityscapes-full", "mobilenetv2"),
        ("pspnet-hrnet-cityscapes-full", "hrnet_w18_small_v2"),
        ("pspnet-mobilenetv2-camvid-full", "mobilenetv2"),
        ("pspnet18-face-masks-video", "resnet18"),
    ):
        assert RECIPES[name](given(place, name)).network.config.encoder == network
    for name in ("bisenetv2", "espnetv2"):
        recipe = RECIPES[f"{name}-cityscapes-full"](given(place, f"{name}-cityscapes-full"))
        assert recipe.network.name == name
        assert [*recipe.phases[0].layers] == [recipe.network.features_layer]


def test_on_camvid_motion_comes_from_other_frames_than_labels(place: Path) -> None:
    names = [f"pspnet-mobilenetv2-camvid{row}" for row in ("", "-temporal", "-full")]
    recipes = [RECIPES[name](given(place, name)) for name in names]
    batches = [recipe.phases[0].batch for recipe in recipes]
    assert [(each.labeled, each.pairs, each.triplets) for each in batches] == [
        (8, 0, 0),
        (8, 8, 0),
        (8, 0, 8),
    ]
    assert recipes[1].phases[0].config.steps == 200 * 2 and sized(recipes[1].phases[0])[0] == (640, 640)
    assert recipes[1].data.videos[0].count == 50
    videos = RECIPES[names[1]](given(place, names[1], videos=place / "demo")).data.videos
    assert {video.name for video in videos} == {"stuttgart_00", "stuttgart_01", "stuttgart_02"}


def test_of_face_masks_a_tenth_of_the_labels_is_kept_and_the_others_are_labeled(place: Path) -> None:
    video = RECIPES["pspnet18-face-masks-video"](given(place, "pspnet18-face-masks-video"))
    [phase] = video.phases
    assert (phase.config.steps, phase.batch.triplets) == (80 * 2, 16)  # 20 frames, 16 a batch
    assert sized(phase)[0] == (385, 385) and video.pseudo_labels is None
    name = "pspnet18-face-masks-video-tenth"
    few = RECIPES[name](given(place, name))
    assert (len(few.data.labeled), len(few.pseudo_labels.images)) == (2, 18)
    assert few.phases[0].config.steps == 80 * 2
    teacher = RECIPES["pspnet50-face-masks-teacher-tenth"](given(place, "pspnet50-face-masks-teacher-tenth"))
    assert [each.name for each in teacher.data.labeled] == [each.name for each in few.data.labeled]
    assert teacher.phases[0].config.steps == 80


def first_losses(recipe: Recipe) -> dict[str, torch.Tensor]:
    """Of the first batch, made small, with the whole way back to the weights."""
    [phase] = recipe.phases
    counts = {name: min(getattr(phase.batch, name), 2) for name in ("labeled", "pairs", "triplets")}
    batches = Batches(
        data=recipe.data,
        settings=replace(phase.batch, **counts),
        augmentation=Augmentation(size=(48, 64), base="fit"),
        flows=DIS(),
    )
    torch.manual_seed(0)
    network = recipe.network.train()
    asked = Everything(network) if phase.everything else network
    batch = batches(0)
    outputs = predicted(asked, batch, layers=phase.layers, inner=network, teacher=recipe.teacher)
    losses = {name: term(outputs, batch) for name, term in phase.terms.items()}
    sum(losses.values()).backward()
    return losses


@pytest.mark.parametrize(
    "name",
    [
        "schp18-vhs-coherent",
        "schp50-davis",
        "pspnet50-cityscapes-coherent",
        "pspnet101-cityscapes-teacher",
        "pspnet18-cityscapes-conference",
        "pspnet18-cityscapes-full",
        "pspnet-hrnet-cityscapes-full",
        "bisenetv2-cityscapes-full",
        "espnetv2-cityscapes-full",
        "pspnet-mobilenetv2-camvid-temporal",
        "pspnet18-face-masks-video",
    ],
)
def test_every_weight_learns_from_the_first_batch(name: str, place: Path) -> None:
    recipe = RECIPES[name](given(place, name))
    losses = first_losses(recipe)
    assert all(loss.isfinite() for loss in losses.values()), losses
    without = [key for key, each in recipe.network.named_parameters() if each.grad is None]
    assert without == []


def test_weights_of_another_network_or_none_are_said(place: Path) -> None:
    vhs_given = partial(given, place, "schp50-vhs-coherent")
    with pytest.raises(InputError, match="weights: wanted what the recipe schp50-vhs wrote, got none"):
        RECIPES["schp50-vhs-coherent"](vhs_given(weights=None))
    with pytest.raises(WeightsError, match=r"wanted weights of SCHPConfig\(classes=2, encoder='resnet50'\)"):
        RECIPES["schp50-vhs-coherent"](vhs_given(weights=schp(place, "resnet18", HUMAN)))
    with pytest.raises(WeightsError, match="wanted weights of bisenetv2, got weights of pspnet"):
        RECIPES["bisenetv2-cityscapes"](
            given(place, "bisenetv2-cityscapes", weights=pspnet(place, "resnet18"))
        )
    with pytest.raises(InputError, match="teacher: wanted the weights that a recipe for teachers wrote, got"):
        RECIPES["pspnet18-cityscapes-full"](given(place, "pspnet18-cityscapes-full", teacher=None))


def test_a_file_of_an_encoder_takes_the_place_of_fetching(
    place: Path, tmp_path: Path, fetched: Fetched
) -> None:
    path = tmp_path / "resnet18.safetensors"
    encoder = timm.create_model("test_resnet", features_only=True, output_stride=8)
    write_weights(path, encoder.state_dict())
    recipe = RECIPES["pspnet18-cityscapes"](given(place, "pspnet18-cityscapes", weights=path))
    assert fetched[-1] == ("resnet18", False)
    state = recipe.network.encoder.body.state_dict()
    assert all(torch.equal(state[name], each) for name, each in encoder.state_dict().items())


def function_of(name: str) -> Callable[..., Recipe]:
    found: Callable[..., Recipe] = RECIPES[name]
    while isinstance(found, partial):
        found = found.func
    return found


@pytest.mark.parametrize("function", {function_of(name): None for name in PAPER}, ids=lambda f: f.__name__)
def test_a_docstring_has_command_hardware_hours_score_and_source(function: Callable[..., Recipe]) -> None:
    text = function.__doc__ or ""
    wanted = ("`steadymask train ", "Hardware: ", "Hours: ", "Expected (", "table", "Source: ", "Deviates: ")
    assert [each for each in wanted if each not in text] == []
    commands = re.findall(r"steadymask train (\S+)", text)
    assert {each for each in commands if each not in RECIPES} == set()
