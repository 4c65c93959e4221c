"""Ways to build a picture from nothing until a model is sure of a class; each gives its frames, the last one best."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from seewhy.attacks.goals import Goal
from seewhy.classifiers.base import Classifier
from seewhy.inference.batches import batch_size, in_batches, scored
from seewhy.progress import heed, partial, track

Frames = list[NDArray[np.float32]]
CANDIDATES = 24  # the most promising pixels of an attempt
FINER = 4  # strokes are drawn this much larger, then made small


class Aim:
    """A model, the class it shall be sure of, and how sure."""

    def __init__(self, model: Classifier, target: int, confidence: float) -> None:
        self.model, self.target, self.confidence = model, target, confidence
        self.enough = float(np.log(confidence / (1 - confidence)))  # the loss at which it is that sure

    def losses(self, x: Tensor) -> Tensor:
        """log p / (1 − p) of the class for each of many pictures, (N,)."""
        return self._goal(len(x)).loss(scored(self.model, x), "cross-entropy")

    def slope(self, x: Tensor) -> Tensor:
        """The gradient of that (N, C, H, W); for a model without gradients, noise, so that it tries at random."""
        if "gradients" not in self.model.abilities:
            return torch.randn(x.shape, generator=torch.Generator().manual_seed(len(x)))
        found = []
        for batch in in_batches(len(x), batch_size(x)):
            heed()
            leaf = x[list(batch)].detach().requires_grad_()
            with torch.enable_grad():
                loss = self._goal(len(leaf)).loss(self.model.scores(leaf), "cross-entropy").sum()
                found.append(torch.autograd.grad(loss, leaf)[0])
        return torch.cat(found)

    def sureness(self, pictures: NDArray[np.float32]) -> NDArray[np.float64]:
        """How sure the model is of the class, for each picture."""
        return torch.sigmoid(self.losses(torch.from_numpy(pictures)).double()).numpy()

    def _goal(self, count: int) -> Goal:
        return Goal(torch.full((count,), self.target), targeted=True)


def pixels(aim: Aim, amount: int, effort: int) -> Frames:
    """Light one pixel after the other on black; the `effort` best attempts go on. Then move pixels while that helps."""
    x = torch.zeros(1, *aim.model.input_shape)
    frames = [x[0].numpy()]
    losses = aim.losses(x)
    for _ in track(range(amount), "lighting pixels"):
        tried = _distinct(_lit(aim, x))
        found = aim.losses(tried)
        best = found.topk(min(effort, len(found)))
        x, losses = tried[best.indices], best.values
        _film(frames, x[0].numpy())
        if losses[0] >= aim.enough:
            return frames
    return frames + _moved(aim, x, losses)


def strokes(aim: Aim, amount: int, effort: int, steps: int, seed: int) -> Frames:
    """Straight strokes, thrown at random; the best are nudged about while that helps, then the next one is added."""
    random = np.random.default_rng(seed)
    shape = aim.model.input_shape
    lines = np.empty((0, 5))
    frames = [np.zeros(shape, np.float32)]
    best = -np.inf
    for _ in track(range(amount), "drawing strokes"):
        thrown = np.stack([np.vstack([lines, _throw(random)]) for _ in range(8 * effort)])
        lines, best = _better(aim, thrown, lines, -np.inf)
        _film(frames, _drawn(lines, shape))
        for step in range(steps):
            if best >= aim.enough:
                return frames
            reach = 0.15 * 0.97**step + 0.01
            moved = lines + reach * random.normal(size=(effort, *lines.shape)) * (
                random.random((effort, len(lines), 1)) < 0.6
            )
            better, found = _better(aim, np.clip(moved, 0, 1), lines, best)
            if found > best:
                lines, best = better, found
                _film(frames, _drawn(lines, shape))
    return frames


def smooth(aim: Aim, steps: int, seed: int) -> Frames:
    """A coarse grid, enlarged smoothly, climbs the gradient."""
    channels, height, width = aim.model.input_shape
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, channels, 7, 7, generator=generator).requires_grad_()
    optimiser = torch.optim.Adam([coarse], 0.1)

    def shown() -> Tensor:
        return torch.sigmoid(functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=False))

    frames = [shown().detach()[0].numpy()]
    for _ in track(range(steps), "climbing"):
        with torch.enable_grad():
            picture = shown()
            (coarse.grad,) = torch.autograd.grad(picture, coarse, -aim.slope(picture.detach()))
        optimiser.step()
        _film(frames, shown().detach()[0].numpy())
        if aim.losses(torch.from_numpy(frames[-1])[None])[0] >= aim.enough:
            break
    return frames


def noise(aim: Aim, steps: int, seed: int) -> Frames:
    """Even grey noise that climbs the gradient in steps too small to see."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(1, *aim.model.input_shape, generator=generator)
    frames = [x[0].numpy()]
    for _ in track(range(steps), "climbing"):
        if aim.losses(x)[0] >= aim.enough:
            break
        x = (x + aim.slope(x).sign() / 255).clamp(0, 1)
        _film(frames, x[0].numpy())
    return frames


def guided(aim: Aim, examples: NDArray[np.float32], amount: int) -> Frames:
    """Light the pixels that speak most for the class in real pictures of it, by gradient × input on average.

    Nothing is tried out on the way: what the maps reveal alone must do.
    """
    x = torch.from_numpy(examples)
    evidence = (aim.slope(x) * x).mean(0).sum(0).flatten()
    frames = [np.zeros(aim.model.input_shape, np.float32)]
    for place in evidence.topk(min(amount, len(evidence))).indices:
        picture = frames[-1].copy()
        picture.reshape(len(picture), -1)[:, place] = 1.0
        _film(frames, picture)
        if aim.losses(torch.from_numpy(picture)[None])[0] >= aim.enough:
            break
    return frames


def _lit(aim: Aim, x: Tensor) -> Tensor:
    """Each attempt with one more pixel, for the pixels that promise most."""
    slope = aim.slope(x)
    wanted = (slope > 0).to(x)
    promise = (slope * (wanted - x)).sum(1).flatten(1).masked_fill((x > 0).any(1).flatten(1), -torch.inf)
    places = promise.topk(min(CANDIDATES, promise.shape[1]), dim=1).indices  # (B, P)
    tried = x.repeat_interleave(places.shape[1], 0)
    rows, flat = torch.arange(len(tried)), places.flatten()
    colours = wanted.flatten(2).repeat_interleave(places.shape[1], 0)[rows, :, flat]
    colours[~colours.any(1)] = 1.0  # nothing promised more than black: light it all the same
    tried.flatten(2)[rows, :, flat] = colours
    return tried


def _moved(aim: Aim, x: Tensor, losses: Tensor) -> Frames:
    """Take one pixel away and light another, in each attempt, as long as the best gets better."""
    frames: Frames = []
    effort = len(x)
    for _ in track(range(24), "moving pixels"):
        if losses[0] >= aim.enough:
            break
        fewer = []
        for attempt in x[: max(effort // 4, 1)]:
            for place in torch.nonzero((attempt > 0).any(0).flatten())[:, 0]:
                picture = attempt.clone()
                picture.flatten(1)[:, place] = 0
                fewer.append(picture)
        tried = _distinct(torch.cat([x, _lit(aim, _distinct(torch.stack(fewer)))]))
        found = aim.losses(tried)
        best = found.topk(min(effort, len(found)))
        if best.values[0] <= losses[0] + 1e-4:
            break
        x, losses = tried[best.indices], best.values
        _film(frames, x[0].numpy())
    return frames


def _film(frames: Frames, picture: NDArray[np.float32]) -> None:
    """One more frame, which whoever waits may see at once."""
    frames.append(picture)
    partial(lambda: picture)


def _distinct(x: Tensor) -> Tensor:
    found: Tensor = torch.unique(x, dim=0)
    return found


def _throw(random: np.random.Generator) -> NDArray[np.float64]:
    """A stroke: both ends in the picture, from 0 to 1, and its width."""
    return random.random(5)


def _better(
    aim: Aim, attempts: NDArray[np.float64], lines: NDArray[np.float64], best: float
) -> tuple[NDArray[np.float64], float]:
    pictures = np.stack([_drawn(attempt, aim.model.input_shape) for attempt in attempts])
    found = aim.losses(torch.from_numpy(pictures))
    index = int(found.argmax())
    return (attempts[index], float(found[index])) if found[index] > best else (lines, best)


def _drawn(lines: NDArray[np.float64], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """White strokes on black, (C, H, W), with soft edges."""
    height, width = shape[1:]
    size = np.array([width, height]) * FINER
    paper = Image.new("L", (int(size[0]), int(size[1])))
    pen = ImageDraw.Draw(paper)
    for line in lines:
        ends = [tuple(float(c) for c in point * size) for point in (line[:2], line[2:4])]
        thick = max(FINER, round(float((0.03 + 0.09 * line[4]) * size.min())))
        pen.line(ends, fill=255, width=thick)
        for across, down in ends:
            pen.ellipse([across - thick / 2, down - thick / 2, across + thick / 2, down + thick / 2], fill=255)
    small = np.asarray(paper.resize((width, height), Image.Resampling.BOX)) / np.float32(255)
    return np.broadcast_to(small, shape).astype(np.float32)
