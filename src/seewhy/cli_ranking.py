"""The command that puts methods in order; asks the workbench and prints what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from seewhy.terminal import Data, Json, Model, Ticker, check_ending, say, settings_of, table


def rank(
    model: Model = "mnist-cnn",
    images: Annotated[str, typer.Option("--data", "-d", help="A split of a data set, such as digits/test.")] = (
        "digits/test"
    ),
    methods: Annotated[
        str | None,
        typer.Option(help="Methods, separated by commas; settings as NAME:SETTING=VALUE:…. Default: all that suit."),
    ] = None,
    count: Annotated[int, typer.Option(help="How many images, evenly spread over the split.", min=2)] = 100,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to save: .json.")] = None,
    folder: Data = None,
    as_json: Json = False,
) -> None:
    """Say which methods give maps of a model that are to be believed, in order, with intervals."""
    from seewhy.images.files import write_bytes
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench, kinds

    if out is not None:
        check_ending(out, (".json",))
    name, _, split = images.partition("/")
    wished = dict(_named(text) for text in methods.split(",")) if methods else {}
    asked = {"kind": "rank", "model": model, "data": name, "split": split or "test", "methods": wished, "count": count}
    with reporting_to(Ticker()):
        found = Workbench(data=folder).ask(kinds.task_from(asked))
    facts = found.describe()
    if out is not None:
        write_bytes(out, found.to_json())
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    shown = [
        (
            f"{row['place']}",
            row["method"],
            f"{row['mean']:.3f} ({row['interval'][0]:.3f}–{row['interval'][1]:.3f})",
            f"{row['places'][0]}–{row['places'][1]}",
            f"{row['behind_interval'][0]:.3f}–{row['behind_interval'][1]:.3f}" if row["place"] > 1 else "",
            f"{row['trusted']:.0%}",
            f"{row['seconds']:.3f} s",
        )
        for row in facts["rows"]
    ]
    table(("#", "method", "trust figure (95 %)", "place", "behind the best", "trusted", "a map"), shown)
    say(f"\n{facts['sentence']}")
    if out is not None:
        say(f"Saved {out}")


def register(app: typer.Typer) -> None:
    """Add the command of this file to the command line."""
    app.command()(rank)


def _named(text: str) -> tuple[str, dict[str, object]]:
    """`occlusion:patch=8` as a name and settings; what comes from another package has a colon in its name."""
    name, *pairs = text.strip().split(":")
    if name == "captum" and pairs:
        name = f"{name}:{pairs.pop(0)}"
    return name, settings_of(pairs)
