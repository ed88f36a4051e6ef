"""Synthetic sequences: each frame against the picture, along the motion they say is exact."""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadymask.data.occluder import Occluder
from steadymask.data.perturbation import KINDS, Kind, Perturbation
from steadymask.data.similarity import Similarity
from steadymask.data.synthetic import (
    Synthesis,
    SyntheticFrame,
    exact_motion,
    plan_sequence,
    synthesize_sequence,
)
from steadymask.edges import band, label_edge
from steadymask.errors import InputError
from steadymask.warp import warp, warp_labels

SIZE = 90, 120
QUIET = Synthesis(noise=0.0)


def picture() -> Tensor:
    """Waves long enough that reading between pixels loses little."""
    rows, columns = torch.meshgrid(*(torch.arange(float(n)) for n in SIZE), indexing="ij")
    waves = [128 + 60 * torch.sin(columns / a + rows / b) for a, b in ((9, 14), (13, 8), (11, 17))]
    return torch.stack(waves).round().to(torch.uint8)


def labels() -> Tensor:
    """Two objects, one of which leaves the picture on the right."""
    found = torch.zeros(SIZE, dtype=torch.int32)
    found[20:60, 25:70] = 1
    found[40:80, 90:] = 7
    return found


def sequence(severity: int = 4, how: Synthesis = QUIET, scene: str = "") -> list[SyntheticFrame]:
    return list(synthesize_sequence(picture(), labels(), severity=severity, settings=how, scene=scene))


def of_kind(kind: Kind, severity: int = 4) -> list[SyntheticFrame]:
    return sequence(severity, Synthesis(noise=0.0, kinds=(kind,)))


def test_the_first_frame_is_the_picture_and_the_others_follow() -> None:
    frames = sequence(how=Synthesis())
    assert len(frames) == 11
    assert [each.index for each in frames] == list(range(11))
    assert frames[0].picture.equal(picture())
    assert frames[0].labels.equal(labels())
    assert frames[0].motion is None
    assert all(each.motion is not None and each.kind in KINDS for each in frames[1:])


@pytest.mark.parametrize("kind", ["translation", "rotation", "scaling"])
@pytest.mark.parametrize("severity", [1, 3, 6])
def test_a_slope_stays_a_slope_at_the_place_where_all_motions_so_far_put_it(
    kind: Kind, severity: int
) -> None:
    """Closed form: a bilinear look at a plane is the plane, so that every frame's values are known."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)
    slope = torch.from_numpy(np.stack([2 * columns, 2.5 * rows, columns + rows])).round().to(torch.uint8)
    slope[1] = torch.from_numpy(np.floor(2 * rows)).to(torch.uint8)
    how = Synthesis(noise=0.0, kinds=(kind,))
    total = np.eye(3)
    for frame in synthesize_sequence(slope, labels(), severity=severity, settings=how):
        if frame.motion is not None:
            step = frame.motion.forward
            total = (
                np.array([[step.cos, -step.sin, step.right], [step.sin, step.cos, step.down], [0, 0, 1]])
                @ total
            )
        x, y, _ = np.einsum("ij,jhw->ihw", np.linalg.inv(total), np.stack([columns, rows, 1 + 0 * rows]))
        inside = (x >= 0) & (x <= SIZE[1] - 1) & (y >= 0) & (y <= SIZE[0] - 1)
        for values, wanted in zip(frame.picture.numpy(), (2 * x, 2 * y, x + y), strict=True):
            assert np.abs(values - wanted)[inside].max() <= 0.501


@pytest.mark.parametrize("severity", [1, 4, 6])
def test_the_exact_flow_brings_each_frame_onto_its_neighbor(severity: int) -> None:
    frames = sequence(severity)
    for before, frame in pairwise(frames):
        motion = frame.motion
        for here, there, flow, visible in (
            (before, frame, motion.flow_forward, motion.visible_forward),
            (frame, before, motion.flow_backward, motion.visible_backward),
        ):
            brought = warp(there.picture[None].float(), flow[None])[0]
            away = visible & ~disks_near(here, there, flow)
            difference = (brought - here.picture).abs()[:, away]
            assert difference.mean() < 0.6  # rounding, twice, and reading between pixels
            assert difference.max() <= 5  # where the mirror bends the waves
            ids = warp_labels(there.labels[None], flow[None])[0]
            near = band(label_edge(here.labels)[None], width=5)[0]
            assert ids[visible & ~near].equal(here.labels[visible & ~near])
        assert motion.visible_forward.float().mean() > 0.75


def disks_near(here: SyntheticFrame, there: SyntheticFrame, flow: Tensor) -> Tensor:
    """Pixels near a sharp edge of colors, which reading between pixels makes soft."""
    sharp = torch.zeros(SIZE, dtype=torch.bool)
    for each in (here.picture, warp(there.picture[None].float(), flow[None])[0].round().to(torch.uint8)):
        values = each.float()
        sharp[:, 1:] |= (values[:, :, 1:] - values[:, :, :-1]).abs().amax(0) > 16
        sharp[1:] |= (values[:, 1:] - values[:, :-1]).abs().amax(0) > 16
    return band(sharp[None], width=7)[0]


def test_the_flow_there_and_back_leads_home() -> None:
    for frame in sequence(6)[1:]:
        there, back = frame.motion.flow_forward, frame.motion.flow_backward
        home = (there + warp(back[None], there[None])[0]).norm(dim=0)
        # Where the point leaves the picture, the warp of the way back stops at its border.
        rows, columns = torch.meshgrid(*(torch.arange(float(n)) for n in SIZE), indexing="ij")
        x, y = columns + there[0], rows + there[1]
        inside = (x >= 0) & (x <= SIZE[1] - 1) & (y >= 0) & (y <= SIZE[0] - 1)
        assert home[inside].max() < 1e-3
        assert frame.motion.visible_forward[~inside].sum() == 0


def test_visibility_of_a_push_worked_by_hand() -> None:
    step = Perturbation(kind="translation", motion=Similarity(right=1.5, down=-1.0))
    motion = exact_motion(step, (3, 4))
    assert motion.visible_forward.int().tolist() == [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]
    assert motion.visible_backward.int().tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]]


def test_what_a_cover_hides_is_visible_on_neither_side() -> None:
    cover = Occluder(x=1.0, y=1.0, radius=1.2, color=(0, 0, 0))
    motion = exact_motion(Perturbation(kind="occlusion", motion=Similarity(), occluder=cover), (3, 4))
    wanted = [[1, 0, 1, 1], [0, 0, 0, 1], [1, 0, 1, 1]]
    assert motion.visible_forward.int().tolist() == motion.visible_backward.int().tolist() == wanted


def test_a_cover_is_background_stays_and_moves_along() -> None:
    how = Synthesis(noise=0.0, frames=30, seed=2)
    plan = plan_sequence(5, size=SIZE, settings=how)
    frames = list(synthesize_sequence(picture(), labels(), severity=5, settings=how))
    place: Occluder | None = None
    followed = 0
    for step, frame in zip(plan, frames[1:], strict=True):
        place = step.occluder or (place and place.moved(step.motion))
        x, y = (round(each) for each in (place.x, place.y)) if place else (-1, -1)
        if 0 <= x < SIZE[1] and 0 <= y < SIZE[0]:
            assert tuple(frame.picture[:, y, x].tolist()) == place.color
            assert frame.labels[y, x] == 0
            followed += step.kind != "occlusion"
    assert followed > 5  # covers were met again after motions


def test_covers_are_void_where_that_is_wanted() -> None:
    how = Synthesis(noise=0.0, kinds=("occlusion",))
    plain = list(synthesize_sequence(picture(), labels(), severity=6, settings=how))[-1]
    how = Synthesis(noise=0.0, kinds=("occlusion",), void_occluders=True)
    void = list(synthesize_sequence(picture(), labels(), severity=6, settings=how))[-1]
    assert void.picture.equal(plain.picture)
    assert (void.labels < 0).any()
    assert void.labels.clamp(min=0).equal(plain.labels)


def test_the_noise_is_faint_fresh_and_not_in_the_first_frame() -> None:
    noisy, quiet = sequence(how=Synthesis(noise=0.01)), sequence()
    assert noisy[0].picture.equal(quiet[0].picture)
    noises = [a.picture.float() - b.picture for a, b in zip(noisy[1:], quiet[1:], strict=True)]
    for noise in noises:
        assert 2.4 < float(noise.std()) < 2.8  # 0.01 × 255, and the rounding to whole levels
        assert abs(float(noise.mean())) < 0.1
    both = torch.stack([noise.flatten() for noise in noises])
    assert (torch.corrcoef(both) - torch.eye(len(both))).abs().max() < 0.05
    assert all(a.labels.equal(b.labels) for a, b in zip(noisy, quiet, strict=True))


@settings(deadline=None, derandomize=True, max_examples=8)
@given(seed=st.integers(0, 2**40), severity=st.integers(1, 6))
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(seed: int, severity: int) -> None:
    one, again, other = (sequence(severity, Synthesis(seed=each)) for each in (seed, seed, seed + 1))
    for a, b in zip(one, again, strict=True):
        assert a.picture.equal(b.picture)
        assert a.labels.equal(b.labels)
    assert not any(a.picture.equal(b.picture) for a, b in zip(one[1:], other[1:], strict=True))


def test_scenes_do_not_move_alike() -> None:
    plans = [plan_sequence(3, size=SIZE, scene=scene) for scene in ("bear", "bear", "dog")]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_the_number_of_threads_changes_no_byte() -> None:
    before = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            large = torch.nn.functional.interpolate(picture()[None].float(), scale_factor=5)[0].to(
                torch.uint8
            )
            ids = labels().repeat_interleave(5, 0).repeat_interleave(5, 1)
            frames = list(synthesize_sequence(large, ids, severity=6, settings=Synthesis(frames=4)))
            results.append(torch.stack([each.picture for each in frames]))
    finally:
        torch.set_num_threads(before)
    assert results[0].equal(results[1])


def test_an_older_processor_gives_the_same_bytes() -> None:
    """PyTorch's plainest kernels, which fuse no products and sums, against those of this processor."""
    code = (
        "import hashlib, torch; from steadymask.data.synthetic import *\n"
        "picture = (torch.arange(3 * 200 * 300) * 7919 % 251).to(torch.uint8).view(3, 200, 300)\n"
        "for severity in (1, 6):\n"
        "    for frame in synthesize_sequence(picture, picture[0].int(), severity=severity):\n"
        "        content = frame.picture.numpy().tobytes() + frame.labels.numpy().tobytes()\n"
        "        print(hashlib.sha256(content).hexdigest())"
    )
    plain = os.environ | {"ATEN_CPU_CAPABILITY": "default"}
    here, there = (
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout
        for env in (os.environ, plain)
    )
    assert here.count(b"\n") == 22
    assert here == there


def test_a_longer_sequence_begins_with_the_shorter_one() -> None:
    short, long = sequence(how=Synthesis(frames=4)), sequence(how=Synthesis(frames=7))
    assert all(a.picture.equal(b.picture) for a, b in zip(short, long, strict=False))


def test_one_kind_stays_for_the_whole_sequence() -> None:
    for seed in range(5):
        plan = plan_sequence(3, size=SIZE, settings=Synthesis(one_kind=True, seed=seed))
        assert len({step.kind for step in plan}) == 1
    kinds = {
        plan_sequence(3, size=SIZE, settings=Synthesis(one_kind=True, seed=seed))[0].kind
        for seed in range(30)
    }
    assert kinds == set(KINDS)


def test_frames_come_one_at_a_time() -> None:
    stream = synthesize_sequence(picture(), labels(), severity=3, settings=Synthesis(frames=10**4))
    assert next(stream).index == 0
    assert next(stream).index == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"frames": 1}, "frames: wanted at least 2, got 1"),
        ({"seed": -1}, "seed: wanted a number of at least 0, got -1"),
        ({"kinds": ()}, "kinds: wanted some of translation, rotation, scaling, occlusion, got none"),
        ({"kinds": ("scaling", "scaling")}, "kinds: wanted each once"),
        ({"noise": float("nan")}, r"noise: wanted a number in \[0, 1\], got nan"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Synthesis(**wrong)


def test_a_wrong_severity_is_named() -> None:
    with pytest.raises(InputError, match="severity: wanted 1 to 6, got 7"):
        sequence(7)
