"""SCHP on VHS and DAVIS: supervised, then with the coherent loss, as paper 1 prints it."""

from collections.abc import Mapping
from typing import Literal

from steadymask.data.augmentation import Augmentation
from steadymask.data.batches import BatchSettings
from steadymask.data.davis import davis_training
from steadymask.data.vhs import vhs_training
from steadymask.networks.schp import SCHPConfig
from steadymask.recipes.encoders import begun, gone_on
from steadymask.recipes.epochs import steps_of
from steadymask.recipes.given import Given
from steadymask.training.config import TrainingConfig
from steadymask.training.outputs import Term
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.terms import Coherent, Edges, Supervised

Encoder = Literal["resnet18", "resnet50"]
Loss = Literal["boundary", "global", "coherent"]
Weights = Literal["schp", "crn"]

_EPOCHS, _COHERENT_EPOCHS, _ONLINE_STEPS = 200, 10, 200
_LABELED, _LABELED_OF_COHERENT, _PAIRS = 24, 12, 6
_RATE, _COHERENT_RATE = 7e-3, 1e-4
_WIDTH, _THRESHOLD = 15, 5e-2
_WEIGHTS: Mapping[Weights, tuple[float, float]] = {"schp": (1.0, 5e-5), "crn": (0.1, 5e-6)}


def schp_vhs(given: Given, *, encoder: Encoder = "resnet50") -> Recipe:
    """SCHP, supervised on labeled pictures of humans: what the coherent phase on VHS starts from.

    `steadymask train schp50-vhs --data VHS --out schp50-vhs` (ResNet-18: `schp18-vhs`)

    Args:
        given: what the user gave; the weights are the encoder's for ImageNet, fetched where none are given.
        encoder: a ResNet.

    Hardware: Tesla P40, as printed; how many is not. Hours: not printed; on one about 415 (ResNet-18: 240),
    estimated as docs/train.md says.

    Expected (table 2; mIoU of the test set, mIoU, STB global and STB local of the synthetic set): ResNet-50
    96.20, 93.22, 99.18, 95.54; ResNet-18 95.14, 91.20, 99.17, 95.46.

    Source: Qian et al., Coherent loss: a generic framework for stable video segmentation, "Experiment
        settings" of VHS: 473 × 473, 24 a batch, 200 epochs, SGD at 7e-3, balanced cross-entropy and
        Lovász-softmax. Parsing and edge branches learn as in the published code of SCHP.
    Deviates: VHS is not published, only its layout is here (docs/training-data.md). The schedule of the rate
        is not printed: it falls to zero with the power 0.9. Pictures are not rotated; cycles of
        self-correction and the consistency of edges, which has no gradient, are left out.
    """
    data = vhs_training(given.folder)
    network = begun(given.weights, data.classes, _config(encoder))
    return Recipe(network=network, data=data, phases=(_supervised(given, len(data.labeled)),))


def schp_vhs_coherent(given: Given, *, encoder: Encoder = "resnet50", loss: Loss = "coherent") -> Recipe:
    """SCHP on VHS with the coherent loss, or with one of its two terms, after `schp50-vhs`.

    `steadymask train schp50-vhs-coherent --data VHS --weights schp50-vhs/weights.safetensors
    --out schp50-vhs-coherent` (ResNet-18: `schp18-vhs-coherent` after `schp18-vhs`; one term:
    `schp50-vhs-boundary`, `schp50-vhs-global`)

    Args:
        given: what the user gave; the weights are those of the supervised recipe with the same encoder.
        encoder: a ResNet.
        loss: "boundary" has β = 0, "global" α = 0.

    Hardware: Tesla P40, as printed; how many is not. Hours: not printed; on one about 41 (ResNet-18: 24),
    estimated as docs/train.md says.

    Expected (table 2; mIoU of the test set, mIoU, STB global and STB local of the synthetic set): ResNet-50
    with both terms 95.91, 94.31, 99.29, 96.94, with the boundary term 94.28, 94.28, 99.28, 96.54, with the
    global term 95.37, 93.80, 99.22, 95.59; ResNet-18 with both 95.06, 91.86, 99.17, 96.37.

    Source: as `schp_vhs`: 10 epochs of 12 labeled pictures and 6 pairs a batch, about 30 pairs a video, SGD
        at 1e-4, θ 15, γ 5e-2, α 1, β 5e-5.
    Deviates: as `schp_vhs`; epochs are counted in labeled pictures. Flow is DIS, not the paper's own.
    """
    data = vhs_training(given.folder)
    name = f"schp{encoder.removeprefix('resnet')}-vhs"
    network = gone_on(given.weights, data.classes, _config(encoder), of=name)
    alpha, beta = _WEIGHTS["schp"]
    weights = (0.0 if loss == "global" else alpha, 0.0 if loss == "boundary" else beta)
    steps = steps_of(_COHERENT_EPOCHS, len(data.labeled), batch=_LABELED_OF_COHERENT)
    phase = _coherent(given, name=loss, steps=steps, weights=weights)
    return Recipe(network=network, data=data, phases=(phase,))


def schp_davis(given: Given) -> Recipe:
    """SCHP on ResNet-50, supervised on DAVIS 2016; with `--online` fitted to the first frame of a clip.

    `steadymask train schp50-davis --data DAVIS --out schp50-davis`, and for a clip
    `steadymask train schp50-davis --data bear --online bear.png --weights schp50-davis/weights.safetensors
    --out bear-fitted`

    Args:
        given: what the user gave; the weights are the encoder's for ImageNet, online those of this recipe.

    Hardware: Tesla P40, as printed for VHS. Hours: not printed; about 9 on one, estimated as docs/train.md
    says; a clip takes minutes.

    Expected (tables 3 and 5; mIoU of val offline and online; mIoU, STB global and STB local of the synthetic
    set offline): 70.66, 78.99; 66.77, 98.31, 93.42.

    Source: Qian et al., Coherent loss, "Experiment settings" of DAVIS: as for VHS.
    Deviates: as `schp_vhs`. How long a clip is learned is not printed: 200 steps, at the rate 1e-4.
    """
    data = given.fitted or davis_training(given.folder)
    if given.fitted is None:
        network = begun(given.weights, data.classes, _config("resnet50"))
        return Recipe(network=network, data=data, phases=(_supervised(given, len(data.labeled)),))
    network = gone_on(given.weights, data.classes, _config("resnet50"), of="schp50-davis")
    phase = Phase(
        name="online",
        config=_tuned(given, _ONLINE_STEPS),
        batch=BatchSettings(labeled=_LABELED, seed=given.seed),
        augmentation=augmentation(),
        terms=_labels(),
        everything=True,
    )
    return Recipe(network=network, data=data, phases=(phase,))


def schp_davis_coherent(given: Given, *, weights: Weights = "schp") -> Recipe:
    """SCHP on ResNet-50 on DAVIS 2016 with the coherent loss, after `schp50-davis`; also with `--online`.

    `steadymask train schp50-davis-coherent --data DAVIS --weights schp50-davis/weights.safetensors
    --out schp50-davis-coherent` (with the weights of the terms that the paper has for CRN:
    `schp50-davis-coherent-crn`), and for a clip `steadymask train schp50-davis-coherent --data bear
    --online bear.png --weights schp50-davis-coherent/weights.safetensors --out bear-fitted`

    Args:
        given: what the user gave; the weights are those of `schp50-davis`, online those of this recipe.
        weights: of the two terms: "schp" has α 1, β 5e-5, "crn" α 0.1, β 5e-6. The network CRN itself is not
            here: it needs a coarse mask as an input.

    Hardware: Tesla P40, as printed for VHS. Hours: not printed; about 1 on one, estimated as docs/train.md
    says; a clip takes minutes.

    Expected (tables 3 and 5; mIoU of val offline and online; mIoU, STB global and STB local of the synthetic
    set offline): 75.51, 81.59; 69.52, 98.79, 94.25.

    Source: Qian et al., Coherent loss, "Experiment settings" of DAVIS: 10 epochs, pairs of consecutive
        frames of the training set, θ 15, γ 5e-2, α 1, β 5e-5 (CRN: α 0.1, β 5e-6).
    Deviates: as `schp_vhs_coherent`. How long a clip is learned is not printed: 200 steps.
    """
    data = given.fitted or davis_training(given.folder)
    network = gone_on(given.weights, data.classes, _config("resnet50"), of="schp50-davis")
    steps = steps_of(_COHERENT_EPOCHS, len(data.labeled), batch=_LABELED_OF_COHERENT)
    phase = _coherent(
        given,
        name="coherent" if given.fitted is None else "online",
        steps=_ONLINE_STEPS if given.fitted else steps,
        weights=_WEIGHTS[weights],
    )
    return Recipe(network=network, data=data, phases=(phase,))


def augmentation() -> Augmentation:
    """As large as fits into 473 × 473 pixels, a quarter more or less, mirrored, in other light."""
    return Augmentation(size=(473, 473), scales=(0.75, 1.25), base="fit")


def _config(encoder: Encoder) -> SCHPConfig:
    return SCHPConfig(classes=2, encoder=encoder)


def _supervised(given: Given, pictures: int) -> Phase:
    return Phase(
        name="supervised",
        config=TrainingConfig(
            steps=steps_of(_EPOCHS, pictures, batch=_LABELED), learning_rate=_RATE, seed=given.seed
        ),
        batch=BatchSettings(labeled=_LABELED, seed=given.seed),
        augmentation=augmentation(),
        terms=_labels(),
        everything=True,
    )


def _coherent(given: Given, *, name: str, steps: int, weights: tuple[float, float]) -> Phase:
    alpha, beta = weights
    coherent = Coherent(boundary_weight=alpha, global_weight=beta, width=_WIDTH, threshold=_THRESHOLD)
    return Phase(
        name=name,
        config=_tuned(given, steps),
        batch=BatchSettings(labeled=_LABELED_OF_COHERENT, pairs=_PAIRS, seed=given.seed),
        augmentation=augmentation(),
        terms={**_labels(), "coherent": coherent},
        everything=True,
    )


def _tuned(given: Given, steps: int) -> TrainingConfig:
    return TrainingConfig(steps=steps, learning_rate=_COHERENT_RATE, seed=given.seed)


def _labels() -> dict[str, Term]:
    return {
        "supervised": Supervised(kind="both", balanced=True),
        "parsing": Supervised(kind="both", balanced=True, output="parsing"),
        "edges": Edges(),
    }
