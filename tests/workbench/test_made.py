"""Pictures that runs have made are pictures like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seewhy.workbench import Workbench, kinds
from seewhy.workbench.made import made_by

ATTACK = {
    "kind": "attack",
    "model": "mnist-cnn",
    "image": "digits/test/8",
    "method": "fgsm",
    "settings": {"epsilon": 0.1},
}


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(cache=tmp_path, paths=False)


def attacked(bench: Workbench) -> str:
    run = bench.submit(kinds.task_from(ATTACK))
    assert run.wait(60) and run.status == "done", run.error
    return run.id


def test_an_attacked_picture_has_an_address(bench: Workbench) -> None:
    id = attacked(bench)
    result = bench.run(id).result
    assert result is not None
    found = bench.image(f"run:{id}/adversarial")
    assert np.array_equal(found.image, result.all_arrays()["adversarial"])
    assert found.label is None and found.address == f"run:{id}/adversarial" and found.lasting
    after = max(result.describe()["after"], key=lambda guess: guess["score"])
    [belief] = bench.predict("mnist-cnn", [f"run:{id}/adversarial"])
    assert belief.index == after["index"] and belief.probability == pytest.approx(after["score"], abs=1e-6)


def test_it_can_be_explained_and_attacked_again(bench: Workbench) -> None:
    image = f"run:{attacked(bench)}/adversarial"
    explain = {"kind": "explain", "model": "mnist-cnn", "image": image, "method": "saliency"}
    assert np.array_equal(bench.ask(kinds.task_from(explain)).all_arrays()["image"], bench.image(image).image)
    again = bench.ask(kinds.task_from(ATTACK | {"image": image})).describe()
    assert again["image"] == image


def test_it_outlives_the_session(bench: Workbench, tmp_path: Path) -> None:
    image = f"run:{attacked(bench)}/adversarial"
    later = Workbench(cache=tmp_path, paths=False)
    assert np.array_equal(later.image(image).image, bench.image(image).image)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("run:feedbeef/adversarial", "no run called 'feedbeef'"),
        ("run:feedbeef", "is written run:ID/NAME"),
        ("run:/adversarial", "is written run:ID/NAME"),
    ],
)
def test_what_is_not_there_is_said_in_words(bench: Workbench, address: str, words: str) -> None:
    with pytest.raises(LookupError, match=words):
        bench.image(address)


@pytest.mark.parametrize("name", ["perturbation", "probabilities", "epsilons", "unknown"])
def test_only_pictures_are_pictures(bench: Workbench, name: str) -> None:
    with pytest.raises(LookupError, match=f"has no picture {name!r}; it has adversarial, image"):
        bench.image(f"run:{attacked(bench)}/{name}")


def test_a_run_that_is_not_over_has_made_nothing() -> None:
    from seewhy.workbench.runs import Run

    run = Run("1f0c", kinds.task_from(ATTACK))
    with pytest.raises(LookupError, match="run 1f0c is queued, so it has made no picture"):
        made_by(lambda id: run, "run:1f0c/adversarial")
