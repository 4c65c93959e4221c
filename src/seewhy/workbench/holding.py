"""What of a finished run is kept as a hole: the picture that fooled the model, and how it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seewhy.holes import Hole, Holes
from seewhy.workbench.findings import Finding, Result

Facts = Mapping[str, Any]


def keep(holes: Holes, result: Result, note: str = "") -> Hole:
    """Keep the picture of a run of kind nonsense, attack or erase.

    Raises: ValueError for a run of another kind, and for one that fooled nobody; OSError where the disk refuses.
    """
    kind = str(result.task.get("kind", "")) if isinstance(result, Finding) else "explain"
    if not isinstance(result, Finding) or kind not in _KEPT:
        raise ValueError(f"a hole is kept from a run of kind {', '.join(_KEPT)}, got {kind!r}; choose one of these")
    array, read = _KEPT[kind]
    image = result.all_arrays()[array]
    facts = read(result.facts)
    return holes.keep(
        image, **facts, model=str(result.facts["model"]), kind=kind, recipe=dict(result.task), note=note,
        fingerprint=str(result.facts.get("fingerprint", "")),
    )  # fmt: skip


def _nonsense(facts: Facts) -> dict[str, Any]:
    best, wanted = _best(facts["prediction"]), facts["target"]
    if best["index"] != wanted["class"]:
        raise ValueError(
            f"the model does not take this for {wanted['label']!r} but for {best['label']!r} ({best['score']:.1%}), so "
            "it is no hole; make it with more pixels or another form"
        )
    return {"label": wanted["label"], "probability": facts["score"]}


def _attack(facts: Facts) -> dict[str, Any]:
    if not facts["success"]:
        raise ValueError("this attack fooled nobody, so it is no hole; try a larger epsilon or another attack")
    best = _best(facts["after"])
    truth, epsilon = facts["after"][facts["label"]]["label"], facts["norms"]["linf"]
    return {"label": best["label"], "probability": best["score"], "truth": truth, "epsilon": epsilon}


def _erase(facts: Facts) -> dict[str, Any]:
    if not facts["reached"]:
        raise ValueError("the model was not sure of the whole picture, so what is left is no hole; lower confidence")
    return {"label": facts["target"]["label"], "probability": facts["score"]}


def _best(prediction: list[dict[str, Any]]) -> dict[str, Any]:
    return max(prediction, key=lambda guess: float(guess["score"]))


_KEPT: dict[str, tuple[str, Callable[[Facts], dict[str, Any]]]] = {
    "nonsense": ("image", _nonsense),
    "attack": ("adversarial", _attack),
    "erase": ("least", _erase),
}
