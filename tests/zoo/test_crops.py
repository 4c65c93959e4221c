"""What is done to photographs before they are shown: known pieces, and the same chance again."""

from __future__ import annotations

import torch

from seewhy.zoo.crops import vary_photograph

GREY = 0.47


def varied(x: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return vary_photograph(x, torch.Generator().manual_seed(seed))


def pictures(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def test_every_image_is_a_shifted_or_mirrored_piece_of_its_own():
    x = pictures(16)
    wider = torch.nn.functional.pad(x, [4] * 4, mode="reflect")
    shifts, mirrored = set(), 0
    for before, after in zip(wider, varied(x), strict=True):
        shown = after != GREY
        pieces = {
            (row, column, flip): piece.flip(2) if flip else piece
            for row in range(9)
            for column in range(9)
            for flip in (False, True)
            for piece in [before[:, row : row + 32, column : column + 32]]
        }
        fitting = [where for where, piece in pieces.items() if torch.equal(piece[shown], after[shown])]
        assert len(fitting) == 1
        shifts.add(fitting[0][:2])
        mirrored += fitting[0][2]
    assert len(shifts) > 8
    assert 0 < mirrored < 16


def test_a_square_is_hidden_at_most_eight_wide():
    hidden = (varied(pictures(200)) == GREY).all(1)
    assert hidden.any(1).sum(1).max() == hidden.any(2).sum(1).max() == 8
    assert hidden.sum((1, 2)).min() >= 16
    assert torch.equal(hidden, hidden.any(1, keepdim=True) & hidden.any(2, keepdim=True))
    assert hidden.float().mean(0).min() > 0  # every place is hidden at times


def test_the_same_seed_gives_the_same_change_and_the_images_stay():
    x = pictures(4)
    before = x.clone()
    assert torch.equal(varied(x), varied(x))
    assert not torch.equal(varied(x), varied(x, seed=1))
    assert torch.equal(x, before)


def test_on_another_device_the_chance_is_the_same():
    meta = vary_photograph(pictures(4).to("meta"), torch.Generator().manual_seed(0))
    assert meta.shape == (4, 3, 32, 32)  # nothing was mixed between devices
