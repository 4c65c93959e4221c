"""What every command needs: settings from text, tables, one line of progress. Knows the terminal, nothing of models."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Model = Annotated[str, typer.Option("--model", "-m", help="A model's name; NAME@FILE.safetensors takes local weights.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="A setting, as NAME=VALUE; may be repeated.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Folder with data sets. Default: $SEEWHY_DATA, then the user's cache.")
]
IMAGE = "A picture: a file, or an address such as mnist/test/8 or digits/test/3."


def settings_of(pairs: Sequence[str] | None) -> dict[str, Any]:
    """NAME=VALUE, each value read as JSON where it is some."""
    settings: dict[str, Any] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ValueError(f"a setting is written NAME=VALUE, got {pair!r}; for example --set patch=4")
        settings[name.strip()] = value_of(value.strip())
    return settings


def method_of(text: str) -> tuple[str, dict[str, Any]]:
    """`occlusion:patch=8:stride=4` as a name and settings; what comes from another package has a colon in its name."""
    name, *pairs = text.strip().split(":")
    if name == "captum" and pairs:
        name = f"{name}:{pairs.pop(0)}"
    return name, settings_of(pairs)


def target_of(text: str) -> dict[str, Any]:
    """`5` or `5-6` as a target; a label may hold a hyphen, so only numbers are split."""
    first, _, second = text.strip().partition("-")
    both = first.isdecimal() and second.isdecimal()
    return {"class": first, "versus": second} if both else {"class": text.strip()}


def value_of(text: str) -> Any:
    """JSON where it is some, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return {"none": None, "True": True, "False": False}.get(text, text)


def check_ending(out: Path, endings: tuple[str, ...] = (".png", ".npz", ".json")) -> None:
    """Fail before the work, not after it."""
    if out.suffix.lower() not in endings:
        listed = ", ".join(endings[:-1])
        raise ValueError(f"a result is saved as {listed} or {endings[-1]}, got {out.name!r}; choose one of these")
    if not out.resolve().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(out.parent)!r} to save into; make it first")


def values_of(field: Mapping[str, Any]) -> str:
    """The values a setting takes, from its JSON schema."""
    if "anyOf" in field:
        return " or ".join("none" if kind.get("type") == "null" else values_of(kind) for kind in field["anyOf"])
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    if "minimum" in field or "maximum" in field:
        return f"{field.get('minimum', '…')} to {field.get('maximum', '…')}"
    kind = str(field.get("type", ""))
    return {"boolean": "true, false", "string": "text"}.get(kind, kind)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], as_json: Any = None) -> None:
    """Print rows in columns, or `as_json` instead where it is not None."""
    if as_json is not None:
        say(json.dumps(as_json, indent=2, ensure_ascii=False))
        return
    widths = [max(len(str(row[i])) for row in (heads, *rows)) for i in range(len(heads) - 1)]
    for row in (heads, *rows):
        say("  ".join([str(cell).ljust(width) for cell, width in zip(row, widths, strict=False)] + [str(row[-1])]))


def list_recipes(kind: str, rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print recipes that the catalog described: name, need, and the first words about each."""
    shown = [(one["name"], one["needs"][0], one["about"].split("\n\n")[0].replace("\n", " ")) for one in rows]
    table((kind, "needs", "what it does"), shown, rows if as_json else None)


def tell_recipe(facts: Mapping[str, Any], as_json: bool) -> None:
    """Print all about one recipe: words, settings, limits, source."""
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    say(f"{facts['title']} ({facts['name']}), needs {facts['needs'][0]}\n\n{facts['about']}\n")
    fields = facts["settings"].get("properties", {})
    parts = [(key, values_of(one), json.dumps(one.get("default")), one["description"]) for key, one in fields.items()]
    table(("setting", "values", "default", "what it is"), parts)
    limits = "\n        ".join(facts["limits"])
    say(f"\nLimits: {limits}\n\nSource: {facts['source']}\n        {facts['link']}")


def say(text: str) -> None:
    """Print a line."""
    typer.echo(text)


class Ticker:
    """One line on the terminal that says how far a long loop is; silent where nobody watches."""

    def __init__(self, write: Callable[[str], object] = sys.stderr.write) -> None:
        self.cancelled = False
        self._write = write if sys.stderr.isatty() else lambda _: None

    def progress(self, done: int, total: int | None, stage: str) -> None:
        """Draw the line again; wipe it at the end."""
        ended = total is not None and done >= total
        self._write("\r\x1b[K" if ended else f"\r\x1b[K{stage} {done:,}" + (f" of {total:,}" if total else ""))

    def partial(self, values: Any) -> None:
        """A terminal shows no maps."""
