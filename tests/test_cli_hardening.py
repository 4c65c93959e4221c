"""`seewhy harden`, as a person types it, on the smallest training there is."""

from __future__ import annotations

import json

import pytest

from seewhy import load
from seewhy.cli import main

LITTLE = [
    word
    for setting in ("steps=1", "batch=4", "rubbish=4", "nudged=2", "each=1", "climbing=2", "tested=20", "attacked=2")
    for word in ("--set", setting)
]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Types a command; gives its exit code and what it printed."""
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))

    def typed(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return typed


def test_harden_prints_a_table_and_writes_weights_that_open(run, tmp_path):
    (tmp_path / "holes").mkdir()
    run("fool", "2", "--set", "form=strokes", "--keep")
    out = tmp_path / "hardened.safetensors"
    words = [
        "harden",
        "mnist-cnn",
        "--holes",
        str(tmp_path / "holes"),
        "--on",
        "digits",
        "--epochs",
        "1",
        "-o",
        str(out),
    ]
    code, said, _ = run(*words, *LITTLE)
    assert code == 0
    lines = said.splitlines()
    assert lines[0].split() == ["before", "after"]
    assert lines[1].startswith("clean accuracy") and "of guided accepted at 90%" in said
    assert "right under attack, epsilon 0.2" in said
    assert f"Saved {out}; open it as mnist-cnn@{out}" in said
    hardened = load(f"mnist-cnn@{out}")
    assert hardened.fingerprint != load("mnist-cnn").fingerprint
    assert hardened.about["title"].endswith(", hardened")
    code, said, _ = run(*words, *LITTLE, "--json")
    assert code == 0 and json.loads(said)["recipe"]["epochs"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--holes", "nowhere"], "no folder of holes at 'nowhere'"),
        (["-o", "weights.pth"], "weights are saved as .safetensors"),
        (["-o", "/no/such/folder/x.safetensors"], "there is no folder"),
        (["--on", "digitz"], "did you mean 'digits'"),
        (["--set", "epoch=1"], "did you mean 'epochs'"),
        (["--epochs", "0"], "greater than or equal to 1"),
    ],
)
def test_mistakes_end_in_a_sentence(run, words, sentence):
    code, _, err = run("harden", "mnist-cnn", *words)
    assert code == 2 and sentence in err and len(err.splitlines()) == 1
