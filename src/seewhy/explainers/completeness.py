"""Whether a map adds up to what it should: the rise of the score from where its path began. Knows numbers only."""

from __future__ import annotations


def completeness(total: float, score: float, start: float) -> dict[str, float]:
    """Notes of a map that sums to `total` while the score rose from `start` to `score`.

    >>> completeness(4.5, 6.0, 1.0)["relative_gap"]
    0.1
    """
    rise = score - start
    gap = total - rise
    return {
        "sum": total,
        "score": score,
        "baseline_score": start,
        "gap": gap,
        "relative_gap": abs(gap) / max(abs(rise), 1e-6),
    }
