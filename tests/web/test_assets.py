from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path, PurePosixPath

import httpx
import pytest
from starlette.types import Message

from seewhy.reports.bundling import IMPORT
from seewhy.web.assets import FOLDER, Assets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<!doctype html>")
    (tmp_path / "page" / "deep").mkdir()
    (tmp_path / "page" / "deep" / "a.js").write_text("export const a = 1;\n" * 100)
    (tmp_path / "page" / "notes.txt").write_text("not served")
    (tmp_path / "secret.js").write_text("secret")
    return tmp_path / "page"


def ask(assets: Assets, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """One request, without a server."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
    asyncio.run(assets(scope, receive, send))
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


def test_the_root_is_the_page(folder: Path) -> None:
    answer = ask(Assets(folder), "/")
    assert answer.text == "<!doctype html>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_modules_have_the_type_that_browsers_insist_on(folder: Path) -> None:
    assert ask(Assets(folder), "/deep/a.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_remarks_stay_behind_and_every_line_keeps_its_number(folder: Path) -> None:
    source = """// @ts-check
/** A doc.
 *  Two lines. */
export class A {
  /** @type {number} */ #one = 1; // kept with its line
  /** @type {number} */
  two = "// no remark" + `/** none */`;
  // a remark
  get(url) { return url + "//x"; } /** @end */
}
"""
    (folder / "deep" / "a.js").write_text(source)
    sent = ask(Assets(folder), "/deep/a.js").text.split("\n")
    lines = source.split("\n")
    gone = {0, 1, 2, 5, 7}
    assert sent == ["" if number in gone else line for number, line in enumerate(lines)]


def test_every_module_keeps_its_code(folder: Path) -> None:
    """A line goes out as it is, or empty where a remark stood."""
    for path in FOLDER.rglob("*.js"):
        sent = ask(Assets(FOLDER), "/" + path.relative_to(FOLDER).as_posix()).text.split("\n")
        lines = path.read_text(encoding="utf-8").split("\n")
        assert len(sent) == len(lines), path
        inside = False
        for line, left in zip(lines, sent, strict=True):
            if left == line and not inside:
                continue
            assert not left.strip(), f"{path}: {line}"
            inside = inside or line.lstrip().startswith("/**")
            assert inside or line.lstrip().startswith("//"), f"{path}: {line}"
            inside = inside and not line.rstrip().endswith("*/")


def test_text_is_compressed_for_whoever_can_read_it(folder: Path) -> None:
    squeezed = ask(Assets(folder), "/deep/a.js", accept_encoding="gzip, br")
    plain = ask(Assets(folder), "/deep/a.js")
    assert squeezed.headers["content-encoding"] == "gzip"
    assert squeezed.text == plain.text
    assert int(squeezed.headers["content-length"]) < len(plain.content) / 5
    assert "content-encoding" not in plain.headers
    assert squeezed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_what_the_browser_has_is_not_sent_again(folder: Path) -> None:
    assets = Assets(folder)
    tag = ask(assets, "/deep/a.js").headers["etag"]
    again = ask(assets, "/deep/a.js", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    (folder / "deep" / "a.js").write_text("changed")
    os.utime(folder / "deep" / "a.js", (1, 1))
    assert ask(assets, "/deep/a.js", if_none_match=tag).text == "changed"


@pytest.mark.parametrize(
    "path", ["/../secret.js", "/deep/../../secret.js", "/secret.js", "/notes.txt", "/deep", "/deep/", "/\0"]
)
def test_only_the_pages_own_files_are_served(folder: Path, path: str) -> None:
    assert ask(Assets(folder), path).status_code == 404


def test_nothing_can_be_written(folder: Path) -> None:
    answer = ask(Assets(folder), "/", "POST")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_real_page_speaks_to_nobody_else() -> None:
    files = [path for path in FOLDER.rglob("*") if path.suffix in (".html", ".js", ".css", ".svg")]
    assert FOLDER / "index.html" in files
    for path in files:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"\bhttps?://", text), f"{path.name} names another place"


def test_the_first_screen_is_small() -> None:
    index = (FOLDER / "index.html").read_text(encoding="utf-8")
    places = re.findall(r'''<(?:link|script)[^>]+(?:href|src)="((?!data:)[^"]+)"''', index)
    wanted = {PurePosixPath(place) for place in places}
    assert len(wanted) > 3
    loaded: set[PurePosixPath] = {PurePosixPath("index.html")}
    while wanted:
        file = wanted.pop()
        loaded.add(file)
        imports = IMPORT.finditer((FOLDER / file).read_text(encoding="utf-8")) if file.suffix == ".js" else ()
        found = {PurePosixPath(os.path.normpath(file.parent / match["place"])) for match in imports}
        wanted |= found - loaded
    answers = [ask(Assets(), f"/{file}", accept_encoding="gzip") for file in loaded]
    assert all(answer.status_code == 200 for answer in answers)
    assert len(answers) <= 30
    assert sum(int(answer.headers["content-length"]) for answer in answers) < 70_000  # the rest of 80 KB is the API's
