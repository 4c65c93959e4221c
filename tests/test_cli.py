"""The command line as a person types it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seewhy import Explanation
from seewhy.terminal import values_of


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Results of these tests are kept apart."""
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def digit(tmp_path) -> str:
    """A drawn 1 as a PNG file."""
    image = Image.new("L", (56, 56))
    image.paste(255, (25, 8, 31, 48))
    image.save(tmp_path / "digit.png")
    return "digit.png"


def test_help_is_quick_and_imports_no_torch():
    code = "import sys, seewhy.cli; assert 'torch' not in sys.modules; sys.exit(seewhy.cli.main(['--help']))"
    before = os.times()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = os.times()
    for command in ("predict", "explain", "train", "serve", "models", "methods", "datasets"):
        assert command in done.stdout
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 3  # seconds; torch alone needs more than one and a half of them


def test_predict_says_what_it_sees(seewhy, digit):
    code, out, _ = seewhy("predict", digit, "digits/test/0")
    assert code == 0
    assert out.startswith("digit.png: 1 ")
    code, out, _ = seewhy("predict", digit, "digits/test/0", "--json", "--top", "2")
    rows = json.loads(out)
    assert rows[0]["predictions"][0]["label"] == "1"
    assert len(rows[1]["predictions"]) == 2
    assert rows[1]["label"] in "0123456789"


def test_predict_goes_through_a_folder_and_counts(seewhy, digit):
    for label, width in (("1", 6), ("0", 20)):
        Path("shots", label).mkdir(parents=True)
        image = Image.new("L", (56, 56))
        image.paste(255, (28 - width // 2, 8, 28 + width // 2, 48))
        image.save(f"shots/{label}/a.png")
    code, out, _ = seewhy("predict", "shots")
    assert code == 0
    assert "shots/1/a.png: 1 " in out
    assert "(labelled 1)" in out
    assert "of 2 labelled pictures right" in out


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion", "grad-cam", "saliency"])
def test_explain_saves_a_picture_arrays_and_facts(seewhy, digit, method):
    for ending in ("png", "npz", "json"):
        code, out, err = seewhy("explain", digit, "--method", method, "--target", "1", "-o", f"why.{ending}")
        assert (code, err) == (0, "")
        assert f"Saved why.{ending}" in out
    with Image.open("why.png") as picture:
        assert min(picture.size) > 200
    saved = Explanation.load("why.npz")
    assert saved.values.shape == (28, 28)
    assert saved.target["label"] == "1"
    assert json.loads(Path("why.json").read_text())["method"] == method


def test_settings_and_targets_reach_the_recipe(seewhy):
    arguments = ("explain", "digits/test/5", "--method", "occlusion", "--set", "patch=7", "--set", "stride=7")
    code, out, _ = seewhy(*arguments, "--set", "fill=grey", "--target", "5", "--versus", "6", "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["settings"] == {"patch": 7, "width": None, "stride": 7, "fill": "grey", "border": "cut"}
    assert facts["target"]["text"] == "5 rather than 6"
    assert facts["image"] == "digits/test/5"


def test_compare_makes_a_sheet_a_report_and_facts(seewhy):
    for ending in ("png", "html", "json"):
        arguments = ("--methods", "occlusion:patch=7:stride=7,saliency", "--targets", "5,5-6", "-o", f"sheet.{ending}")
        code, out, err = seewhy("compare", "digits/test/12", *arguments)
        assert (code, err) == (0, "")
        assert "Why 5 rather than 6?" in out
        assert "Occlusion ~ Saliency" in out
    assert Path("sheet.html").read_text().count("<heat-map") == 4
    assert json.loads(Path("sheet.json").read_text())["targets"][1]["versus"] == 6
    facts = json.loads(seewhy("compare", "digits/test/12", "--methods", "saliency", "--json")[1])
    assert len(facts["explanations"]) == 1


def test_compare_sweeps_the_baselines_of_one_method(seewhy):
    arguments = ("--methods", "integrated-gradients:steps=8", "--baselines", "black,white,blur", "-o", "sweep.png")
    code, out, err = seewhy("compare", "digits/test/12", *arguments)
    assert (code, err) == (0, "")
    assert "% of the evidence for “5” survives all of black, white, blur." in out
    assert Path("sweep.png").stat().st_size > 10_000
    facts = json.loads(seewhy("compare", "digits/test/12", *arguments[:4], "--json")[1])
    assert facts["choices"] == ["black", "white", "blur"]
    code, _, err = seewhy("compare", "digits/test/12", "--baselines", "all")
    assert code == 2
    assert "--baselines takes one method and one target" in err


def test_lists_are_tables_or_json(seewhy):
    for command, word in (("models", "mnist-cnn"), ("methods", "grad-cam"), ("datasets", "digits")):
        assert word in seewhy(command)[1]
        assert word in {row["name"] for row in json.loads(seewhy(command, "--json")[1])}
    _, out, _ = seewhy("models", "mnist-cnn")
    assert "Conv2d" in out
    layers = json.loads(seewhy("models", "mnist-cnn", "--json")[1])["layers"]
    assert (layers[0]["kind"], layers[0]["sees"], layers[3]["sees"]) == ("Conv2d", [5, 5], [14, 14])
    assert "resnet50" in seewhy("models", "torchvision:")[1].splitlines()
    _, out, _ = seewhy("methods", "occlusion")
    assert "1 to 512" in out
    assert "side of the patch" in out
    assert "patch" in json.loads(seewhy("methods", "occlusion", "--json")[1])["settings"]["properties"]


def test_what_a_setting_takes_in_words():
    assert values_of({"enum": ["a", "b"]}) == "a, b"
    assert values_of({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}]}) == "1 to 9 or none"
    assert values_of({"type": "boolean"}) == "true, false"


def make_bad_files() -> None:
    """Everything people hand to a program that is no picture."""
    Path("empty.png").write_bytes(b"")
    Path("notes.png").write_text("this is a shopping list")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)).save("whole.png")
    Path("cut.png").write_bytes(Path("whole.png").read_bytes()[:900])
    Path("folder.png").mkdir()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "nowhere.png"], "nowhere.png"),
        (["predict", "empty.png"], "empty.png"),
        (["predict", "notes.png"], "notes.png"),
        (["predict", "cut.png"], "cut.png"),
        (["predict", "folder.png"], "must hold pictures"),
        (["predict", "digits/test/9999"], "9999"),
        (["predict", "digits/tset/3"], "tset"),
        (["predict", "ink:!!"], "ink"),
        (["predict", "whole.png", "--model", "mnist-cn"], "did you mean 'mnist-cnn'"),
        (["predict", "whole.png", "--model", "mnist-cnn@missing.safetensors"], "missing.safetensors"),
        (["explain", "whole.png", "--method", "oclusion"], "did you mean 'occlusion'"),
        (["explain", "whole.png", "--method", "occlusion", "--set", "pach=3"], "did you mean 'patch'"),
        (["explain", "whole.png", "--method", "occlusion", "--set", "patch=0"], "greater than or equal to 1, got 0"),
        (["explain", "whole.png", "--method", "occlusion", "--set", "patch=29"], "fit into the image"),
        (["explain", "whole.png", "--method", "occlusion", "--set", "patch=wide"], "got 'wide'"),
        (["explain", "whole.png", "--method", "occlusion", "--set", "fill=red"], "got 'red'"),
        (["explain", "whole.png", "--set", "patch"], "NAME=VALUE"),
        (["explain", "whole.png", "--set", "baseline=nowhere.png"], "nowhere.png"),
        (["explain", "whole.png", "--method", "grad-cam", "--set", "layer=conv9"], "conv9"),
        (["explain", "whole.png", "--target", "12"], "from 0 to 9, got 12"),
        (["explain", "whole.png", "--target", "cat"], "no class called 'cat'"),
        (["explain", "whole.png", "--target", "3", "--versus", "3"], "compared with itself"),
        (["explain", "whole.png", "--output", "softmax"], "'logit' or 'probability'"),
        (["explain", "whole.png", "-o", "why.gif"], ".png, .npz or .json"),
        (["explain", "whole.png", "-o", "missing/why.png"], "no folder"),
        (["compare", "whole.png", "--methods", "saliency,oclusion"], "did you mean 'occlusion'"),
        (["compare", "whole.png", "--methods", "occlusion:patch"], "NAME=VALUE"),
        (["compare", "whole.png", "--targets", "5,5-5"], "compared with itself"),
        (["compare", "whole.png", "-o", "sheet.npz"], ".png, .html or .json"),
        (["methods", "oclusion"], "did you mean 'occlusion'"),
        (["models", "resnet"], "no model called 'resnet'"),
        (["models", "onnx:"], "no kind of model with names"),
        (["models", "torchvison:resnet18"], "did you mean 'torchvision'"),
        (["predict", "whole.png", "--model", "keras:nothing.keras"], "no model at 'nothing.keras'"),
        (["train", "mnist-cn"], "mnist-cn"),
        (["train", "mnist-cnn", "--set", "epochs=0"], "epochs"),
        (["train", "mnist-cnn", "--start", "nothing.safetensors"], "no weights to start from at 'nothing.safetensors'"),
        (["serve", "--no-open", "--host", "0.0.0.0"], "--token"),
        (["serve", "--port", "99999"], "65535"),
        (["paint"], "paint"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence_and_exit_code_2(seewhy, arguments, message):
    make_bad_files()
    code, out, err = seewhy(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert err.startswith("seewhy: ") or "Error" in err
    if err.startswith("seewhy: "):
        assert len(err.strip().splitlines()) == 1


def test_an_unreadable_file_is_said(seewhy, digit, monkeypatch):
    if os.geteuid() == 0:  # root may read everything, so the system's answer is played

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", digit)

        monkeypatch.setattr("builtins.open", refuse)
        monkeypatch.setattr(Path, "open", refuse)
        monkeypatch.setattr(Path, "read_bytes", refuse)
    else:
        Path(digit).chmod(0)
    code, _, err = seewhy("predict", digit)
    assert code == 2
    assert "permi" in err.lower()


def test_a_full_disk_keeps_the_old_file(seewhy, digit, monkeypatch):
    Path("why.npz").write_bytes(b"old")
    real = os.replace

    def full(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "why.npz":
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    code, _, err = seewhy("explain", digit, "-o", "why.npz")
    assert code == 2
    assert "why.npz" in err
    assert Path("why.npz").read_bytes() == b"old"
    assert sorted(path.name for path in Path().iterdir()) == ["cache", "digit.png", "why.npz"]


def test_a_port_in_use_is_said(seewhy):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = seewhy("serve", "--no-open", "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "--port" in err


def test_serve_answers_and_stops_when_asked():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "seewhy.cli", "serve", "--no-open", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        import httpx

        for _ in range(300):
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        assert answer.status_code == 200
        assert "seewhy" in answer.text
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert f"http://127.0.0.1:{port}/" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("epochs_done", [0, 1])
def test_a_training_that_is_stopped_says_whether_something_is_kept(seewhy, monkeypatch, epochs_done):
    from seewhy.workbench import bench

    def interrupted(name: str, out: Path, *_: object) -> None:
        if epochs_done:
            out.with_suffix(".checkpoint").write_bytes(b"state")
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "train", interrupted)
    code, _, err = seewhy("train", "mnist-cnn", "-o", "net.safetensors")
    assert code == 130
    assert ("goes on" in err) == bool(epochs_done)


def test_a_models_card_says_what_it_is_shown(seewhy):
    code, out, _ = seewhy("models", "torchvision:squeezenet1_1?weights=random&num_classes=3&labels=cat,dog,owl")
    assert code == 0
    assert "3×224×224, the middle 87.5%" in out
    assert "(x − (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)" in out
    assert "3: cat, dog, owl" in out
    assert "★" in out


def test_an_extra_that_is_missing_is_named(seewhy, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    code, _, err = seewhy("models", "timm:resnet18?weights=random")
    assert code == 2
    assert "pip install 'seewhy[zoo]'" in err


def test_a_report_holds_saved_maps_pictures_and_attacks(seewhy, tmp_path):
    kept = tmp_path / "why.npz"
    assert seewhy("explain", "digits/test/3", "--method", "occlusion", "--target", "7", "--out", str(kept))[0] == 0
    out = tmp_path / "sheet.zip"
    asked = (str(kept), "digits/test/4", "--methods", "saliency,occlusion:patch=7", "--targets", "argmax,4-9")
    code, said, _ = seewhy("report", *asked, "--attacks", "fgsm:epsilon=0.2", "--note", "saved", "-o", str(out))
    assert (code, said) == (0, f"6 findings. Saved {out}\n")
    with zipfile.ZipFile(out) as archive:
        facts = json.loads(archive.read("report.json"))["items"]
        page = archive.read("report.html").decode()
        assert sum(name.endswith(".npz") for name in archive.namelist()) == 6
    assert [item.get("method", item.get("attack")) for item in facts] == [
        "occlusion", "saliency", "occlusion", "saliency", "occlusion", "fgsm",
    ]  # fmt: skip
    assert [item["note"] for item in facts] == ["saved", "", "", "", "", ""]
    assert facts[3]["target"]["text"] == "4 rather than 9"
    assert facts[2]["settings"]["patch"] == 7
    assert facts[5]["settings"]["epsilon"] == 0.2
    assert page.count("<heat-map>") == 5
    assert page.count("data:image/png;base64,") == 3


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("digits/test/3", "-o", "report.pdf"), ".html, .zip or .json, got 'report.pdf'"),
        (("digits/test/3", "-o", "nowhere/report.html"), "there is no folder 'nowhere'"),
        (("missing.npz", "-o", "report.html"), "No such file or directory: missing.npz"),
        (("digits/test/3", "--note", "a", "--note", "b", "-o", "report.html"), "2 notes were given for 1 items"),
        (("digits/test/3", "--attacks", "fgsn", "-o", "report.html"), "fgsm"),
    ],
)
def test_a_report_that_cannot_be_made_leaves_nothing(seewhy, tmp_path, asked, words):
    code, _, problem = seewhy("report", *asked)
    assert code == 2
    assert words in problem
    assert not list(tmp_path.glob("report*"))
