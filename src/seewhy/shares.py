"""A share that was counted, and where it lies with 95 % confidence; knows numbers only.

E. Wilson, 1927, https://doi.org/10.1080/01621459.1927.10502953.
"""

from math import sqrt
from typing import NamedTuple

Z = 1.959963984540054  # standard deviations of a 95 % interval


class Interval(NamedTuple):
    """Where a share lies with 95 % confidence."""

    low: float
    high: float


def wilson(hits: int, trials: int) -> Interval | None:
    """The 95 % interval of a share seen as `hits` of `trials`; None without trials.

    >>> low, high = wilson(34, 39)
    >>> round(low, 3), round(high, 3)
    (0.733, 0.944)
    """
    if trials == 0:
        return None
    share, spread = hits / trials, Z**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return Interval(max(0.0, centre - half) if hits else 0.0, min(1.0, centre + half) if hits < trials else 1.0)
