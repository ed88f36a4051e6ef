"""What is drawn: every kind, in every direction, and more of it with each severity."""

import math
from itertools import pairwise

import numpy as np
import pytest

from steadymask.data.perturbation import KINDS, SEVERITIES, Kind, Perturbation, draw_perturbation
from steadymask.data.similarity import Similarity

SIZE = 240, 320


def drawn(kind: Kind, severity: int, count: int = 200) -> list[Perturbation]:
    random = np.random.default_rng(7)
    level = SEVERITIES[severity - 1]
    return [draw_perturbation(random, level, kinds=(kind,), size=SIZE) for _ in range(count)]


def displacement(perturbation: Perturbation) -> float:
    return float(perturbation.motion.flow(SIZE).norm(dim=0).mean())


def test_every_kind_comes_about_equally_often() -> None:
    random = np.random.default_rng(0)
    kinds = [draw_perturbation(random, SEVERITIES[0], kinds=KINDS, size=SIZE).kind for _ in range(2000)]
    assert all(400 < kinds.count(kind) < 600 for kind in KINDS)


@pytest.mark.parametrize("kind", ["translation", "rotation", "scaling"])
def test_each_severity_moves_the_picture_farther(kind: Kind) -> None:
    means = [np.mean([displacement(each) for each in drawn(kind, k, count=6)]) for k in range(1, 7)]
    assert all(after > 1.2 * before for before, after in pairwise(means))


def test_each_severity_covers_more() -> None:
    areas = [drawn("occlusion", k)[0].occluder.radius for k in range(1, 7)]
    assert areas == pytest.approx([240 * each.occlusion for each in SEVERITIES])
    assert areas == sorted(set(areas))


def test_the_third_severity_is_the_step_of_imagenet_p() -> None:
    """1 pixel of 224, 1 degree, 2.5 %: `make_imagenet_p.py` of github.com/hendrycks/robustness."""
    level = SEVERITIES[2]
    assert (224 * level.translation, level.rotation, level.scaling) == (1, 1, 0.025)


def test_pushes_have_one_length_and_all_directions() -> None:
    steps = [each.motion for each in drawn("translation", 4)]
    assert {round(math.hypot(each.right, each.down), 6) for each in steps} == {
        round(240 * SEVERITIES[3].translation, 6)
    }
    assert {(each.right > 0, each.down > 0) for each in steps} == {
        (a, b) for a in (True, False) for b in (True, False)
    }


def test_turns_and_zooms_go_both_ways_about_the_center() -> None:
    angle, scale = math.radians(SEVERITIES[3].rotation), 1 + SEVERITIES[3].scaling
    turns = {round(math.atan2(each.motion.sin, each.motion.cos), 9) for each in drawn("rotation", 4)}
    assert turns == {round(angle, 9), round(-angle, 9)}
    zooms = {round(each.motion.scale, 9) for each in drawn("scaling", 4)}
    assert zooms == {round(scale, 9), round(1 / scale, 9)}
    for each in drawn("rotation", 4, 3) + drawn("scaling", 4, 3):
        flow = each.motion.flow((241, 321))  # of a picture with a center pixel at (120, 160), one size up
        assert abs(float(flow[0, 120, 160])) < 0.2
        assert float(each.motion.flow(SIZE).mean((1, 2)).abs().max()) < 1e-4  # the mean point stays


def test_a_cover_lies_in_the_picture_and_moves_nothing() -> None:
    for each in drawn("occlusion", 2):
        assert each.motion == Similarity()
        assert 0 <= each.occluder.x <= SIZE[1] - 1
        assert 0 <= each.occluder.y <= SIZE[0] - 1
    assert len({each.occluder.color for each in drawn("occlusion", 2)}) > 100
