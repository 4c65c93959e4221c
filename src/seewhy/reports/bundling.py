"""Puts native ES modules that import each other into one script; knows the syntax of imports and exports, nothing else.

Each module becomes a function that gives its exports, so that equal names in two files do not meet. Understood are the
forms that a formatter writes: statements that begin a line, and no `export *`, which would hide what a file offers.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

IMPORT = re.compile(r"""^import\s+(?:(?P<what>[^'"]+?)\s+from\s+)?['"](?P<place>[^'"]+)['"]\s*;?[ \t]*$""", re.M)
MADE = r"(?P<kind>(?:async\s+)?function\*?|class|const|let|var)\s+(?P<name>[\w$]+)"
EXPORT = re.compile(rf"^export\s+{MADE}", re.M)
EXPORT_DEFAULT = re.compile(rf"^export\s+default\s+(?:{MADE})?", re.M)
EXPORT_LIST = re.compile(r"^export\s*\{(?P<names>[^}]*)\}\s*;?[ \t]*$", re.M)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.M)


def bundle(folder: Path, entry: str) -> str:
    """The script that runs the module `entry` of `folder` and everything it imports, in the order of the modules.

    Raises: ValueError for a form that is not understood, a cycle, or an import from outside of `folder`.
    """
    numbers: dict[str, int] = {}
    parts: list[str] = []
    _add(folder, PurePosixPath(entry), numbers, parts, ())
    return "\n".join(parts).replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _add(
    folder: Path, module: PurePosixPath, numbers: dict[str, int], parts: list[str], above: tuple[str, ...]
) -> None:
    name = str(module)
    if name in above:
        raise ValueError(f"modules must not import each other in a circle, got {' → '.join((*above, name))}")
    if name in numbers:
        return
    source = (folder / module).read_text(encoding="utf-8").replace("\r\n", "\n")
    for found in IMPORT.finditer(source):
        _add(folder, _place(module, found["place"]), numbers, parts, (*above, name))
    body, exports = _inside(module, source, numbers)
    numbers[name] = len(numbers)
    given = ", ".join(f"{outside}: {inside}" for outside, inside in exports.items())
    parts.append(f"const module{numbers[name]} = (() => {{ // {name}\n{body}\nreturn {{ {given} }};\n}})();")


def _inside(module: PurePosixPath, source: str, numbers: dict[str, int]) -> tuple[str, dict[str, str]]:
    """The module without imports and exports, and what it exports: outer to inner name."""
    exports: dict[str, str] = {}

    def import_(found: re.Match[str]) -> str:
        return _binding(found["what"], f"module{numbers[str(_place(module, found['place']))]}")

    def export(found: re.Match[str]) -> str:
        exports[found["name"]] = found["name"]
        return f"{found['kind']} {found['name']}"

    def export_default(found: re.Match[str]) -> str:
        exports["default"] = found["name"] or "exportedDefault"
        return f"{found['kind']} {found['name']}" if found["name"] else "const exportedDefault = "

    def export_list(found: re.Match[str]) -> str:
        for inner, outer in _pairs(found["names"]):
            exports[outer] = inner
        return ""

    body = IMPORT.sub(import_, source)
    for pattern, replace in ((EXPORT_DEFAULT, export_default), (EXPORT_LIST, export_list), (EXPORT, export)):
        body = pattern.sub(replace, body)
    left = LEFT_OVER.search(body)
    if left:
        raise ValueError(f"{module}: this form of import or export is not understood: {left[0]!r}; write it plainly")
    return body, exports


def _binding(what: str | None, source: str) -> str:
    """`import what from source` as constants."""
    if what is None:
        return ""
    lines = []
    first, brace, rest = what.strip().partition("{")
    for name in filter(None, (part.strip() for part in first.split(","))):
        if name.startswith("*"):
            lines.append(f"const {name.split()[-1]} = {source};")
        else:
            lines.append(f"const {name} = {source}.default;")
    if brace:
        names = ", ".join(f"{outer}: {inner}" for outer, inner in _pairs(rest.strip().rstrip("}")))
        lines.append(f"const {{ {names} }} = {source};")
    return " ".join(lines)


def _pairs(names: str) -> list[tuple[str, str]]:
    """`a, b as c` as (a, a), (b, c)."""
    found = [part.split() for part in names.split(",") if part.strip()]
    return [(words[0], words[-1]) for words in found]


def _place(module: PurePosixPath, place: str) -> PurePosixPath:
    if not place.startswith("."):
        raise ValueError(f"{module}: only neighbours can be imported, got {place!r}; write './' or '../' before it")
    parts: list[str] = []
    for part in (*module.parent.parts, *PurePosixPath(place).parts):
        if part == "..":
            if not parts:
                raise ValueError(f"{module}: {place!r} lies outside of the page's folder")
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)
