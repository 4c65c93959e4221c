"""The commands that say whether to believe a map; each asks the workbench and prints what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from seewhy.terminal import IMAGE, Data, Json, Model, Set, Ticker, check_ending, say, settings_of, table, values_of


def metrics(
    name: Annotated[str | None, typer.Argument(help="Tell more of this one.")] = None, as_json: Json = False
) -> None:
    """List the metrics, or the settings of one."""
    from seewhy import catalog

    if name is None:
        rows = [catalog.describe_metric(kind) for kind in catalog.metrics().values()]
        shown = [
            (one["name"], ", ".join(one["needs"]), one["better"], one["about"].split("\n\n")[0].replace("\n", " "))
            for one in rows
        ]
        table(("metric", "needs", "better", "what it asks"), shown, rows if as_json else None)
        return
    kind = catalog.describe_metric(catalog.metric(name))
    fields = kind["settings"].get("properties", {})
    if not as_json:
        say(f"{kind['title']} ({name}), needs {', '.join(kind['needs'])}\n\n{kind['about']}\n")
        say(f"Unit: {kind['unit']}\n")
    parts = [(key, values_of(one), json.dumps(one.get("default")), one["description"]) for key, one in fields.items()]
    table(("setting", "values", "default", "what it is"), parts, kind if as_json else None)
    if not as_json:
        limits = "\n        ".join(kind["limits"])
        say(f"\nLimits: {limits}\n\nSource: {kind['source']}\n        {kind['link']}")


def measure(
    image: Annotated[str, typer.Argument(help=IMAGE)],
    model: Model = "mnist-cnn",
    method: Annotated[str, typer.Option(help="See `seewhy methods`.")] = "integrated-gradients",
    settings: Set = None,
    target: Annotated[str, typer.Option(help="The class to explain: an index, a label, or argmax.")] = "argmax",
    metrics: Annotated[
        str, typer.Option(help="Metrics, separated by commas; settings as NAME:SETTING=VALUE:….")
    ] = "deletion,insertion,sparseness",
    mask: Annotated[
        str | None,
        typer.Option(help="Where the evidence truly is: a picture that is bright there; true or planted on shortcuts."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to save: .npz (arrays) or .json.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say by how much a map is better than random maps that are as smooth."""
    from seewhy.images.files import write_bytes
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench, kinds

    if out is not None:
        check_ending(out, (".npz", ".json"))
    wished = dict(_named(text) for text in metrics.split(","))
    task = {"model": model, "image": image, "method": method, "settings": settings_of(settings), "target": target}
    asked = kinds.task_from({"kind": "measure", "metrics": wished, "mask": mask, **task})
    with reporting_to(Ticker()):
        found = Workbench(data=data).ask(asked)
    if out is not None:
        write_bytes(out, found.to_npz() if out.suffix.lower() == ".npz" else found.to_json())
    say(json.dumps(found.describe(), indent=2, ensure_ascii=False) if as_json else _in_words(found.describe()))
    if out is not None and not as_json:
        say(f"Saved {out}")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the command line."""
    for command in (metrics, measure):
        app.command()(command)


def _named(text: str) -> tuple[str, dict[str, Any]]:
    """`deletion:steps=10:fill=mean` as a name and settings."""
    name, *pairs = text.strip().split(":")
    return name, settings_of(pairs)


def _in_words(facts: Mapping[str, Any]) -> str:
    why = facts["explanation"]
    lines = [why["caption"]]
    for one in facts["measurements"].values():
        lines.append(one["sentence"])
        lines += [f"Warning: {warning}" for warning in one["notes"].get("warnings", [])]
    return "\n".join(lines)
