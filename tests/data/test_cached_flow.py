import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

import numpy as np
import pytest
import torch
from PIL import Image

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


@pytest.fixture
def video(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    for t in range(3):
        Image.fromarray(WORLD.picture(t).permute(1, 2, 0).numpy()).save(folder / f"{t:05d}.png")
    return folder


def opened(video, estimator, *, half=False, size=SIZE, picture=WORLD.picture):
    return cache_flow(
        video.parent / "flows", video=video, size=size, picture=picture, estimator=estimator, half=half
    )


def test_a_flow_is_estimated_once_and_then_read_without_pictures(video):
    estimator = Counted()
    flow = opened(video, estimator)
    first = flow(0, 2)
    wanted = Counted()(WORLD.picture(0), WORLD.picture(2))
    torch.testing.assert_close(first, wanted, rtol=1 / 2000, atol=0)
    again = opened(video, Counted(), picture=lambda index: pytest.fail("read"))
    assert again(0, 2).equal(first)
    assert again(0, 2).dtype == torch.float32
    assert len(estimator.calls) == 1
    back = flow(2, 0)
    assert not back.equal(first)
    assert len(estimator.calls) == 2


def test_what_is_read_is_exactly_what_was_given_when_it_was_estimated(video):
    flow = opened(video, DIS())
    first = flow(0, 1)
    torch.testing.assert_close(first, DIS()(WORLD.picture(0), WORLD.picture(1)), rtol=1 / 2000, atol=1e-6)
    assert flow(0, 1).equal(first)


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_half_size_flow_is_in_pixels_of_the_whole(video, size):
    world = World(size=size, ground=(4, -2), disks=())
    estimator = Counted()
    flow = opened(video, estimator, half=True, size=size, picture=world.picture)(0, 1)
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


def test_half_size_flow_that_grows_along_the_picture_grows_at_the_same_places(video):
    """A zoom about the left border: the flow at a pixel is a share of its distance from the border."""

    @dataclass(frozen=True)
    class Zoom:
        def __call__(self, picture_i, picture_j):
            columns = torch.arange(picture_i.shape[2]) + 0.5
            return torch.stack([0.1 * columns, 0 * columns])[:, None].repeat(1, picture_i.shape[1], 1)

    size = (48, 64)
    world = World(size=size, disks=())
    flows = [opened(video, Zoom(), half=h, size=size, picture=world.picture)(0, 1) for h in (False, True)]
    torch.testing.assert_close(flows[1][..., 1:-1], flows[0][..., 1:-1], atol=5e-3, rtol=0)


def test_half_size_flow_follows_the_motion(video):
    world = World(size=(120, 160), ground=(6, -4), disks=())
    flow = opened(video, DIS(), half=True, size=(120, 160), picture=world.picture)(0, 1)
    inner = (slice(None), slice(16, -16), slice(16, -16))
    assert (flow - world.flow(0, 1))[inner].abs().mean() < 0.3


def test_whatever_a_flow_depends_on_is_part_of_its_folder(video):
    folders = [
        opened(video, Counted()).folder,
        opened(video, Counted(factor=2.0)).folder,
        opened(video, Counted(), half=True).folder,
        opened(video, Counted(), size=(24, 32)).folder,
        opened(video, DIS()).folder,
        opened(video, DIS(preset="fast")).folder,
        opened(video, LucasKanade()).folder,
    ]
    assert len(set(folders)) == len(folders)
    copy = video.parent / "elsewhere" / "clip"
    shutil.copytree(video, copy)
    moved = cache_flow(
        video.parent / "flows", video=copy, size=SIZE, picture=WORLD.picture, estimator=Counted()
    )
    assert moved.folder == folders[0]
    about = json.loads((folders[1] / "flow.json").read_text())
    assert about["estimator"] == {"name": f"{__name__}.Counted", "factor": 2.0}


def test_a_changed_video_never_meets_its_old_flow(video):
    before = opened(video, Counted())
    before(0, 1)
    other = World(size=SIZE, seed=1, disks=())
    Image.fromarray(other.picture(1).permute(1, 2, 0).numpy()).save(video / "00001.png")
    estimator = Counted()
    after = opened(video, estimator, picture=other.picture)
    assert after.folder != before.folder
    assert not after(0, 1).equal(before(0, 1))
    assert len(estimator.calls) == 1


def flipped(content):
    """One bit of the numbers is another."""
    at = len(content) // 3
    return content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :]


@pytest.mark.parametrize("damage", [lambda b: b[:-40], lambda b: b[:20], lambda b: b"", flipped])
def test_a_damaged_file_is_estimated_anew_and_mended(video, damage):
    estimator = Counted()
    flow = opened(video, estimator)
    first = flow(0, 1)
    path = flow.folder / "00000-00001.npz"
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert flow(0, 1).equal(first)
    assert len(estimator.calls) == 2
    assert path.read_bytes() == whole


def test_a_whole_file_of_something_else_is_refused_and_kept(video):
    flow = opened(video, Counted())
    path = flow.folder / "00000-00001.npz"
    for arrays in ({"flow": np.zeros((2, 5, 5), np.float16)}, {"other": np.zeros((2, *SIZE), np.float16)}):
        write_arrays(path, arrays)
        content = path.read_bytes()
        with pytest.raises(InputError, match=r"00000-00001.npz: wanted flow of type float16"):
            flow(0, 1)
        assert path.read_bytes() == content
    about = flow.folder / "flow.json"
    about.write_text(about.read_text().replace('"half": false', '"half": true'))
    with pytest.raises(InputError, match=r"flow.json: wanted flows of this video"):
        opened(video, Counted())


def test_what_is_prepared_is_there_and_prepared_once(video):
    estimator = Counted()
    flow = opened(video, estimator)
    pairs = [(0, 1), (1, 0), (1, 2)]
    flow(1, 0)
    assert flow.prepare(pairs) == 2
    assert flow.prepare(pairs) == 0
    assert len(estimator.calls) == 3
    names = sorted(path.name for path in flow.folder.iterdir())
    assert names == ["00000-00001.npz", "00001-00000.npz", "00001-00002.npz", "flow.json"]


@dataclass(frozen=True)
class Together:
    """All estimates end at once, so that all are written at once."""

    barrier: Barrier = field(default_factory=lambda: Barrier(8), repr=False)

    def __call__(self, picture_i, picture_j):
        self.barrier.wait(timeout=30)
        return torch.rand(2, *picture_i.shape[1:], generator=torch.Generator().manual_seed(0))


def test_threads_may_ask_for_the_same_flow_at_once(video):
    world = World(size=(240, 320), disks=())
    flow = opened(video, Together(), size=(240, 320), picture=world.picture)
    with ThreadPoolExecutor(8) as pool:
        flows = list(pool.map(lambda _: flow(0, 1), range(8)))
    assert all(each.equal(flows[0]) for each in flows)
    assert flow(0, 1).equal(flows[0])
    assert sorted(path.name for path in flow.folder.iterdir()) == ["00000-00001.npz", "flow.json"]


def test_flow_that_is_no_number_is_refused(video):
    with pytest.raises(InputError, match="flow 0 → 1: wanted finite numbers"):
        opened(video, Counted(factor=1e6))(0, 1)


def test_pictures_of_another_size_are_refused(video):
    with pytest.raises(InputError, match=r"frame 0: wanted height x width \(24, 32\), got \(47, 64\)"):
        opened(video, Counted(), size=(24, 32))(0, 1)


@dataclass(frozen=True)
class Coarse:
    """As DIS with full_size=False."""

    def __call__(self, picture_i, picture_j):
        return torch.zeros(2, 24, 32)


def test_flow_on_a_coarser_grid_is_refused(video):
    with pytest.raises(
        InputError, match=r"estimator: wanted a flow of height x width \(47, 64\), got \(24, 32\)"
    ):
        opened(video, Coarse())(0, 1)


def test_an_estimator_that_hides_its_settings_is_refused(video):
    with pytest.raises(InputError, match="estimator: wanted a dataclass"):
        opened(video, lambda i, j: torch.zeros(2, *i.shape[1:]))


def test_a_missing_video_is_refused(tmp_path):
    with pytest.raises(VideoError, match=r"none.mp4: cannot be read"):
        opened(tmp_path / "none.mp4", Counted())
