"""The command that puts findings into one file to send: report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seewhy.terminal import Data, Model, Ticker, check_ending, method_of, say, target_of

if TYPE_CHECKING:
    from seewhy.reports import Item
    from seewhy.workbench import Workbench

PLACES = "What to report: saved explanations (.npz), and pictures to explain: files or addresses such as mnist/test/8."


def report(
    what: Annotated[list[str], typer.Argument(help=PLACES)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The report: .html (one file), .zip or .json.")] = Path(
        "report.html"
    ),
    title: Annotated[str, typer.Option(help="Its title.")] = "What the model sees",
    note: Annotated[list[str] | None, typer.Option(help="Words on the first item, the second, …; repeat it.")] = None,
    model: Model = "mnist-cnn",
    methods: Annotated[
        str, typer.Option(help="How pictures are explained, separated by commas; NAME:SETTING=VALUE:….")
    ] = "integrated-gradients",
    targets: Annotated[
        str, typer.Option(help="Classes, separated by commas; 5-6 asks why 5 rather than 6.")
    ] = "argmax",
    attacks: Annotated[str | None, typer.Option(help="Attacks to show on each picture, separated by commas.")] = None,
    data: Data = None,
) -> None:
    """Put explanations, and attacks, into one file that works offline and for ever.

    The HTML file holds its maps alive, every setting, the model's fingerprint and the Python that repeats each item;
    the ZIP adds pictures (PNG) and arrays (npz).
    """
    from seewhy.progress import reporting_to
    from seewhy.reports.zipping import write
    from seewhy.workbench import Workbench

    check_ending(out, (".html", ".zip", ".json"))
    bench = Workbench(data=data)
    with reporting_to(Ticker()):
        items = [item for one in what for item in _items(bench, one, model, (methods, targets, attacks))]
    notes = [*(note or ()), *[""] * len(items)]
    if len(note or ()) > len(items):
        raise ValueError(f"{len(note or ())} notes were given for {len(items)} items; give at most one for each")
    write(out, title, [type(item)(item.shown, words) for item, words in zip(items, notes, strict=False)])
    say(f"{len(items)} {'finding' if len(items) == 1 else 'findings'}. Saved {out}")


def register(app: typer.Typer) -> None:
    """Add the command of this file to the command line."""
    app.command()(report)


def _items(bench: Workbench, what: str, model: str, wish: tuple[str, str, str | None]) -> list[Item]:
    """What one argument stands for: what was saved in a file, or a picture explained in every way that was named."""
    from seewhy.reports import Item
    from seewhy.results import Explanation
    from seewhy.workbench import Task

    if what.lower().endswith(".npz"):
        return [Item(Explanation.load(Path(what).expanduser()))]
    methods, targets, attacks = wish
    asked = [(method_of(method), target_of(target)) for target in targets.split(",") for method in methods.split(",")]
    tasks = [Task(model=model, image=what, method=m, settings=s, target=target) for (m, s), target in asked]
    found = [Item(bench.perform(task)) for task in tasks]
    return found + [Item(_attacked(bench, model, what, one)) for one in (attacks or "").split(",") if one]


def _attacked(bench: Workbench, model: str, image: str, attack: str) -> Any:
    from seewhy.workbench import kinds

    method, settings = method_of(attack)
    task = kinds.task_from({"kind": "attack", "model": model, "image": image, "method": method, "settings": settings})
    return bench.exhibit(task)
