"""`seewhy doctor`: a checklist, and an exit code that a script can use."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seewhy import checks, cli


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", *arguments])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_a_clean_model_ends_with_0(capsys) -> None:
    code, out, _ = run(capsys, "mnist-cnn", "digits/test/3")
    assert code == 0
    assert out.startswith("mnist-cnn on digits/test/3: 12 of 12 checks made, nothing found.")
    assert out.count("✓") == len(checks.CHECKS)


def test_findings_end_with_1_unless_that_is_not_wanted(capsys) -> None:
    asked = ("mnist-cnn", "digits/test/3", "--method", "integrated-gradients", "--set", "steps=1", "--on", "none")
    code, out, _ = run(capsys, *asked)
    assert code == 1
    assert "⚠ Completeness gap" in out
    assert "→ Take more steps" in out
    assert run(capsys, *asked, "--exit-zero")[0] == 0


def test_json_holds_every_outcome(capsys) -> None:
    code, out, _ = run(capsys, "mnist-cnn", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["clean"]
    assert [one["check"] for one in data["outcomes"]] == [check.name for check in checks.CHECKS]
    assert {one["state"] for one in data["outcomes"]} == {"fine", "skipped"}


def test_segments_of_a_file_are_examined(capsys, tmp_path) -> None:
    ids = np.arange(16).reshape(4, 4).repeat(7, 0).repeat(7, 1)
    np.save(tmp_path / "ids.npy", ids + 1)
    code, out, _ = run(capsys, "mnist-cnn", "digits/test/3", "--segments", str(tmp_path / "ids.npy"), "--on", "none")
    assert code == 1
    assert "The ids start at 1" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such"], "no model called 'no-such'"),
        (["mnist-cnn", "--set", "steps=3"], "belongs to a method"),
        (["mnist-cnn", "digits/test/3", "--method", "oclusion"], "did you mean"),
        (["mnist-cnn", "digits/test/99999"], "got 99999"),
        (["mnist-cnn", "--on", "nothing"], "no data set called"),
        (["mnist-cnn", "--segments", __file__], "must be a .npy file"),
    ],
)
def test_a_wrong_question_ends_with_2(capsys, arguments: list[str], words: str) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert words in err
