"""What the networks need is loaded by those who ask for a network, and by nobody else."""

import subprocess
import sys

import pytest

HEAVY = ("torchvision", "timm", "transformers", "onnxruntime")


@pytest.mark.parametrize(
    "module",
    [
        "steadymask.tasks.score",
        "steadymask.tasks.stabilize",
        "steadymask.tasks.segment",
        "steadymask.tasks.shown",
        "steadymask.networks.espnetv2_published",
        "steadymask.networks.pspnet",
        "steadymask.networks.deeplabv3",
        "steadymask.networks.refiner",
        "steadymask.networks.hugging_face",
        "steadymask.networks.onnx_network",
    ],
)
def test_optional_packages_are_not_loaded(module: str) -> None:
    code = f"import sys, {module}; print([each for each in {HEAVY} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
