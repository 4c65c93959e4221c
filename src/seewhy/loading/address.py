"""What a model's address says: kind, name, local weights, options. Knows text only; opens nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_OPTIONS = re.compile(r"\?([\w.]+=[^&]*(?:&[\w.]+=[^&]*)*)$")
_SIMPLE = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Address:
    """A model's address in its parts.

    kind: what stands before the colon, "" for a model of our own; name: what to open; weights: a local file after @;
    options: what stands after ?, in plain values.
    """

    text: str
    kind: str
    name: str
    weights: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)


def parse(text: str) -> Address:
    """The parts of an address `[kind:]name[@weights][?option=value&…]`.

    >>> found = parse("torchvision:mobilenet_v2@my.safetensors?mean=0.5&std=0.5")
    >>> found.kind, found.name, str(found.weights), found.options
    ('torchvision', 'mobilenet_v2', 'my.safetensors', {'mean': 0.5, 'std': 0.5})

    A value is a number, true, false, none, a word, or numbers separated by commas. What comes before @ must be a bare
    name; in a path, @ is an ordinary character.

    Raises: ValueError for an option that is said twice or is no plain value.
    """
    match = _OPTIONS.search(text)
    body, options = (text[: match.start()], _options(match[1])) if match else (text, {})
    if re.match(r"https?://", body):
        return Address(text, "http", body, None, options)
    kind, colon, name = body.partition(":")
    if not colon:
        kind, name = "", body
    before, _, weights = name.partition("@")
    if not weights or re.search(r"[/\\]|\.\w+$", before):
        return Address(text, kind, name, None, options)
    return Address(text, kind, before, Path(weights).expanduser(), options)


def _options(text: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for pair in text.split("&"):
        key, _, value = pair.partition("=")
        if key in options:
            raise ValueError(f"option {key} is said twice, got {text!r}; say it once")
        options[key] = _value(key, value)
    return options


def _value(key: str, text: str) -> Any:
    words = {"none": None, "None": None, "True": True, "False": False}
    if text in words:
        return words[text]
    try:
        value = json.loads(f"[{text}]")
    except (ValueError, RecursionError):
        return text
    if not all(isinstance(part, _SIMPLE) for part in value):
        raise ValueError(f"option {key} must be a number, true, false, none, a word or numbers, got {text!r}")
    return value[0] if len(value) == 1 else value
