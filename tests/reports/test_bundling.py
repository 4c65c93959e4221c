from __future__ import annotations

from pathlib import Path

import pytest

from seewhy.reports.bundling import bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "elements").mkdir()
    return tmp_path


def write(folder: Path, **modules: str) -> None:
    for name, text in modules.items():
        (folder / f"{name.replace('__', '/')}.js").write_text(text)


def test_modules_come_once_and_before_whoever_needs_them(folder: Path) -> None:
    write(
        folder,
        main='import { a } from "./elements/a.js";\nimport { shared } from "./shared.js";\nconsole.log(a, shared);\n',
        elements__a='import { shared as s } from "../shared.js";\nexport const a = s + 1;\n',
        shared="export const shared = 1;\n",
    )
    script = bundle(folder, "main.js")
    places = [script.index(f"// {name}") for name in ("shared.js", "elements/a.js", "main.js")]
    assert places == sorted(places)
    assert script.count("const shared = 1;") == 1
    assert "import" not in script
    assert "export" not in script
    assert "const { shared: s } = module0;" in script


def test_all_plain_forms_of_export_are_given_on(folder: Path) -> None:
    write(
        folder,
        main="""import Best, { one, two as zwei, three, Four, five } from "./all.js";
import * as every from "./all.js";
import "./effect.js";
import {
  six,
} from './all.js'
""",
        all="""export const one = 1;
export function two() {}
export async function three() {}
export class Four {}
let five = 5, inner = 6;
export { five, inner as six };
export default class Best {}
""",
        effect="export default 7;\n",
    )
    script = bundle(folder, "main.js")
    assert "return { default: Best, five: five, six: inner, one: one, two: two, three: three, Four: Four };" in script
    assert (
        "const Best = module0.default; const { one: one, two: zwei, three: three, Four: Four, five: five } = module0;"
        in script
    )
    assert "const every = module0;" in script
    assert "const exportedDefault = 7;" in script


def test_comments_that_speak_of_imports_are_left_alone(folder: Path) -> None:
    write(folder, main='/** @type {import("./other.js").Thing} */\nlet thing;\n  // export nothing\n')
    assert '@type {import("./other.js").Thing}' in bundle(folder, "main.js")


def test_no_text_ends_the_script_early(folder: Path) -> None:
    write(folder, main='const markup = "</script><!-- -->";\n')
    script = bundle(folder, "main.js")
    assert "</script" not in script
    assert "<!--" not in script


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ({"main": 'export * from "./a.js";\n', "a": ""}, "not understood"),
        ({"main": 'export { b } from "./a.js";\n', "a": "export const b = 1;\n"}, "not understood"),
        ({"main": 'import "lit";\n'}, "only neighbours"),
        ({"main": 'import "https://cdn.example/x.js";\n'}, "only neighbours"),
        ({"main": 'import "../secret.js";\n'}, "outside"),
        ({"main": 'import "./a.js";\n', "a": 'import "./main.js";\n'}, "circle, got main.js → a.js → main.js"),
    ],
)
def test_what_cannot_be_bundled_is_said(folder: Path, modules: dict[str, str], words: str) -> None:
    write(folder, **modules)
    with pytest.raises(ValueError, match=words):
        bundle(folder, "main.js")


def test_a_missing_module_is_named(folder: Path) -> None:
    write(folder, main='import "./gone.js";\n')
    with pytest.raises(FileNotFoundError, match=r"gone\.js"):
        bundle(folder, "main.js")
