"""Words on pictures: one font everywhere, wrapped to a width. Knows letters, nothing of what they say."""

import unicodedata
from functools import cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# What Pillow's own font cannot draw, said with letters that it can.
_INSTEAD = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "—": "-",
        "‑": "-",
        "×": "x",
        "→": "to",
        "≥": "at least",
        "≤": "at most",
        "≈": "about",
        "²": "^2",
    }
)


@cache
def font(size: int) -> Font:
    """Pillow's own font, which looks the same on every computer."""
    return ImageFont.load_default(size)


def drawable(text: str) -> str:
    """The text on one line, with letters that the font has: close ones where it lacks some, else a question mark.

    >>> drawable("−0.83 × ½ → “ż”")
    '-0.83 x 1/2 to “z”'
    """
    return " ".join("".join(_instead(letter) for letter in text.translate(_INSTEAD)).split())


def wrap(text: str, size: int, width: float, lines: int) -> list[str]:
    """The text as at most so many lines, none wider than `width` pixels; what is left out shows as “…”."""
    wrapped = [""]
    for word in drawable(text).split(" "):
        for piece in _pieces(word, size, width):
            longer = f"{wrapped[-1]} {piece}".strip()
            if font(size).getlength(longer) <= width:
                wrapped[-1] = longer
            else:
                wrapped.append(piece)
    if len(wrapped) > lines:
        last = wrapped[lines - 1]
        while font(size).getlength(last + "…") > width:
            last = last[:-1]
        wrapped[lines - 1 :] = [last + "…"]
    return [line for line in wrapped if line]


def _pieces(word: str, size: int, width: float) -> list[str]:
    """A word wider than the line, cut where it must be."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and font(size).getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


@cache
def _instead(letter: str) -> str:
    if letter.isspace():
        return " "
    if _has(letter):
        return letter
    simpler = unicodedata.normalize("NFKD", letter).replace("⁄", "/")
    kept = "".join(part for part in simpler if part != letter and not unicodedata.combining(part))
    return kept if kept and all(_has(part) for part in kept) else "?"


def _has(letter: str) -> bool:
    return letter.isprintable() and bytes(font(24).getmask(letter)) != bytes(font(24).getmask("\uffff"))
