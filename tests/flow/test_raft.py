import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest
import torch
from torch import nn

from steadymask.arrays import FlowEstimator
from steadymask.errors import InputError, WeightsError
from steadymask.flow.raft import RAFT, load_raft


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A state dict file of the small network whose weights are random, and the network."""
    models = pytest.importorskip("torchvision").models.optical_flow
    torch.manual_seed(0)
    network = models.raft_small(weights=None).eval()
    path = tmp_path_factory.mktemp("weights") / "small.pth"
    torch.save(network.state_dict(), path)
    return path, network


def pictures(height, width, count=2):
    noise = torch.randint(0, 256, (count, 3, height, width), generator=torch.Generator().manual_seed(1))
    return noise.to(torch.uint8)


class Recorded(nn.Module):
    """Gives back the brightness of both pictures, so that what the network was shown can be told."""

    def __init__(self):
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))
        self.shown, self.updates = [], []

    def forward(self, i, j, num_flow_updates):
        self.shown += [i, j]
        self.updates.append(num_flow_updates)
        return [torch.zeros_like(i[:, :2]), torch.stack([i[:, 0], j[:, 0]], 1)]


def stub(**settings):
    return RAFT(size="small", weights="none", network=Recorded(), **settings)


def test_the_network_sees_picture_i_first_in_its_range_and_padded_by_the_border():
    estimator = stub(updates=7)
    assert isinstance(estimator, FlowEstimator)
    i, j = pictures(130, 150)
    flow = estimator(i, j)
    shown_i, shown_j = estimator.network.shown
    assert estimator.network.updates == [7]
    assert shown_i.shape == shown_j.shape == (1, 3, 136, 152)
    torch.testing.assert_close(shown_i[0, :, :130, :150], i.float() / 127.5 - 1)
    torch.testing.assert_close(shown_j[0, :, :130, :150], j.float() / 127.5 - 1)
    torch.testing.assert_close(shown_i[0, :, 130:, :150], shown_i[0, :, 129:130, :150].expand(3, 6, 150))
    # The last estimate, cut back to the pictures.
    torch.testing.assert_close(flow, torch.stack([i[0], j[0]]).float() / 127.5 - 1)


def test_small_pictures_are_enlarged_by_their_border():
    estimator = stub()
    assert estimator(*pictures(20, 300)).shape == (2, 20, 300)
    assert estimator.network.shown[0].shape == (1, 3, 128, 304)


def test_the_flow_is_that_of_torchvisions_network(small):
    path, network = small
    i, j = pictures(128, 136)
    found = load_raft("small", weights=path, updates=2)(i, j)
    with torch.no_grad():
        wanted = network(*(each[None].float() / 127.5 - 1 for each in (i, j)), num_flow_updates=2)[-1][0]
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)
    assert found.abs().max() > 0
    assert not found.requires_grad


def test_the_flow_lies_on_picture_is_grid_and_points_into_j(small):
    """The closed form of RAFT: where updates add nothing, the flow is that of the look-up's own place, 0;
    a state dict whose flow head has only a bias moves every point by eight times that bias a step."""
    path, _ = small
    state = torch.load(path, weights_only=True)
    last = "update_block.flow_head.conv2"
    state[f"{last}.weight"].zero_()
    state[f"{last}.bias"].copy_(torch.tensor([0.25, -0.5]))  # right, up; in pixels of an eighth of the size
    moved = path.with_name("moved.pth")
    torch.save(state, moved)
    flow = load_raft("small", weights=moved, updates=3)(*pictures(128, 128))
    wanted = torch.tensor([3 * 8 * 0.25, -3 * 8 * 0.5])[:, None, None].expand(2, 128, 128)
    torch.testing.assert_close(flow, wanted, atol=1e-4, rtol=0)


def test_the_large_network_runs_too(tmp_path):
    models = pytest.importorskip("torchvision").models.optical_flow
    path = tmp_path / "large.pth"
    torch.save(models.raft_large(weights=None).state_dict(), path)
    estimator = load_raft("large", weights=path, updates=1)
    frames = pictures(128, 128, 4).float() / 255
    assert estimator.batch(frames[:2], frames[2:]).shape == (2, 2, 128, 128)
    assert "network" not in repr(estimator)


def test_equal_weights_have_one_name_and_others_another(small):
    path, _ = small
    state = torch.load(path, weights_only=True)
    copy, other = path.with_name("copy.pth"), path.with_name("other.pth")
    copy.write_bytes(path.read_bytes())
    state["update_block.flow_head.conv2.bias"] += 1
    torch.save(state, other)
    names = [load_raft("small", weights=each).weights for each in (path, copy, other)]
    assert names[0] == names[1] != names[2]


def test_weights_that_cannot_be_fetched_are_one_line_with_file_and_address(tmp_path, monkeypatch):
    pytest.importorskip("torchvision")

    def unreachable(url, path, digest, **more):
        assert digest == "01064c6d"  # what is fetched is checked by its SHA-256
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    with pytest.raises(WeightsError) as error:
        load_raft("small")
    message = str(error.value)
    assert "\n" not in message
    assert str(tmp_path / "checkpoints" / "raft_small_C_T_V2-01064c6d.pth") in message
    assert "https://download.pytorch.org/models/raft_small_C_T_V2-01064c6d.pth" in message


def test_weights_in_pytorchs_folder_are_not_fetched(small, tmp_path, monkeypatch):
    path, _ = small
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *a, **m: pytest.fail("fetched"))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "raft_small_C_T_V2-01064c6d.pth").write_bytes(path.read_bytes())
    assert load_raft("small").weights == load_raft("small", weights=path).weights


def test_weights_that_do_not_fit_are_refused(small, tmp_path):
    path, _ = small
    with pytest.raises(WeightsError, match="no such file"):
        load_raft("small", weights=tmp_path / "none.pth")
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"damaged.pth: .*cannot be read"):
        load_raft("small", weights=damaged)
    with pytest.raises(WeightsError, match=r"small.pth: .*tensors differ; .*: wanted .*, got "):
        load_raft("large", weights=path)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="tensors differ"):
        load_raft("small", weights=tmp_path / "list.pth")


def test_a_missing_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(InputError, match=r"pip install 'steadymask\[train\]'"):
        load_raft("small", weights=Path("any.pth"))


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="updates: wanted 1 or more, got 0"):
        stub(updates=0)


def test_score_and_stabilize_do_not_load_torchvision():
    code = (
        "import sys, steadymask.tasks.score, steadymask.tasks.stabilize, steadymask.flow.raft;"
        "sys.exit(any(name in sys.modules for name in ('torchvision', 'timm')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
