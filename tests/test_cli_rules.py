"""The commands about rules and about the cache, as a person types them."""

from __future__ import annotations

import json
import re

import pytest

import seewhy as package
import seewhy.notebook
from seewhy.interpolants.base import Interpolant


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Layers are recorded once for all of these tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)


def test_a_rule_is_said_with_its_counts_and_saved(seewhy, tmp_path):
    code, out, err = seewhy("because", "digits/train/5", "--data", "digits", "--layers", "pool2", "-o", "rule.json")
    assert (code, err) == (0, "")
    rule = Interpolant.from_json((tmp_path / "rule.json").read_bytes())
    assert "predicts 3, because at pool2:" in out
    for bound in rule.conjuncts:
        assert bound.describe(())["text"] in out
    row = next(line for line in out.splitlines() if line.strip().startswith("test"))
    assert [int(number) for number in row.split()[1:4]] == [rule.test.f, rule.test.n, rule.test.p]
    assert "Warning: test: only 19 images" in out
    assert "Saved rule.json" in out
    code, out, _ = seewhy("because", "digits/train/5", "--layers", "pool2", "--json")
    assert json.loads(out)["text"] == f"{rule.premise} ⇒ {rule.conclusion}"


def test_a_chain_goes_down_and_a_report_holds_every_rule(seewhy, tmp_path):
    code, out, _ = seewhy("because", "digits/train/5", "--layers", "pool1,pool2", "--chain", "-o", "report.html")
    assert code == 0
    assert out.index("because at pool2") < out.index("because at pool1")
    assert "All conditions at pool1 together:" in out
    html = (tmp_path / "report.html").read_text()
    assert html.count("<article") == len(re.findall("because at", out))
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<image id=") == len(set(re.findall(r"<image id='([^']+)'", html)))


def test_several_layers_without_a_chain_are_several_rules(seewhy):
    _, out, _ = seewhy("because", "digits/train/5", "--layers", "pool1,pool2", "--json")
    assert [rule["layer"] for rule in json.loads(out)] == ["pool1", "pool2"]
    _, out, _ = seewhy(
        "because", "digits/train/5", "--conclusion", "pool2: v(3,2,40) >= 0.7", "--layers", "pool1", "--json"
    )
    assert json.loads(out)["conclusion"]["unit"] == [3, 2, 40]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digits/train/5", "--layers", "pool9"], "did you mean 'pool"),
        (["digits/train/5", "--set", "alpha=2"], "setting alpha"),
        (["digits/train/5", "--set", "alfa=1"], "did you mean 'alpha'"),
        (["digits/train/5", "--data", "digit"], "did you mean 'digits'"),
        (["digits/train/5", "-o", "rule.png"], "saved as .json or .html"),
        (["digits/train/5", "--conclusion", "nonsense"], "a predicate was wanted"),
        (["nothing.png"], "nothing.png"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(seewhy, arguments, words):
    code, out, err = seewhy("because", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_the_cache_says_what_it_holds_and_lets_it_go(seewhy):
    seewhy("because", "digits/train/5", "--layers", "pool2")
    _, out, _ = seewhy("cache", "--json")
    rows = json.loads(out)
    held = {row["what"]: row for row in rows}
    assert held["activations"]["bytes"] > 1_000_000
    assert held["results"]["count"] >= 1
    assert any("pool2" in row["about"] and "digits/train" in row["about"] for row in rows)
    _, out, _ = seewhy("cache")
    assert "activations" in out and "MB" in out
    code, _, err = seewhy("cache", "--clear", "nothing")
    assert code == 2 and "choose one" in err
    _, out, _ = seewhy("cache", "--clear", "activations", "--json")
    assert json.loads(out)["freed"] == sum(row["bytes"] for row in rows if row["what"] == "activations")
    seewhy("cache", "--clear", "all")
    _, out, _ = seewhy("cache", "--json")
    assert sum(row["bytes"] for row in json.loads(out)) == 0


def test_a_notebook_asks_about_pixels_and_models_of_its_own():
    model = package.load("mnist-cnn")
    named = package.because("mnist-cnn", "digits/train/5", layer="pool2")
    image = package.notebook._workbench().image("digits/train/5").image  # type: ignore[attr-defined]
    same = package.because(model, image, layer="pool2", alpha=0.95)
    assert same.conjuncts == named.conjuncts
    assert (same.train, same.test) == (named.train, named.test)
    assert package.because(model, image).layer == "pool2"
    down = package.chain("mnist-cnn", "digits/train/5")
    assert down.layers == ("pool2", "pool1")
    assert down.root.rule.conjuncts == named.conjuncts
