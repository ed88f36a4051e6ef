"""A refiner in the loop: it is asked about groups, and learns to be steady along the flow of all pairs."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.functional import one_hot

from steadymask.data.augmentation import Augmentation
from steadymask.data.batch import Batch
from steadymask.data.batches import Batches, BatchSettings
from steadymask.data.corruption import Corruption
from steadymask.data.training_data import TrainingData, UnlabeledVideo
from steadymask.errors import InputError
from steadymask.losses.inconsistency import inconsistency_loss
from steadymask.networks.refiner import Refiner, RefinerConfig, logits_of
from steadymask.training.config import TrainingConfig
from steadymask.training.loop import CHECKPOINT, fit
from steadymask.training.outputs import predicted
from steadymask.training.recipe import Phase, Recipe
from steadymask.training.schedule import Constant
from steadymask.training.terms import GroupInconsistent, Inconsistent, Supervised
from world import World

WORLD = World()
CONFIG = TrainingConfig(
    steps=4, learning_rate=1e-3, optimizer="adamw", weight_decay=0.0, schedule=Constant(), keep_every=2
)
TERMS = {"inconsistency": GroupInconsistent(teacher_weight=0.5)}


def probs(index: int) -> torch.Tensor:
    return one_hot((WORLD.labels(index) == 1).long(), 2).permute(2, 0, 1).float()


VIDEO = UnlabeledVideo(name="world", count=8, fps=24.0, frame=WORLD.picture, masks=probs)
DATA = TrainingData(name="world", classes=("background", "object"), videos=(VIDEO,))


def exact(picture_i: torch.Tensor, picture_j: torch.Tensor) -> torch.Tensor:
    i, j = (next(at for at in range(8) if WORLD.picture(at).equal(each)) for each in (picture_i, picture_j))
    return WORLD.flow(i, j)


def batches(number: int, **changed: object) -> Batch:
    settings = BatchSettings(labeled=0, groups=2, group_frames=3, corruption=Corruption(blink=4.0))
    usual = {"augmentation": Augmentation(size=(32, 40), scales=(1.0, 1.0)), "flows": exact}
    return Batches(**({"data": DATA, "settings": settings} | usual | changed))(number)


def refiner(seed: int = 0) -> Refiner:
    torch.manual_seed(seed)
    return Refiner(RefinerConfig(frames=3, width=8))


def test_an_untrained_refiner_says_of_groups_what_their_masks_say() -> None:
    batch = batches(0)
    found = predicted(refiner(), batch).of("groups")
    assert found.shape == (2 * 3, 2, 32, 40)
    expected = logits_of(batch.groups.masks).sigmoid().flatten(0, 1)
    torch.testing.assert_close(found.softmax(1)[:, 1], expected)
    with pytest.raises(InputError, match="batch: wanted a part labeled, got groups"):
        Supervised()(predicted(refiner(), batch), batch)
    with pytest.raises(InputError, match="pairs, triplets: wanted frames near each other in time"):
        Inconsistent()(predicted(refiner(), batch), batch)


def test_the_term_is_the_loss_over_all_pairs_bound_to_the_teacher() -> None:
    batch = batches(1)
    outputs, groups = predicted(refiner(), batch), batch.groups
    logits = torch.stack((torch.zeros_like(groups.masks), logits_of(groups.masks)), 2)
    for weight, teacher_weight in ((1.0, 0.0), (2.0, 0.7)):
        found = GroupInconsistent(weight=weight, teacher_weight=teacher_weight)(outputs, batch)
        expected = inconsistency_loss(
            logits, groups.labels, groups.flow, visible=groups.visible, data_weight=teacher_weight
        )
        torch.testing.assert_close(found, weight * expected)


def test_a_loss_of_groups_without_groups_or_flow_is_said() -> None:
    batch = batches(0, flows=None)
    with pytest.raises(InputError, match="flows: wanted the flow of groups for a loss along the motion"):
        GroupInconsistent()(predicted(refiner(), batch), batch)
    with pytest.raises(InputError, match="batch: wanted a part groups, got none"):
        GroupInconsistent()(predicted(refiner(), Batch(step=0)), Batch(step=0))


def test_a_step_reaches_the_network_and_the_loss_falls(tmp_path: Path) -> None:
    network, batch, term = refiner(), batches(0), TERMS["inconsistency"]
    before = term(predicted(network, batch), batch).item()
    config = replace(CONFIG, steps=20, learning_rate=3e-3)
    fit(network, TERMS, lambda number: batch, config, folder=tmp_path)
    assert term(predicted(network, batch), batch).item() < 0.9 * before
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows[0].split(",")[:3] == ["step", "learning_rate", "loss_inconsistency"]


def test_a_refiner_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole, halved = refiner(), refiner()
    fit(whole, TERMS, batches, CONFIG, folder=tmp_path / "whole")
    stopped = tmp_path / "stopped"

    def stop(what: str, step: int, of: int) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(halved, TERMS, batches, CONFIG, folder=stopped, progress=stop)
    assert (stopped / CHECKPOINT).is_file()
    again = refiner(seed=5)
    fit(again, TERMS, batches, CONFIG, folder=stopped, resume=True)
    assert all(value.equal(whole.state_dict()[key]) for key, value in again.state_dict().items())


def test_a_refiner_is_not_looked_at_on_single_pictures() -> None:
    phase = Phase(
        name="refine",
        config=CONFIG,
        batch=BatchSettings(labeled=0, groups=1),
        augmentation=Augmentation(size=(32, 40)),
        terms=TERMS,
    )
    with pytest.raises(InputError, match="held_out: wanted none for a refiner"):
        Recipe(network=refiner(), data=DATA, phases=(phase,), held_out=DATA)
