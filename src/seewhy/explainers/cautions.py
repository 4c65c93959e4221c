"""What may mislead in any map, said beside it: the model's mode, a flat softmax, a fill that hides nothing.

Each function looks at one thing and gives a sentence, or None where all is well. Knows no method by name.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from seewhy.classifiers.base import Classifier, Prediction
from seewhy.targets import ClassScore

FLAT = 1e-3  # a slope of the softmax, p(1 − p), below this is flat: p under .1 % or over 99.9 %
APART = 0.1  # how far a pixel stands out from the background, in units of [0, 1], to count as content
NEAR = 0.2  # of the way to the background: so close to the baseline, a pixel has its colour
HIDDEN = 1 / 3  # a share of the content that has the baseline's colour and is worth a warning
FEW = 0.01  # of the pixels stand out: too little to speak of content
DARK = 2 / 255  # the brightest value of a picture that was divided by 255 twice
PLAIN = {"black": 0.0, "grey": 0.5, "white": 1.0}


def cautions(
    model: Classifier, recipe: BaseModel, x: Tensor, prediction: Prediction, target: ClassScore, baseline: Tensor | None
) -> list[str]:
    """The sentences for one image `x` (C, H, W) and its baseline of the same shape, where the method has one."""
    said = (mode(model), softmax(prediction, target), darkness(x), content(recipe, x, baseline))
    return [sentence for sentence in said if sentence]


def mode(model: Classifier) -> str | None:
    """A module in training mode answers differently than in use; only where a layer of it does."""
    switched = switching(model)
    if not switched:
        return None
    return (
        f"The model came in training mode ({_listed(switched)} would act differently); it was explained as in use, and "
        "call model.eval() before you use another tool."
    )


def switching(model: Classifier) -> list[str]:
    """The layers in training mode that act differently there: dropout, and norms that take the batch's statistics."""
    module = getattr(model, "module", None)
    if not isinstance(module, nn.Module):
        return []
    acting = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd, nn.AlphaDropout, nn.RReLU)
    known = ("batchnorm", "dropout", "droppath", "stochasticdepth")
    return [
        name or type(part).__name__
        for name, part in module.named_modules()
        if part.training
        and not any(part.children())
        and (isinstance(part, acting) or type(part).__name__.lower().startswith(known))
    ]


def softmax(prediction: Prediction, target: ClassScore) -> str | None:
    """Where the softmax is flat, the probability hides what the logit would tell."""
    if target.output != "probability":
        return None
    belief = float(prediction.probabilities[target.index])
    if slope(belief) >= FLAT:
        return None
    return (
        f"At {belief:.4%} the softmax is flat: the probability moves {1 / max(slope(belief), 1e-12):,.0f} times less "
        "than the logit, so the map is mostly about what is left over; explain the logit."
    )


def slope(probability: float) -> float:
    """How fast a probability moves with its own logit, p(1 − p)."""
    return probability * (1 - probability)


def darkness(x: Tensor) -> str | None:
    """8-bit values divided by 255 twice leave a picture that is all but black."""
    top = float(x.max())
    if not 0 < top <= DARK:
        return None
    return f"The picture's brightest value is {top:.4f}, as if its bytes had been divided by 255 twice; divide once."


def content(recipe: BaseModel, x: Tensor, baseline: Tensor | None) -> str | None:
    """What has the colour of the baseline, or of what it is covered with, cannot be seen to matter."""
    name = str(getattr(recipe, "baseline", None) or getattr(recipe, "fill", None) or "baseline")
    if baseline is None:
        if name not in PLAIN:
            return None
        baseline = torch.full_like(x, PLAIN[name])
    share = share_hidden(x, baseline)
    if share < HIDDEN:
        return None
    return hidden(share, name) + f" Compare with another, such as {'white' if name == 'black' else 'black'}."


def hidden(share: float, name: str) -> str:
    """The sentence for a share of the content that has the colour of the baseline `name`."""
    return (
        f"{share:.0%} of what stands out in the picture is of the baseline's colour ({name}) and gets next to nothing, "
        "whatever it means to the model."
    )


def share_hidden(x: Tensor, baseline: Tensor) -> float:
    """How much of the content of `x` (C, H, W) has the colour of `baseline`; 0 where nothing stands out.

    Content is what differs from the background, and counts by how much; it has the baseline's colour where it is
    five times closer to it than to the background.
    """
    apart = standing_out(x)
    if float((apart > 0).float().mean()) < FEW:
        return 0.0
    close = (x - baseline.to(x)).abs().amax(0) <= NEAR * apart
    return float((apart * close).sum() / apart.sum())


def standing_out(x: Tensor) -> Tensor:
    """(H, W): how far pixels of `x` (C, H, W) are from its background, the middle colour of its border; 0 if little."""
    border = torch.cat([x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1]], 1)
    far = (x - border.median(1).values[:, None, None]).abs().amax(0)
    return far * (far > APART)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown} and {len(names) - 2} more layers"
