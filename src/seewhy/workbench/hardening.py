"""Hardening as a question to the workbench: which data suits the model, and where the weights go."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seewhy import catalog
from seewhy.classifiers.base import Classifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.hardening.recipe import Hardening
from seewhy.hardening.results import Hardened
from seewhy.hardening.training import harden as hardened
from seewhy.hardening.training import refusal
from seewhy.hardening.work import copied
from seewhy.holes import Holes
from seewhy.zoo.states import fill

if TYPE_CHECKING:
    from seewhy.workbench.bench import Workbench

KIND = "hardened:"  # before the id of a run in the address of the model that it made
ID = re.compile(r"[0-9a-f]{16}")


def harden(
    bench: Workbench, model: str, holes: Holes, data: str | None, settings: Mapping[str, Any], out: Path | None
) -> Hardened:
    """Harden the model at an address; see `hardening.training.harden` for the rest and what it raises."""
    classifier = trainable(bench, model)
    recipe = recipe_of(settings)
    if out is not None:
        check_out(out)
    return hardened(classifier, holes, bench.dataset(data or suited(bench, model)), recipe, out, model)


def trainable(bench: Workbench, model: str) -> Classifier:
    """The model, where it can be trained; TypeError where it cannot."""
    classifier = bench.model(model)
    if (reason := refusal(classifier)) is not None:
        raise TypeError(reason)
    return classifier


def recipe_of(settings: Mapping[str, Any]) -> Hardening:
    """The recipe with these settings; ValueError for what is not possible."""
    return catalog.checked(Hardening, settings, "hardening", "`seewhy harden --help`")


def suited(bench: Workbench, model: str) -> str:
    """The largest data set at hand that has the images and classes of the model; ValueError without one."""
    sets = [bench.dataset(name) for name in bench.describe_model(model)["datasets"]]
    sets = [data for data in sets if data.available()]
    if not sets:
        raise ValueError(f"no data set here has the images and classes of {model}; name one to train on")
    return max(sets, key=lambda data: data.size(data.splits[0])).name


def check_out(out: Path) -> None:
    """Fail before the work, not after it."""
    if out.suffix != ".safetensors":
        raise ValueError(f"weights are saved as .safetensors, got {out.name!r}; choose that ending")
    if not out.resolve().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(out.parent)!r} to save into; make it first")


def weights_of(cache: Path, id: str) -> Path:
    """Where a run of kind harden keeps the weights it made; LookupError for what is no id."""
    if not ID.fullmatch(id):
        raise LookupError(f"a hardened model is called {KIND} and the 16 hex digits of its run, got {id[:40]!r}")
    return cache / "hardened" / f"{id}.safetensors"


def listed(cache: Path, known: Sequence[str]) -> list[str]:
    """The addresses of the models that runs of kind harden made here of the `known` ones, oldest first."""
    folder = cache / "hardened"
    files = [file for file in folder.glob("*.safetensors") if ID.fullmatch(file.stem) and _of(file) in known]
    return [f"{KIND}{file.stem}" for file in sorted(files, key=lambda file: (file.stat().st_mtime, file.name))]


def load(bench: Workbench, address: str) -> PyTorchClassifier:
    """The model that a run of kind harden made, in this session or an earlier one; LookupError where it is gone."""
    file = weights_of(bench.cache, address.removeprefix(KIND))
    card = _card(file)
    if card is None or not file.is_file():
        raise LookupError(f"no hardened model {address[:40]!r} on this computer; harden it again")
    base = bench.model(card["address"])
    if not isinstance(base, PyTorchClassifier):
        raise LookupError(f"{card['address']} is another model now than the one that was hardened; harden it again")
    module = copy.deepcopy(base.module)
    fill(module, file, address)
    return copied(base, module, address, base.about | card)


def _of(file: Path) -> str | None:
    card = _card(file)
    return None if card is None else str(card["address"])


def _card(file: Path) -> dict[str, Any] | None:
    """The card beside weights; None where it is gone or damaged."""
    try:
        card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) and isinstance(card.get("address"), str) else None
