"""Every example runs as a user would run it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from seewhy import images

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs_and_prints(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(example), run_name="__main__")
    assert len(capsys.readouterr().out) > 20


def test_there_are_examples():
    assert len(EXAMPLES) >= 3


def test_the_fives_to_try_on_draw_are_the_ones_that_the_library_finds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES[0].parent / "what_a_five_needs.py"), run_name="__main__")
    found = re.findall(r"^ink:[\w-]+$", capsys.readouterr().out, re.MULTILINE)
    shown = (Path(__file__).parents[1] / "src/seewhy/web/static/examples.js").read_text(encoding="utf-8")
    for title, ink in zip(("A 5 without its middle", "Three lines of a 5"), found, strict=True):
        drawn = re.search(rf'title: "{title}", ink: "([\w-]+)"', shown)
        assert drawn is not None
        np.testing.assert_array_equal(images.ink_decode(f"ink:{drawn[1]}"), images.ink_decode(ink))
