"""What a model's answer loses when one square of a picture is hidden: the yardstick of the trust figure.

The picture is cut into 4 × 4 rectangles; each in turn is filled with the mean colour of what lies around it, so that
little new is drawn. Knows no method and no map: all maps of one picture are held against the same falls.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches
from seewhy.inference.dense import dense
from seewhy.inference.graph import TOLERANCE
from seewhy.inference.sharing import digest
from seewhy.targets import ClassScore

GRID = 4  # rows and columns of squares
RING = 0.35  # width of the surroundings, as a share of the square's side
KEPT = 64  # pictures whose answers are remembered


@dataclass(frozen=True)
class Squares:
    """The answers to a picture with each square hidden.

    down, across: where rows and columns of squares begin and end, in pixels; scores: (G·G, K), row by row;
    whole: (K,), the answer to the picture itself.
    """

    down: tuple[int, ...]
    across: tuple[int, ...]
    scores: Tensor
    whole: Tensor

    def falls(self, target: ClassScore) -> NDArray[np.float64]:
        """By how much the log-odds of `target` fall when each square is hidden, (G, G); below zero where they rise."""
        shape = len(self.down) - 1, len(self.across) - 1
        fallen = log_odds(self.whole[None], target) - log_odds(self.scores, target)
        found: NDArray[np.float64] = fallen.reshape(shape).numpy()
        return found

    def sums(self, maps: NDArray[np.float64]) -> NDArray[np.float64]:
        """What `maps` (…, H, W) hold in each square, (…, G, G); H × W may be coarser than the picture."""
        down = _edges(len(self.down) - 1, maps.shape[-2])
        across = _edges(len(self.across) - 1, maps.shape[-1])
        rows = np.add.reduceat(maps, down[:-1], -2)
        found: NDArray[np.float64] = np.add.reduceat(rows, across[:-1], -1)
        return found


def log_odds(scores: Tensor, target: ClassScore) -> Tensor:
    """How far `target` is ahead in `scores` (N, K), (N,) in double precision: of its rival, or of all others together.

    Unlike a probability it is not flat where a model is sure, and unlike a logit it knows of the other classes.
    """
    exact = scores.double()
    if target.versus is not None:
        return exact[:, target.index] - exact[:, target.versus]
    others = [index for index in range(exact.shape[1]) if index != target.index]
    if not others:
        return exact[:, target.index]
    return exact[:, target.index] - torch.logsumexp(exact[:, others], 1)


def hide_squares(model: Classifier, image: Tensor, whole: Tensor, grid: int = GRID) -> Squares:
    """Ask `model` about `image` (C, H, W) with each square hidden, in as few batches as fit; `whole` (K,) is known.

    Asked again about the same picture, the same model costs nothing.
    """
    key = (model.fingerprint, grid, digest(image))
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    found = _asked(model, image, whole, grid)
    with _lock:
        _known[key] = found
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return found


def _asked(model: Classifier, image: Tensor, whole: Tensor, grid: int) -> Squares:
    down, across = _edges(grid, image.shape[-2]), _edges(grid, image.shape[-1])
    places = [(slice(*rows), slice(*columns)) for rows in _pairs(down) for columns in _pairs(across)]
    x = image.detach()[None].repeat(len(places) + 1, 1, 1, 1)  # the last stays as it is
    for hidden, (rows, columns) in zip(x, places, strict=False):
        hidden[:, rows, columns] = around(image, rows, columns)[:, None, None]
    folded = dense(model)
    scores = _scores(lambda part: folded.scores(model, part), x)
    if not torch.allclose(scores[-1].double(), whole.cpu().double(), rtol=0, atol=TOLERANCE * float(whole.abs().max())):
        scores = _scores(model.scores, x)  # the model changed in a way that its weights do not show
    return Squares(tuple(down), tuple(across), scores[:-1], whole.cpu())


def _scores(ask: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.inference_mode():
        parts = [ask(x[batch.start : batch.stop]) for batch in in_batches(len(x), batch_size(x[0]))]
    return torch.cat(parts).cpu().clone()


def around(image: Tensor, rows: slice, columns: slice) -> Tensor:
    """The mean colour (C,) around a rectangle of `image` (C, H, W); the rectangle's own where nothing is around."""
    wide = max(1, round(RING * max(rows.stop - rows.start, columns.stop - columns.start)))
    outer = image[:, max(rows.start - wide, 0) : rows.stop + wide, max(columns.start - wide, 0) : columns.stop + wide]
    inner = image[:, rows, columns]
    beside = outer[0].numel() - inner[0].numel()
    if not beside:
        return inner.mean((1, 2))
    return (outer.sum((1, 2)) - inner.sum((1, 2))) / beside


def _edges(parts: int, side: int) -> list[int]:
    """Where `parts` pieces of `side` pixels begin, and the end; as many as there are pixels where these are fewer."""
    return [round(place) for place in np.linspace(0, side, min(parts, side) + 1)]


def _pairs(edges: list[int]) -> list[tuple[int, int]]:
    return list(pairwise(edges))


_known: OrderedDict[object, Squares] = OrderedDict()
_lock = Lock()
