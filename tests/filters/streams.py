"""Small streams for the filters' tests."""

from collections.abc import Iterable

import torch

from steadymask.filters.run import Filter, Item, run


def stream(probs: torch.Tensor, pictures: torch.Tensor | None = None, cuts: Iterable[int] = ()) -> list[Item]:
    """Items of probabilities `t k h w`, with grey pictures unless some are given."""
    if pictures is None:
        pictures = torch.full((len(probs), 3, *probs.shape[2:]), 128, dtype=torch.uint8)
    return [
        Item(index=t, picture=picture, probs=each, starts_scene=t == 0 or t in set(cuts))
        for t, (each, picture) in enumerate(zip(probs, pictures, strict=True))
    ]


def filtered(each: Filter, items: list[Item], start: int = 0) -> torch.Tensor:
    """The results of one filter, `t k h w`."""
    return torch.stack([item.probs for item, _ in run([each], items, start=start)])


def random_probs(shape: tuple[int, int, int, int], *, hard: bool = False, seed: int = 0) -> torch.Tensor:
    """Random probabilities `t k h w`."""
    probs = torch.softmax(2 * torch.randn(shape, generator=torch.Generator().manual_seed(seed)), 1)
    if not hard:
        return probs
    return torch.nn.functional.one_hot(probs.argmax(1), shape[1]).permute(0, 3, 1, 2).float()


def random_pictures(frames: int, height: int, width: int, *, seed: int = 0) -> torch.Tensor:
    """Random pictures `t 3 h w`, 0 to 255."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (frames, 3, height, width), dtype=torch.uint8, generator=generator)
