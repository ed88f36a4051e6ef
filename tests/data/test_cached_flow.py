import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

import numpy as np
import pytest
import torch

from steadymask.data.cached_flow import cache_flow
from steadymask.errors import InputError, VideoError
from steadymask.flow.dis import DIS
from steadymask.flow.lucas_kanade import LucasKanade
from steadymask.io.named_arrays import write_arrays
from world import World

SIZE = 47, 64
WORLD = World(size=SIZE, ground=(2, -1), disks=())


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Tells motion by brightness: x of frame j's first red value, y of frame i's; counts its calls."""

    factor: float = 1.0
    calls: list = field(default_factory=list, repr=False)

    def __call__(self, picture_i, picture_j):
        self.calls.append(tuple(picture_i.shape[1:]))
        flow = torch.empty(2, *picture_i.shape[1:])
        flow[0], flow[1] = self.factor * float(picture_j[0, 0, 0]), float(picture_i[0, 0, 0])
        return flow


def opened(place, estimator, *, half=False):
    return cache_flow(place / "flows", estimator, half=half)


def pictures(*indices, world=WORLD):
    return [world.picture(index) for index in indices]


def only_file(flow):
    (path,) = flow.folder.glob("*.npz")
    return path


def test_a_flow_is_estimated_once_and_then_read(tmp_path):
    estimator = Counted()
    flow = opened(tmp_path, estimator)
    first = flow(*pictures(0, 2))
    torch.testing.assert_close(first, Counted()(*pictures(0, 2)), rtol=1 / 2000, atol=0)
    never = Counted()
    again = opened(tmp_path, never)(*pictures(0, 2))
    assert again.equal(first)
    assert again.dtype == torch.float32
    assert (len(estimator.calls), len(never.calls)) == (1, 0)
    back = flow(*pictures(2, 0))
    assert not back.equal(first)
    assert len(estimator.calls) == 2


def test_what_is_read_is_exactly_what_was_given_when_it_was_estimated(tmp_path):
    flow = opened(tmp_path, DIS())
    first = flow(*pictures(0, 1))
    torch.testing.assert_close(first, DIS()(*pictures(0, 1)), rtol=1 / 2000, atol=1e-6)
    assert flow(*pictures(0, 1)).equal(first)


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_half_size_flow_is_in_pixels_of_the_whole(tmp_path, size):
    world = World(size=size, ground=(4, -2), disks=())
    estimator = Counted()
    flow = opened(tmp_path, estimator, half=True)(*pictures(0, 1, world=world))
    coarse = [each.item() for each in Counted()(half_of(world, 0), half_of(world, 1))[:, 0, 0]]
    rows, columns = (size[0] + 1) // 2, (size[1] + 1) // 2
    assert estimator.calls == [(rows, columns)]
    assert flow.shape == (2, *size)
    wanted = torch.tensor([coarse[0] * size[1] / columns, coarse[1] * size[0] / rows])
    torch.testing.assert_close(flow, wanted[:, None, None].expand(2, *size), rtol=1e-3, atol=0)


def half_of(world, t):
    size = [(n + 1) // 2 for n in world.size]
    small = torch.nn.functional.interpolate(world.picture(t)[None].float(), size=size, mode="area")[0]
    return small.round().to(torch.uint8)


def test_half_size_flow_that_grows_along_the_picture_grows_at_the_same_places(tmp_path):
    """A zoom about the left border: the flow at a pixel is a share of its distance from the border."""

    @dataclass(frozen=True)
    class Zoom:
        def __call__(self, picture_i, picture_j):
            columns = torch.arange(picture_i.shape[2]) + 0.5
            return torch.stack([0.1 * columns, 0 * columns])[:, None].repeat(1, picture_i.shape[1], 1)

    world = World(size=(48, 64), disks=())
    flows = [opened(tmp_path, Zoom(), half=half)(*pictures(0, 1, world=world)) for half in (False, True)]
    torch.testing.assert_close(flows[1][..., 1:-1], flows[0][..., 1:-1], atol=5e-3, rtol=0)


def test_half_size_flow_follows_the_motion(tmp_path):
    world = World(size=(120, 160), ground=(6, -4), disks=())
    flow = opened(tmp_path, DIS(), half=True)(*pictures(0, 1, world=world))
    inner = (slice(None), slice(16, -16), slice(16, -16))
    assert (flow - world.flow(0, 1))[inner].abs().mean() < 0.3


def test_whatever_estimates_has_a_folder_of_its_own(tmp_path):
    folders = [
        opened(tmp_path, Counted()).folder,
        opened(tmp_path, Counted(factor=2.0)).folder,
        opened(tmp_path, Counted(), half=True).folder,
        opened(tmp_path, DIS()).folder,
        opened(tmp_path, DIS(preset="fast")).folder,
        opened(tmp_path, LucasKanade()).folder,
    ]
    assert len(set(folders)) == len(folders)
    about = json.loads((folders[1] / "flow.json").read_text())
    assert about["estimator"] == {"name": f"{__name__}.Counted", "factor": 2.0}


def test_a_changed_picture_never_meets_its_old_flow(tmp_path):
    estimator = Counted()
    flow = opened(tmp_path, estimator)
    before = flow(*pictures(0, 1))
    picture_i, picture_j = pictures(0, 1)
    picture_j[0, 0, 0] += 1  # what the estimator tells motion by
    assert not flow(picture_i, picture_j).equal(before)
    turned = [each.reshape(3, SIZE[1], SIZE[0]) for each in pictures(0, 1)]  # the same bytes, another shape
    assert flow(*turned).shape == (2, SIZE[1], SIZE[0])
    assert len(estimator.calls) == 3


def flipped(content):
    """One bit of the numbers is another."""
    at = len(content) // 3
    return content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :]


@pytest.mark.parametrize("damage", [lambda b: b[:-40], lambda b: b[:20], lambda b: b"", flipped])
def test_a_damaged_file_is_estimated_anew_and_mended(tmp_path, damage):
    estimator = Counted()
    flow = opened(tmp_path, estimator)
    first = flow(*pictures(0, 1))
    path = only_file(flow)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert flow(*pictures(0, 1)).equal(first)
    assert len(estimator.calls) == 2
    assert path.read_bytes() == whole


def test_a_whole_file_of_something_else_is_refused_and_kept(tmp_path):
    flow = opened(tmp_path, Counted())
    flow(*pictures(0, 1))
    path = only_file(flow)
    for arrays in ({"flow": np.zeros((2, 5, 5), np.float16)}, {"other": np.zeros((2, *SIZE), np.float16)}):
        write_arrays(path, arrays)
        content = path.read_bytes()
        with pytest.raises(InputError, match=rf"{path.name}: wanted flow of type float16"):
            flow(*pictures(0, 1))
        assert path.read_bytes() == content
    about = flow.folder / "flow.json"
    about.write_text(about.read_text().replace('"half": false', '"half": true'))
    with pytest.raises(InputError, match=r"flow.json: wanted flows of this estimator"):
        opened(tmp_path, Counted())


@dataclass(frozen=True)
class Together:
    """All estimates end at once, so that all are written at once."""

    barrier: Barrier = field(default_factory=lambda: Barrier(8), repr=False)

    def __call__(self, picture_i, picture_j):
        self.barrier.wait(timeout=30)
        return torch.rand(2, *picture_i.shape[1:], generator=torch.Generator().manual_seed(0))


def test_threads_may_ask_for_the_same_flow_at_once(tmp_path):
    world = World(size=(240, 320), disks=())
    flow = opened(tmp_path, Together())
    given = pictures(0, 1, world=world)
    with ThreadPoolExecutor(8) as pool:
        flows = list(pool.map(lambda _: flow(*given), range(8)))
    assert all(each.equal(flows[0]) for each in flows)
    assert flow(*given).equal(flows[0])
    assert {path.suffix for path in flow.folder.iterdir()} == {".npz", ".json"}
    assert len(list(flow.folder.iterdir())) == 2


def test_flow_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(InputError, match="flow: wanted finite numbers"):
        opened(tmp_path, Counted(factor=1e6))(*pictures(0, 1))


def test_pictures_of_two_sizes_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"picture_j: wanted height x width \(47, 64\) as picture_i, got"):
        opened(tmp_path, Counted())(WORLD.picture(0), WORLD.picture(1)[:, :24])


@dataclass(frozen=True)
class Coarse:
    """As DIS with full_size=False."""

    def __call__(self, picture_i, picture_j):
        return torch.zeros(2, 24, 32)


def test_flow_on_a_coarser_grid_is_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"estimator: wanted a flow of height x width \(47, 64\), got \(24, 32\)"
    ):
        opened(tmp_path, Coarse())(*pictures(0, 1))


def test_an_estimator_that_hides_its_settings_is_refused(tmp_path):
    with pytest.raises(InputError, match="estimator: wanted a dataclass"):
        opened(tmp_path, lambda i, j: torch.zeros(2, *i.shape[1:]))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "flows").write_text("a file")
    with pytest.raises(VideoError, match="cannot be made"):
        opened(tmp_path, Counted())
