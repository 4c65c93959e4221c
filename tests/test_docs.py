"""The pages people read must say what the program does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from seewhy import catalog, load
from seewhy.datasets.digits import Digits

ROOT = Path(__file__).parent.parent


def test_the_methods_page_is_what_the_recipes_say():
    fresh = runpy.run_path(str(ROOT / "docs" / "make_methods.py"))["page"]()
    assert (ROOT / "docs" / "methods.md").read_text(encoding="utf-8") == fresh, "run `make docs`"


def test_every_method_has_a_section():
    page = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    for name in catalog.explainers():
        assert f"`{name}`" in page


def test_links_between_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert len(pages) >= 6
    for page in pages:
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_method_in_contributing_is_a_whole_one():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.S)
    assert code is not None
    made: dict[str, object] = {}
    exec(compile(code[1], "CONTRIBUTING.md", "exec", dont_inherit=True), made)
    method = made["GradientXChange"]
    why = method()(load("mnist-cnn"), Digits().sample("test", 12).image)
    assert why.values.any()
    assert catalog.describe_method(method)["settings"]["properties"]["grey"]["default"] == 0.5
    assert method.name not in catalog.explainers()


def test_the_example_about_rules_runs():
    text = (ROOT / "docs" / "interpolants.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.S)
    assert code is not None
    made: dict[str, object] = {}
    exec(compile(code[1], "interpolants.md", "exec", dont_inherit=True), made)
    assert made["rule"].conjuncts and made["same"].parts == made["rule"].premise.parts
    assert made["how_many"] == made["rule"].test.f


def test_every_metric_has_a_row_and_the_example_runs(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
    for kind in catalog.METRICS:
        assert f"| `{kind.name}` |" in text and kind.link in text
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "seewhy.measure" in block)
    monkeypatch.chdir(tmp_path)
    made: dict[str, object] = {}
    exec(compile(code, "trust.md", "exec", dont_inherit=True), made)
    assert made["score"].verdict == "better" and (tmp_path / "score.png").stat().st_size > 5_000
