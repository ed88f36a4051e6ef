"""Flicker on purpose: each failure does what its name says, and all of them are on record."""

from collections import Counter
from itertools import islice, pairwise, repeat

import cv2
import numpy as np
import pytest
import torch

from steadymask.data.corruption import Corruption, Event, flicker
from steadymask.errors import InputError

KINDS = ("blink", "dropout", "leak", "hole", "island")
NOTHING = dict.fromkeys(("jitter", *KINDS), 0.0)


def _disks() -> torch.Tensor:
    """Two disks, 1 and 2, far apart."""
    y, x = torch.meshgrid(torch.arange(80), torch.arange(160), indexing="ij")
    labels = torch.zeros(80, 160, dtype=torch.int64)
    labels[(x - 40) ** 2 + (y - 40) ** 2 < 18**2] = 1
    labels[(x - 120) ** 2 + (y - 40) ** 2 < 13**2] = 2
    return labels


def _corrupted(
    frames: int = 120, *, seed: int = 0, **settings: float
) -> tuple[list[torch.Tensor], list[Event]]:
    events: list[Event] = []
    corruption = Corruption(**NOTHING | settings)
    return list(
        flicker([_disks()] * frames, seed=seed, corruption=corruption, on_event=events.append)
    ), events


def _jaccard(truth: torch.Tensor, labels: torch.Tensor) -> float:
    present = [label for label in truth.unique().tolist() if label > 0]
    pairs = [(truth == label, labels == label) for label in present]
    return float(np.mean([float((a & b).sum() / (a | b).sum()) for a, b in pairs]))


def test_all_rates_zero_change_nothing():
    frames, events = _corrupted()
    assert all(torch.equal(frame, _disks()) for frame in frames)
    assert not events


def test_the_same_seed_gives_the_same_flicker():
    runs = [list(flicker([_disks()] * 40, seed=seed)) for seed in (3, 3, 4)]
    assert all(torch.equal(a, b) for a, b in zip(runs[0], runs[1], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(runs[0], runs[2], strict=True))


def test_a_stream_without_end_is_corrupted_frame_by_frame():
    assert len(list(islice(flicker(repeat(_disks()), seed=0), 3))) == 3


def test_a_dropped_object_is_gone_from_its_frames_and_from_no_other():
    frames, events = _corrupted(dropout=4.0)
    gone = {(event.frame, event.object) for event in events}
    assert gone
    for index, frame in enumerate(frames):
        for label in (1, 2):
            expected = (
                torch.zeros_like(frame, dtype=torch.bool) if (index, label) in gone else _disks() == label
            )
            assert torch.equal(frame == label, expected)


@pytest.mark.parametrize(("kind", "least", "most"), [("blink", 0.02, 1.0), ("hole", 0.001, 0.15)])
def test_a_blink_takes_a_large_part_and_a_hole_a_small_one(kind, least, most):
    frames, events = _corrupted(**{kind: 1.0})
    struck = {(event.frame, event.object) for event in events}
    assert struck
    for index, frame in enumerate(frames):
        assert ((frame == _disks()) | (frame == 0)).all()
        for label in (1, 2):
            lost = 1 - float((frame == label).sum() / (_disks() == label).sum())
            assert least < lost <= most if (index, label) in struck else lost == 0


def test_a_leak_spills_over_the_edge_into_background_only():
    frames, events = _corrupted(leak=2.0)
    struck = {(event.frame, event.object) for event in events}
    assert struck
    for index, frame in enumerate(frames):
        spilled = frame != _disks()
        assert (_disks()[spilled] == 0).all()
        assert set(frame[spilled].tolist()) == {label for label in (1, 2) if (index, label) in struck}
        for label in (1, 2):
            parts, _ = cv2.connectedComponents((frame == label).numpy().astype(np.uint8), connectivity=8)
            assert parts == 2  # background and one object: the spill hangs on to it


def test_a_leak_takes_nothing_from_the_object_beside_it():
    truth = torch.zeros(40, 80, dtype=torch.int64)
    truth[10:30, 20:40], truth[10:30, 40:60] = 1, 2  # they touch
    events: list[Event] = []
    corruption = Corruption(**NOTHING | {"leak": 5.0})
    for frame in flicker([truth] * 48, seed=0, corruption=corruption, on_event=events.append):
        assert torch.equal(frame[truth > 0], truth[truth > 0])
    assert {event.object for event in events} == {1, 2}


def test_an_island_lies_apart_from_its_object():
    frames, events = _corrupted(island=1.0)
    assert events
    for event in events:
        labels = frames[event.frame]
        assert (labels[_disks() > 0] == _disks()[_disks() > 0]).all()
        assert ((labels == event.object) & (_disks() != event.object)).any()
        parts, _ = cv2.connectedComponents((labels == event.object).numpy().astype(np.uint8), connectivity=8)
        assert parts > 2


def test_jitter_moves_boundaries_a_little_and_anew_in_each_frame():
    frames, events = _corrupted(6, jitter=1.5)
    assert not events
    assert all(0.80 < _jaccard(_disks(), frame) < 0.99 for frame in frames)
    assert all(not torch.equal(a, b) for a, b in pairwise(frames))


def test_persistent_jitter_changes_less_from_frame_to_frame():
    def change(persistence):
        frames, _ = _corrupted(20, jitter=2.0, persistence=persistence)
        return np.mean([float((a != b).float().mean()) for a, b in pairwise(frames)])

    assert change(0.95) < 0.5 * change(0.0)


def test_events_come_as_often_as_asked():
    # 90 starts ± 9 are expected in 20 s (at most one of a kind begins in a frame); each is on record once for
    # every frame it lasts.
    _, events = _corrupted(480, **dict.fromkeys(KINDS, 5.0))
    counts = Counter((event.kind, event.object) for event in events)
    for kind, frames in {"blink": 1.5, "dropout": 1, "leak": 2, "hole": 1.5, "island": 1.5}.items():
        for label in (1, 2):
            assert counts[kind, label] / frames == pytest.approx(90, rel=0.35)


def test_void_stays_void_and_spreads_nowhere():
    truth = _disks()
    truth[:, 58:80] = -1
    for frame in flicker([truth] * 40, seed=0, corruption=Corruption(leak=5.0, jitter=3.0)):
        assert torch.equal(frame == -1, truth == -1)


def test_nothing_happens_to_an_object_that_is_not_there():
    stream = [_disks() if index % 2 else torch.zeros_like(_disks()) for index in range(60)]
    events: list[Event] = []
    corrupted = list(
        flicker(stream, seed=0, corruption=Corruption(leak=10.0, blink=10.0), on_event=events.append)
    )
    assert events
    assert all(event.frame % 2 for event in events)
    assert all(not frame.any() for frame in corrupted[::2])


def test_on_the_pond_the_defaults_flicker_as_a_network_does(pond):
    truth = [frame.labels for frame in pond]
    # Half the picture's usual height: half the jitter.
    corruption = Corruption(jitter=Corruption.jitter / 2, jitter_scale=Corruption.jitter_scale / 2)
    for seed in range(3):
        corrupted = flicker(truth, seed=seed, corruption=corruption)
        scores = [_jaccard(a, b) for a, b in zip(truth, corrupted, strict=True)]
        assert 0.83 < np.mean(scores) < 0.93
        assert np.std(scores) > 0.02


@pytest.mark.parametrize(
    ("setting", "value"),
    [("jitter", -1.0), ("jitter_scale", 0.5), ("persistence", 1.0), ("leak", float("nan"))],
)
def test_settings_out_of_range_are_named(setting, value):
    with pytest.raises(InputError, match=f"^{setting}: wanted"):
        Corruption(**{setting: value})


def test_a_rate_per_second_needs_seconds():
    with pytest.raises(InputError, match=r"^fps: wanted"):
        flicker([], seed=0, fps=0.0)
