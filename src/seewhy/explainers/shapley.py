"""Shapley values of a game from the worth of its coalitions: all of them, or some; knows no images and no model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import NamedTuple

import torch
from torch import Tensor


def every_coalition(players: int) -> Tensor:
    """(2^players, players) bool: the empty one first, the one of all last."""
    return (torch.arange(2**players)[:, None] >> torch.arange(players)) % 2 == 1


def exact(worth: Tensor, players: int) -> Tensor:
    """The Shapley values (players,) of a game whose coalitions, in the order of `every_coalition`, have this worth.

    >>> exact(torch.tensor([0.0, 1.0, 2.0, 4.0]), 2).tolist()
    [1.5, 2.5]
    """
    inside = every_coalition(players)
    size = inside.sum(1, keepdim=True).double()
    # In a random order, the chance that a player completes the coalition of `size`, or is the next to join it
    orders = torch.tensor([comb(players, s) for s in range(players + 1)], dtype=torch.float64)[size.long()]
    completes, joins = 1 / (orders * size.clamp(min=1)), 1 / (orders * (players - size).clamp(min=1))
    return torch.where(inside, completes, -joins).T @ worth.double()


class Coalitions(NamedTuple):
    """Coalitions (S, players) whose worth is to be asked: first all of some sizes, then random ones.

    listed: the weight of each of the first ones in the Shapley kernel; left: the weight of all the others together,
    which the random ones share. cluster: so many random neighbours were drawn together.
    """

    members: Tensor
    listed: Tensor
    left: float
    cluster: int


def draw(players: int, samples: int, paired: bool, seed: int, certain: int | None = None) -> Coalitions:
    """At most `samples` coalitions, neither empty nor of all, by the Shapley kernel.

    Sizes of which no fewer would be drawn than there are, among `certain` samples or all, are listed in full.
    Paired: each is followed by those left out (Covert and Lee, 2021).
    """
    sizes = range(1, players)
    raw = {size: 1 / (size * (players - size)) for size in sizes}
    mass = {size: raw[size] / sum(raw.values()) for size in sizes}
    listed: list[Tensor] = []
    weights: list[Tensor] = []
    room, left = min(samples, certain or samples), 1.0
    for small in range(1, players // 2 + 1):
        both = sorted({small, players - small})
        count, share = comb(players, small) * len(both), mass[small] * len(both)
        if room * share < count * left * (1 - 1e-9):
            break
        chosen = torch.tensor(list(combinations(range(players), small)))
        few = torch.zeros(len(chosen), players, dtype=torch.bool).scatter_(1, chosen, True)
        listed.append(torch.stack([few, ~few], 1).flatten(0, 1) if len(both) == 2 else few)
        weights.append(torch.full((count,), share / count, dtype=torch.float64))
        room, left = room - count, left - share
        for size in both:
            del mass[size]
    members = torch.cat(listed) if listed else torch.zeros(0, players, dtype=torch.bool)
    known = torch.cat(weights) if weights else torch.zeros(0, dtype=torch.float64)
    rest = samples - len(members)
    if mass and rest:
        members = torch.cat([members, _random(players, rest, mass, paired, seed)])
    return Coalitions(members, known, left if mass else 0.0, 2 if paired else 1)


def _random(players: int, samples: int, mass: dict[int, float], paired: bool, seed: int) -> Tensor:
    """(samples, players): sizes by their mass, members with even chance."""
    generator = torch.Generator().manual_seed(seed)
    draws = (samples + 1) // 2 if paired else samples
    chance = torch.tensor(list(mass.values()), dtype=torch.float64)
    size = torch.tensor(list(mass))[torch.multinomial(chance, draws, replacement=True, generator=generator)]
    place = torch.rand(draws, players, generator=generator).argsort(1).argsort(1)
    found = place < size[:, None]
    return torch.stack([found, ~found], 1).flatten(0, 1)[:samples] if paired else found


@dataclass(frozen=True)
class Sums:
    """What a least-squares fit needs to know of coalitions z with gains y: Σzzᵀ, Σzy and how many they are."""

    squares: Tensor
    products: Tensor
    count: float

    @classmethod
    def of(cls, members: Tensor, gains: Tensor, weights: Tensor | None = None) -> Sums:
        """The sums over coalitions (S, players), each as often as `weights` (S,) says, or once."""
        z = members.double()
        weighted = z if weights is None else z * weights[:, None]
        return cls(weighted.T @ z, weighted.T @ gains, len(z) if weights is None else float(weights.sum()))

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.squares + other.squares, self.products + other.products, self.count + other.count)

    def times(self, factor: float) -> Sums:
        """Each coalition so many times as often."""
        return Sums(self.squares * factor, self.products * factor, self.count * factor)


def share_out(sums: Sums, whole: float) -> tuple[Tensor, Tensor]:
    """The values (players,) that fit the gains best among those that add up to `whole`, and the fit's inverse.

    Where the coalitions are too few to tell players apart, these share alike.
    """
    players = len(sums.products)
    even = torch.full((players,), whole / players, dtype=torch.float64)
    free = torch.eye(players, dtype=torch.float64) - 1 / players  # projects on what adds up to 0
    inner = free @ sums.squares @ free
    inverse = free @ torch.linalg.pinv(inner, hermitian=True, rtol=1e-10) @ free
    values = even + inverse @ (sums.products - sums.squares @ even)
    return values + (whole - values.sum()) / players, inverse


def spread(members: Tensor, misfits: Tensor, inverse: Tensor, left: float, cluster: int) -> Tensor:
    """Standard errors (players,) of values fitted to random coalitions (S, players) that missed by `misfits` (S,).

    The sandwich form, over clusters: what each of them, drawn again, would move.
    """
    players = members.shape[1]
    moves = (members.double() * misfits[:, None])[: len(members) // cluster * cluster]
    moves = moves.reshape(-1, cluster, players).mean(1)
    if len(moves) < 2:
        return torch.full((players,), torch.nan, dtype=torch.float64)
    centred = (moves - moves.mean(0)) * left
    free = max(1, len(moves) - players / cluster)  # the fit used up as many as it has values
    return ((inverse @ (centred.T @ centred) @ inverse).diagonal().clamp(min=0) / (len(moves) * free)).sqrt()
