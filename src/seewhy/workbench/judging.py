"""How good and how honest predictions are: confusions, each class, and whether 90 % sure means 90 % right.

Reliability and its error (ECE): C. Guo et al., On Calibration of Modern Neural Networks, 2017,
https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seewhy.shares import wilson

BINS = 15


def confusion(labels: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], classes: int) -> NDArray[np.int64]:
    """How often each true class (row) is called each class (column), (K, K); images without a class do not count."""
    known = labels >= 0
    flat = labels[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


def by_class(table: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each class with 95 % intervals, as plain data; null where nothing was counted."""
    found = []
    for index, right in enumerate(table.diagonal().tolist()):
        called, meant = int(table[:, index].sum()), int(table[index].sum())
        precision, recall = right / called if called else None, right / meant if meant else None
        found.append(
            {
                "precision": precision,
                "precision_interval": _plain(wilson(right, called)),
                "recall": recall,
                "recall_interval": _plain(wilson(right, meant)),
                "f1": 2 * right / (called + meant) if called + meant else None,
                "support": meant,
                "called": called,
            }
        )
    return found


def reliability(sure: NDArray[np.floating[Any]], right: NDArray[np.bool_], bins: int = BINS) -> dict[str, Any]:
    """For images grouped by how sure the model was, how often it was right; and the mean distance between the two.

    >>> reliability(np.array([0.6, 0.6, 0.9, 0.9]), np.array([True, False, True, True]), 5)["ece"]
    0.1
    """
    group = np.minimum((sure * bins).astype(int), bins - 1)
    count = np.bincount(group, minlength=bins)
    total_sure = np.bincount(group, sure, bins)
    total_right = np.bincount(group, right, bins)
    used = np.flatnonzero(count)
    curve = [
        {
            "from": int(one) / bins,
            "to": (int(one) + 1) / bins,
            "count": int(count[one]),
            "sure": float(total_sure[one] / count[one]),
            "right": float(total_right[one] / count[one]),
            "interval": _plain(wilson(int(total_right[one]), int(count[one]))),
        }
        for one in used
    ]
    error = np.abs(total_sure - total_right).sum() / max(len(sure), 1)
    return {"bins": curve, "ece": round(float(error), 12)}


def judged(
    labels: NDArray[np.integer[Any]],
    predicted: NDArray[np.integer[Any]],
    sure: NDArray[np.floating[Any]],
    names: tuple[str, ...],
) -> dict[str, Any]:
    """All of it as plain data; the whole table only for few classes, else its most frequent confusions."""
    table = confusion(labels, predicted, len(names))
    wrong = table - np.diag(table.diagonal())
    worst = [divmod(int(flat), len(names)) for flat in np.argsort(-wrong, axis=None, kind="stable")[:20]]
    known = labels >= 0
    return {
        "confusion": table.tolist() if len(names) <= 100 else None,
        "confusions": [
            {"label": row, "predicted": column, "count": int(wrong[row, column])}
            for row, column in worst
            if wrong[row, column]
        ],
        "per_class": by_class(table),
        "reliability": reliability(sure[known], (predicted == labels)[known]),
    }


def _plain(interval: Any) -> list[float] | None:
    return None if interval is None else list(interval)
