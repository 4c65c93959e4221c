"""Attacks, erasing, nonsense and robustness as runs: checked before work, repeatable, kept."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from seewhy import images
from seewhy.progress import Cancelled, reporting_to
from seewhy.workbench import Workbench, kinds

TASKS = {
    "attack": {"image": "digits/test/12", "method": "fgsm", "settings": {"epsilon": 0.2}},
    "erase": {"image": "digits/test/12", "settings": {"pieces": "strokes"}},
    "nonsense": {"target": "2", "settings": {"form": "strokes", "amount": 3}, "data": "digits"},
    "robustness": {"attacks": ["fgsm"], "settings": {"images": 20, "epsilons": [0.1]}},
    "survey": {"images": "digits/test", "settings": {"epsilon": 0.1}, "count": 12},
}


def task(kind: str, **changes):
    return kinds.task_from({"kind": kind, "model": "mnist-cnn", **TASKS[kind], **changes})


@pytest.fixture
def bench(tmp_path) -> Workbench:
    return Workbench(cache=tmp_path)


@pytest.mark.parametrize("kind", TASKS)
def test_the_same_question_is_answered_from_the_store(bench, tmp_path, kind):
    first = bench.ask(task(kind))
    again = Workbench(cache=tmp_path).ask(task(kind))
    assert again.describe() == first.describe()
    for name, array in first.all_arrays().items():
        np.testing.assert_array_equal(again.all_arrays()[name], array)
    assert kinds.task_behind(again).kind == kind


def test_an_attack_takes_the_picture_s_own_label_for_true(bench):
    plan = bench.plan(task("attack"))
    assert plan.task.label == 5
    assert plan.task.settings["loss"] == "cross-entropy"


@pytest.mark.parametrize(
    ("kind", "changes", "error", "words"),
    [
        ("attack", {"method": "fgms"}, LookupError, "did you mean 'fgsm'"),
        ("attack", {"settings": {"epsilon": 2}}, ValueError, "less than or equal to 1"),
        ("attack", {"target": 5}, ValueError, "already counts as '5'"),
        ("erase", {"settings": {"pieces": "lines"}}, ValueError, "pieces"),
        ("erase", {"parts": "digits/test/1", "settings": {"pieces": "pixels"}}, ValueError, "ask for strokes"),
        ("erase", {"target": "dog"}, LookupError, "no class called 'dog'"),
        ("nonsense", {"data": None, "settings": {"form": "guided"}}, ValueError, "name the data set"),
        ("robustness", {"attacks": ["deepfool"]}, ValueError, "has no epsilon"),
        ("robustness", {"split": "tests"}, LookupError, "split"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_computed(bench, kind, changes, error, words):
    with pytest.raises(error, match=words):
        bench.plan(task(kind, **changes))


def test_the_python_of_an_attack_repeats_it(bench):
    found = bench.ask(task("attack", settings={"epsilon": 0.15}))
    scope: dict = {}
    source = kinds.named("attack").python(kinds.task_behind(found), found)
    exec(source.replace("found.save('attack.png')\n", ""), scope)
    np.testing.assert_array_equal(scope["found"].adversarial, found.all_arrays()["adversarial"])


def test_a_survey_says_of_every_picture_what_the_attack_on_it_says(bench):
    found = bench.ask(task("survey"))
    for row in found.facts["list"]:
        alone = bench.ask(task("attack", image=row["image"], settings={"epsilon": 0.1})).facts
        for when in ("before", "after"):
            first = max(alone[when], key=lambda guess: guess["score"])
            assert row[when]["label"] == first["label"]
            assert row[when]["score"] == pytest.approx(first["score"], abs=1e-5)
        assert row["turned"] == alone["success"]


def test_a_folder_tells_classes_by_subfolders_or_names(bench, tmp_path):
    for number in (12, 13):
        image = bench.image(f"digits/test/{number}")
        label = image.label_name
        for place in (tmp_path / "sorted" / label / f"{number}.png", tmp_path / "flat" / f"{number}.png"):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(images.to_png(image.image))
    for folder, labelled in (("sorted", 2), ("flat", 0)):
        facts = bench.ask(task("survey", images=str(tmp_path / folder))).facts
        assert (facts["images"], facts["labelled"]) == (2, labelled)


def test_a_changed_picture_in_a_folder_is_another_run(bench, tmp_path):
    (tmp_path / "folder").mkdir()
    for number in (12, 13):
        (tmp_path / "folder" / "a.png").write_bytes(images.to_png(bench.image(f"digits/test/{number}").image))
        bench.ask(task("survey", images=str(tmp_path / "folder")))
    keys = {path.name for path in (tmp_path / "results").glob("*.npz")}
    assert len(keys) == 2


@pytest.mark.parametrize("wish", ["digits/tests", "nowhere", "digits"])
def test_no_such_pictures_are_said_before_work(bench, wish):
    with pytest.raises((LookupError, FileNotFoundError)):
        bench.plan(task("survey", images=wish))


def test_strangers_name_no_folders(tmp_path):
    with pytest.raises(LookupError, match="name a split"):
        Workbench(cache=tmp_path, paths=False).plan(task("survey", images=str(tmp_path)))


def test_robustness_that_was_stopped_goes_on(bench, tmp_path):
    class Stop:
        cancelled = False

        def progress(self, done: int, total: int | None, stage: str) -> None:
            self.cancelled = stage == "attacking" and done == 1

        def partial(self, values) -> None: ...

    wish = task("robustness", attacks=["fgsm"], settings={"images": 20, "epsilons": [0.05, 0.1, 0.2]})
    with reporting_to(Stop()), pytest.raises(Cancelled):
        bench.ask(wish)
    assert len(list((tmp_path / "unfinished").iterdir())) == 1
    found = bench.ask(wish)
    assert not list((tmp_path / "unfinished").iterdir())
    elsewhere = Workbench(cache=tmp_path / "other").ask(wish)
    np.testing.assert_array_equal(found.arrays["right"], elsewhere.arrays["right"])


def test_robustness_has_a_plot_and_its_python_repeats_it(bench, tmp_path, monkeypatch):
    found = bench.ask(task("robustness"))
    kind = kinds.named("robustness")
    exhibit = kind.exhibit(kinds.task_behind(found), found)
    assert exhibit.picture().size == exhibit.panels[0][1].shape[1::-1]
    monkeypatch.setenv("SEEWHY_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    exec(exhibit.python, {})
    with Image.open(tmp_path / "robustness.png") as saved:
        np.testing.assert_array_equal(np.asarray(saved), exhibit.panels[0][1])


def test_strokes_that_a_person_drew_are_taken_as_drawn(bench):
    left, right = np.zeros((2, 28, 28), np.float32)
    left[6:22, 8:10], right[6:22, 18:20] = 1, 1
    numbers = np.where(left > 0, 1, np.where(right > 0, 2, 0)) / np.float32(255)
    drawing, parts = (images.ink_encode(one[None]) for one in (left + right, numbers))
    found = bench.ask(task("erase", image=drawing, parts=parts, target=1))
    assert found.facts["pieces"] == 2
    pieces = found.all_arrays()["pieces"]
    np.testing.assert_array_equal(pieces, np.where(left > 0, 0, np.where(right > 0, 1, -1)))
    again = bench.ask(task("erase", image=drawing, target=1))  # without them the picture itself is cut
    assert again.facts["pieces"] > 2


def test_the_code_of_a_run_with_own_strokes_says_the_same(bench, capsys):
    ink = images.ink_encode(bench.image("digits/test/12").image)
    numbers = np.zeros((1, 28, 28), np.float32)
    numbers[:, :14], numbers[:, 14:] = 1 / 255, 2 / 255
    asked = task("erase", image=ink, parts=images.ink_encode(numbers))
    found = bench.ask(asked)
    exec(kinds.kind_of(asked).python(asked, found), {})
    assert capsys.readouterr().out.strip() == found.facts["sentence"]
