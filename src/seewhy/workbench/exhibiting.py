"""Facts of a finding as a reader of a report wants them. Knows plain data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def belief_of(prediction: Sequence[Mapping[str, Any]]) -> str:
    """The first guess of a described prediction in words.

    >>> belief_of([{"label": "5", "score": 0.12}, {"label": "6", "score": 0.88}])
    '6 88.0%'
    """
    best = max(prediction, key=lambda guess: guess["score"])
    return f"{best['label']} {best['score']:.1%}"


def place_of(address: str) -> str:
    """Where a picture came from, as people say it: the pixels of a drawing are part of its address."""
    return {"ink": "a drawing", "up": "a picture", "run": "a made picture"}.get(address.partition(":")[0], address)


def rows_of(facts: Mapping[str, Any], own: Mapping[str, str | None]) -> dict[str, str]:
    """What a reader must know, by name: settings, what is `own` to the kind, norms, model and time."""
    settings = ", ".join(f"{name} {value}" for name, value in facts["settings"].items() if value is not None)
    norms = facts.get("norms")
    rows = {
        "Settings": settings,
        **own,
        "Change": norms and f"L∞ {norms['linf']:.4g}, L2 {norms['l2']:.4g}, {norms['l0']} pixels",
        "Picture": facts.get("image"),
        "Model": f"{facts['model']}, fingerprint {facts['fingerprint']}",
        "Time": f"{facts['seconds']:.3g} s",
    }
    return {name: str(value) for name, value in rows.items() if value}
