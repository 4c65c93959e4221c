"""The command of the explanation doctor: a checklist, one sentence a check; exit code 1 where something is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from seewhy.terminal import IMAGE, Data, Json, Set, Ticker, say, settings_of


def doctor(
    model: Annotated[str, typer.Argument(help="A model's name or address, see `seewhy models`.")] = "mnist-cnn",
    image: Annotated[str | None, typer.Argument(help=IMAGE)] = None,
    method: Annotated[str | None, typer.Option(help="Examine its map too; see `seewhy methods`.")] = None,
    settings: Set = None,
    target: Annotated[str, typer.Option(help="The class to explain: an index, a label, or argmax.")] = "argmax",
    output: Annotated[str, typer.Option(help="Explain the logit or the probability.")] = "logit",
    on: Annotated[
        str, typer.Option(help="Labelled images for the normalisation, such as digits/test; auto, or none.")
    ] = "auto",
    segments: Annotated[
        Path | None, typer.Option(help="Segment ids that you give to a tool, (H, W) integers as .npy.")
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="End with 0 even where something was found.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Look for the mistakes that make heat maps mislead: one line a check.

    Ends with 0 where nothing was found, 1 where something was, and 2 where the question itself was wrong.
    """
    from seewhy import catalog
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench
    from seewhy.workbench.examining import examine, read_segments

    bench, wished = Workbench(data=data), settings_of(settings)
    if wished and method is None:
        raise ValueError(f"--set belongs to a method, got {next(iter(wished))!r} without one; add --method")
    recipe = None if method is None else catalog.recipe(method, wished)
    picture = None if image is None else bench.image(image)
    with reporting_to(Ticker()):
        found = examine(
            bench,
            bench.model(model),
            None if picture is None else picture.image,
            recipe,
            target={"class": target, "output": output},
            data=on,
            segments=None if segments is None else read_segments(segments),
            address=image,
        )
    say(json.dumps(found.describe(), indent=2, ensure_ascii=False) if as_json else str(found))
    if not found.clean and not exit_zero:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the command of this file to the command line."""
    app.command()(doctor)
