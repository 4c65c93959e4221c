"""The command that hardens a model against its kept holes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from seewhy.terminal import Data, Json, Set, Ticker, say, settings_of, table


def harden(
    model: Annotated[str, typer.Argument(help="The model: a name or an address.")] = "mnist-cnn",
    holes: Annotated[
        Path | None, typer.Option(help="Folder of kept holes. Default: $SEEWHY_HOLES, then this person's.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Weights to write. Default: hardened.safetensors.")
    ] = None,
    on: Annotated[str | None, typer.Option(help="Data set to train and measure on. Default: the model's own.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Rounds of training.")] = None,
    data: Data = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Fine-tune a model so that rubbish no longer passes for a class, and measure it before and after.

    Of kept holes, and of rubbish that is made against it while it learns, the model shall be sure of none; nudged
    pictures keep their class. Then rubbish is made anew, from other seeds: how much is accepted at 90 %, what is the
    clean accuracy, how far do attacks get? A hardening that was stopped goes on from its last round.

    Settings: epochs, steps, batch, rubbish, nudged, kept, learning_rate, weight, enough, precision, pixels, strokes,
    climb, epsilon, confidence, each, climbing, tested, attacked, seed.
    """
    from seewhy.hardening.results import in_words
    from seewhy.hardening.training import checkpoint_of
    from seewhy.holes import Holes
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench
    from seewhy.workbench.hardening import harden as hardened

    destination = out or Path("hardened.safetensors")
    if holes is not None and not holes.is_dir():
        raise FileNotFoundError(f"no folder of holes at {str(holes)!r}; keep some with `seewhy fool all --keep`")
    kept = Holes(holes)
    wishes = ({} if epochs is None else {"epochs": epochs}) | settings_of(settings)
    for trouble in kept.troubles():
        sys.stderr.write(f"seewhy: {trouble}\n")
    try:
        with reporting_to(Ticker()):
            facts = hardened(Workbench(data=data), model, kept, on, wishes, destination).describe()
    except KeyboardInterrupt:
        there = checkpoint_of(destination).is_file()
        words = "the same command goes on after the last whole round" if there else "nothing is kept"
        sys.stderr.write(f"\nseewhy: stopped; {words}\n")
        raise typer.Exit(130) from None
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    table(("", "before", "after"), rows(facts))
    say(f"\n{in_words(facts)}\nSaved {destination}; open it as {model.partition('@')[0]}@{destination}")


def rows(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Each measurement before and after, in words."""
    before, after = facts["before"], facts["after"]
    least = facts["recipe"]["confidence"]
    found: list[tuple[str, ...]] = [("clean accuracy", _accuracy(before), _accuracy(after))]
    for name in before["rubbish"]:
        words = "all rubbish" if name == "all" else f"  of {name}"
        found.append(
            (f"{words} accepted at {least:.0%}", *(_accepted(one["rubbish"][name]) for one in (before, after)))
        )
    for name, key, words in _KEPT:
        if before[name]["count"]:
            found.append((words, *(f"{one[name][key]} of {one[name]['count']}" for one in (before, after))))
    for at, epsilon in enumerate(before["robustness"].get("epsilons", ())):
        words = f"right under attack, epsilon {epsilon:g}"
        found.append(
            (words, *(f"{one['robustness']['curves']['worst'][at]['accuracy']:.1%}" for one in (before, after)))
        )
    return found


def register(app: typer.Typer) -> None:
    """Add the command of this file to the command line."""
    app.command()(harden)


def _accuracy(standing: Mapping[str, Any]) -> str:
    low, high = standing["interval"]
    return f"{standing['accuracy']:.2%} ({100 * low:.2f}–{100 * high:.2f})"


def _accepted(counted: Mapping[str, Any]) -> str:
    if not counted["made"]:
        return "none was made"
    low, high = counted["interval"]
    return f"{counted['share']:.1%} ({100 * low:.0f}–{100 * high:.0f}), {counted['accepted']} of {counted['made']}"


_KEPT = (("kept", "accepted", "kept rubbish accepted"), ("nudges", "right", "kept nudges seen through"))
