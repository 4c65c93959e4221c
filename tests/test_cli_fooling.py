"""The commands that fool a model, as a person types them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from seewhy.attacks.results import Adversarial
from seewhy.holes import Holes


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Results of these tests are kept apart."""
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))


def size(path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_attack_says_what_happened_and_saves_three_forms(seewhy, tmp_path):
    code, out, _ = seewhy("attack", "digits/test/12", "--set", "epsilon=0.2", "-o", str(tmp_path / "nudge.png"))
    assert code == 0
    assert out.startswith("Fooled: 5 ")
    assert size(tmp_path / "nudge.png")[0] > 1000
    seewhy("attack", "digits/test/12", "--set", "epsilon=0.2", "-o", str(tmp_path / "nudge.npz"))
    found = Adversarial.load(tmp_path / "nudge.npz")
    assert found.success and found.norms["linf"] <= 0.2 + 1e-6
    seewhy("attack", "digits/test/12", "-o", str(tmp_path / "nudge.json"))
    assert json.loads((tmp_path / "nudge.json").read_text())["attack"] == "fgsm"


def test_attack_on_a_split_lists_what_turned(seewhy, tmp_path):
    words = ("attack", "digits/test", "--epsilon", "0.1", "--count", "8", "-o", str(tmp_path / "list.json"))
    code, out, _ = seewhy(*words)
    assert code == 0
    facts = json.loads((tmp_path / "list.json").read_text())
    rows = [line for line in out.splitlines() if line.startswith("digits/test/")]
    assert len(rows) == facts["turned"]["count"] > 0
    assert facts["sentence"] in out
    assert "no known class" not in out


def test_attack_on_a_folder_says_where_classes_are_not_known(seewhy, tmp_path):
    seewhy("attack", "digits/test/12", "-o", str(tmp_path / "one.png"))
    code, out, _ = seewhy("attack", str(tmp_path))
    assert code == 0 and "1 of 1 have no known class" in out


def test_least_saves_what_is_left(seewhy, tmp_path):
    code, out, _ = seewhy("least", "digits/test/12", "--set", "pieces=strokes", "-o", str(tmp_path / "left.png"))
    assert code == 0 and "strokes" in out and "none of them can go" in out
    with Image.open(tmp_path / "left.png") as picture:
        left = np.asarray(picture.convert("L"))
    assert 0 < (left > 0).sum() < 28 * 28 / 2


def test_fool_makes_nonsense(seewhy, tmp_path):
    code, out, _ = seewhy("fool", "2", "--set", "form=strokes", "--set", "amount=3", "-o", str(tmp_path / "two.png"))
    assert code == 0 and "sure of “2”" in out and "nearest training picture" in out
    assert size(tmp_path / "two.png") == (28, 28)


def test_robustness_prints_a_table(seewhy):
    code, out, _ = seewhy("robustness", "digits", "--attacks", "fgsm", "--images", "20", "--epsilons", "0.1,0.3")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:5]] == ["epsilon", "0", "0.1", "0.3"]
    assert "worst" in out and "random" in out


def test_robustness_saves_a_plot_or_the_facts(seewhy, tmp_path):
    words = ("robustness", "digits", "--attacks", "fgsm,pgd:steps=3", "--images", "20", "--epsilons", "0.1,0.3")
    for name, more in (("light.png", ()), ("dark.png", ("--dark",)), ("facts.json", ())):
        code, out, _ = seewhy(*words, *more, "-o", str(tmp_path / name))
        assert code == 0 and f"Saved {tmp_path / name}" in out
    light, dark = (np.asarray(Image.open(tmp_path / name)).mean() for name in ("light.png", "dark.png"))
    assert light > 200 and dark < 80
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["settings"]["attacks"][1]["steps"] == 3
    assert facts["sentence"].startswith("mnist-cnn is right about")


def test_attacks_lists_them_and_their_settings(seewhy):
    assert "carlini-wagner" in seewhy("attacks")[1]
    assert "overshoot" in seewhy("attacks", "deepfool")[1]


def test_models_are_measured(seewhy):
    code, out, _ = seewhy("models", "mnist-cnn", "--measure", "digits/test")
    assert code == 0
    assert "of 359 images right; calibration error (ECE)" in out
    assert "Most taken for another" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("attack", "digits/test/12", "--method", "fgms"), "did you mean 'fgsm'"),
        (("attack", "digits/test/12", "--set", "epsilon=3"), "less than or equal to 1"),
        (("attack", "digits/test/12", "--target", "5"), "already counts as '5'"),
        (("attack", "digits/test/12", "-o", "out.gif"), ".png"),
        (("attack", "digits/test", "--target", "5"), "are for one picture"),
        (("attack", "digits/test", "-o", "out.png"), ".json"),
        (("least", "digits/test/12", "--set", "pieces=lines"), "pieces"),
        (("fool", "dog"), "no class called 'dog'"),
        (("fool", "all", "-o", "x.png"), "name one class"),
        (("robustness", "digits", "--attacks", "deepfool"), "has no epsilon"),
        (("robustness", "digits/tests"), "tests"),
        (("robustness", "digits", "--epsilons", "0,0.1"), "greater than 0"),
        (("robustness", "digits", "-o", "plot.gif"), ".png or .json"),
        (("models", "--measure", "digits/test"), "needs the model's name"),
    ],
)
def test_mistakes_end_in_one_sentence_and_exit_code_2(seewhy, words, said):
    code, _, err = seewhy(*words)
    assert code == 2
    assert said in err and len(err.strip().splitlines()) == 1


def test_what_fools_is_kept(seewhy, tmp_path, monkeypatch):
    monkeypatch.setenv("SEEWHY_HOLES", str(tmp_path / "holes"))
    code, out, _ = seewhy("fool", "2", "--set", "form=strokes", "--set", "amount=3", "--keep")
    assert code == 0 and "Kept as hole:" in out
    code, out, _ = seewhy("attack", "digits/test/12", "--set", "epsilon=0.2", "--keep", "--json")
    assert code == 0 and json.loads(out)["success"]
    code, _, err = seewhy("attack", "digits/test/12", "--set", "epsilon=0.0001", "--keep")
    assert code == 2 and "fooled nobody" in err
    code, _, _ = seewhy("least", "digits/test/12", "--set", "pieces=strokes", "--keep")
    kept = Holes(tmp_path / "holes").items()
    assert [hole.kind for hole in kept] == ["nonsense", "attack", "erase"]
    assert kept[0].label == "2" and kept[1].truth == "5" and kept[1].epsilon == pytest.approx(0.2)
    code, out, _ = seewhy("predict", kept[1].address)
    assert code == 0 and f"{kept[1].label} " in out
