"""How much of a picture a model is shown, and how it is resized to that; knows no pixels."""

from dataclasses import dataclass
from typing import Literal

Resampling = Literal["nearest", "bilinear", "bicubic", "lanczos"]


@dataclass(frozen=True)
class Framing:
    """Which part of a picture a model sees.

    keep: the side of the middle that is cut out, as a fraction of the shorter side; resampling: how it is resized.
    A picture that has the model's size already is shown as it is.
    """

    keep: float = 1.0
    resampling: Resampling = "bilinear"

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1:
            raise ValueError(
                f"the kept part of a picture must be above 0 and at most 1, got {self.keep}; 0.875 is usual"
            )


WHOLE = Framing()
