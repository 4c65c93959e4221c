"""The commands that fool a model on many pictures at once: robustness, and attack where it is given many."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from seewhy.cli_asking import asked, write_facts
from seewhy.terminal import Data, Json, Model, check_ending, method_of, say, table


def robustness(
    on: Annotated[str, typer.Argument(help="A data set, such as digits or mnist/test.")] = "digits/test",
    model: Model = "mnist-cnn",
    attacks: Annotated[str, typer.Option(help="Attacks, separated by commas; NAME:SETTING=VALUE:….")] = "fgsm,pgd",
    epsilons: Annotated[str | None, typer.Option(help="Largest changes of a value, separated by commas.")] = None,
    images: Annotated[int, typer.Option(help="How many images, from the first.", min=1)] = 1000,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to save: .png (plot) or .json (facts).")
    ] = None,
    dark: Annotated[bool, typer.Option(help="Draw the plot for dark pages.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Measure how accurate a model stays while attacks grow.

    What is done is kept: the same command goes on where it was stopped or killed.
    """
    if out is not None:
        check_ending(out, (".png", ".json"))
    name, _, split = on.partition("/")
    wished: dict[str, Any] = {"images": images}
    if epsilons is not None:
        wished["epsilons"] = [float(one) for one in epsilons.split(",")]
    task = {"data": name, "split": split or "test", "attacks": _recipes(attacks), "settings": wished}
    facts = asked("robustness", model, task, data).describe()
    if out is not None:
        _save(facts, out, dark)
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    curves = facts["curves"]
    rows = [
        (f"{epsilon:g}", f"{epsilon * 255:.1f}", *(_share(curve[at]) for curve in curves.values()))
        for at, epsilon in enumerate(facts["epsilons"])
    ]
    say(f"Right of {facts['images']:,} images, with 95 % intervals")
    table(("epsilon", "of 255", *curves), rows)
    for warning in facts["warnings"]:
        say(f"Warning: {warning}")
    if out is not None:
        say(f"Saved {out}")


def names_many(image: str) -> bool:
    """Whether it names a folder or a split instead of one picture."""
    from seewhy import catalog

    name, _, split = image.partition("/")
    return Path(image).is_dir() or (name in catalog.datasets() and split in catalog.dataset(name).splits)


def tell_survey(facts: Mapping[str, Any], as_json: bool, out: Path | None) -> None:
    """Print what one attack did to many pictures: those that turned, and the counts."""
    if out is not None:
        write_facts(out, facts)
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    rows = [
        (
            Path(row["image"]).name if Path(row["image"]).is_file() else row["image"],
            *(f"{row[when]['label']} {row[when]['score']:.1%}" for when in ("before", "after")),
        )
        for row in facts["list"]
        if row["turned"]
    ]
    if rows:
        table(("picture", "before", "after"), rows)
    say(facts["sentence"])
    if facts["labelled"] < facts["images"]:
        unknown = facts["images"] - facts["labelled"]
        say(f"{unknown:,} of {facts['images']:,} have no known class; there the model's own answer counts as right.")
    if out is not None:
        say(f"Saved {out}")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the command line."""
    app.command()(robustness)


def _recipes(attacks: str) -> list[dict[str, Any]]:
    return [{"method": name, "settings": settings} for name, settings in map(method_of, attacks.split(","))]


def _save(facts: Mapping[str, Any], out: Path, dark: bool) -> None:
    if out.suffix.lower() == ".json":
        write_facts(out, facts)
        return
    from seewhy import images
    from seewhy.attacks.robustness_results import plot

    images.write_bytes(out, images.to_png(plot(facts, dark)))


def _share(point: Mapping[str, Any]) -> str:
    low, high = point["interval"]
    return f"{point['accuracy']:.1%} ({100 * low:.0f}–{100 * high:.0f})"
