"""The commands about rules and about what is kept on disk; each asks the workbench and prints what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from seewhy.terminal import IMAGE, Ticker, check_ending, say, settings_of, table


def because(
    image: Annotated[str, typer.Argument(help=IMAGE)],
    model: Annotated[str, typer.Option("--model", "-m", help="A model's name.")] = "mnist-cnn",
    data: Annotated[str | None, typer.Option(help="The data set that rules are learned and judged on.")] = None,
    layers: Annotated[
        str | None, typer.Option(help="Layers, separated by commas; `seewhy models NAME` lists them.")
    ] = None,
    conclusion: Annotated[
        str, typer.Option(help="What to explain: argmax, 'class 5', or 'LAYER: v(row,column,channel) >= 1.5'.")
    ] = "argmax",
    chain: Annotated[bool, typer.Option("--chain", help="Explain each condition at the next layer down.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the search (alpha, gamma, mu, size, ensemble, seed), as NAME=VALUE."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to save: .json or .html (a report).")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder with data sets. Default: $SEEWHY_DATA.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say which facts inside a model decide what it says of a picture, and what that rule is worth."""
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench
    from seewhy.workbench import because as rules

    if out is not None:
        check_ending(out, (".json", ".html"))
    bench = Workbench(data=folder)
    wish: dict[str, Any] = {"data": data, "conclusion": conclusion, "settings": settings_of(settings)}
    names: list[str] = [name.strip() for name in layers.split(",")] if layers else []
    with reporting_to(Ticker()):
        if chain:
            facts = [rules.chain(bench, model, image, layers=names, **wish).describe()]
        else:
            asked = [rules.because(bench, model, image, layer=name, **wish) for name in (*names,) or (None,)]
            facts = [rule.describe() for rule in asked]
        if out is not None:
            from seewhy.images.files import write_bytes

            text = rules.report(bench, facts) if out.suffix.lower() == ".html" else _json(facts)
            write_bytes(out, text.encode())
    say(_json(facts) if as_json else "\n\n".join(_in_words(one) for one in facts))
    if out is not None and not as_json:
        say(f"Saved {out}")


def cache(
    clear: Annotated[
        str | None, typer.Option(help="Remove what is stored: all, results, activations, uploads or reports.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say what is kept on this computer, and how much room it takes; or remove it."""
    from seewhy.workbench import Workbench, keeping

    bench = Workbench()
    if clear is not None:
        freed = keeping.clear(bench.cache, clear)
        say(json.dumps({"freed": freed}) if as_json else f"{_bytes(freed)} freed")
        return
    rows = keeping.describe(bench.cache)
    if as_json:
        say(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    say(f"In {bench.cache}:")
    shown = [(row["what"], str(row["count"]), _bytes(row["bytes"]), row["about"]) for row in rows]
    table(("what", "files", "size", "what it is"), shown)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the command line."""
    for command in (because, cache):
        app.command()(command)


def _json(facts: Sequence[Mapping[str, Any]]) -> str:
    """One rule is an object, several are a list."""
    return json.dumps(facts[0] if len(facts) == 1 else list(facts), indent=2, ensure_ascii=False, allow_nan=False)


def _in_words(facts: Mapping[str, Any]) -> str:
    if "root" not in facts:
        return "\n".join(_rule(facts))
    from seewhy.workbench.kinds.chain import rules_in

    parts = ["\n".join("    " * depth + line for line in _rule(rule)) for depth, _, rule in rules_in(facts)]
    end = facts["levels"][-1]["test"]
    lowest = facts["layers"][-1]
    whole = f"All conditions at {lowest} together: {_share(end, 'precision')} precise on test images, N {end['n']}"
    return "\n\n".join([*parts, whole])


def _rule(facts: Mapping[str, Any]) -> list[str]:
    lines = [f"{facts['conclusion']['text']}, because at {facts['layer']}:"]
    for number, (part, (_, test), box) in enumerate(
        zip(facts["premise"]["parts"], facts["fractions"], facts["regions"], strict=True), start=1
    ):
        top, left, bottom, right = box
        sees = f"sees rows {top}–{bottom}, columns {left}–{right}"
        lines.append(f"  {number}  {part['text']:<28} {test:6.1%} of test images; {sees}")
    lines.append(f"  {'':8}{'F':>6} {'N':>6} {'P':>6}  precision (95 %)      recall")
    for name in ("train", "test"):
        counts = facts[name]
        numbers = " ".join(f"{counts[key]:>6}" for key in ("f", "n", "p"))
        lines.append(f"  {name:<8}{numbers}  {_share(counts, 'precision'):<20}  {_share(counts, 'recall')}")
    return lines + [f"  Warning: {warning}" for warning in facts["notes"].get("warnings", ())]


def _share(counts: Mapping[str, Any], which: str) -> str:
    share, interval = counts[which], counts[f"{which}_interval"]
    return "n/a" if share is None else f"{share:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
