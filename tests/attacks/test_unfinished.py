"""A robustness test that was stopped or killed goes on where it was, and ends with the same numbers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from seewhy import catalog
from seewhy.attacks.robustness import RobustnessTest
from seewhy.datasets.base import as_image
from seewhy.datasets.digits import Digits
from seewhy.progress import Cancelled, reporting_to

TEST = RobustnessTest(epsilons=(0.05, 0.1), images=80)


@pytest.fixture
def digits() -> tuple[torch.Tensor, np.ndarray]:
    data = Digits()
    return torch.from_numpy(np.stack([as_image(p) for p in data.pixels("test")[:80]])), data.truth("test")[:80]


def attacks():
    return [catalog.attack("fgsm")(), catalog.attack("pgd")(steps=3), catalog.attack("pgd")(steps=2, seed=4)]


class Stopper:
    """Says stop after so many pieces, and counts them."""

    def __init__(self, after: int) -> None:
        self.after, self.pieces = after, 0

    @property
    def cancelled(self) -> bool:
        return self.pieces > self.after

    def progress(self, done: int, total: int | None, stage: str) -> None:
        if stage == "attacking":
            self.pieces = done

    def partial(self, values: np.ndarray) -> None: ...


def counting(model) -> list[int]:
    passes: list[int] = []
    model.module.register_forward_hook(lambda module, inputs, output: passes.append(len(output)))
    return passes


def test_a_stopped_test_goes_on_and_ends_the_same(digit_model, digits, tmp_path):
    passes = counting(digit_model)
    whole = TEST(digit_model, *digits, attacks())
    cost = sum(passes)
    checkpoint = tmp_path / "deep" / "test.npz"
    with reporting_to(Stopper(4)), pytest.raises(Cancelled):
        TEST(digit_model, *digits, attacks(), checkpoint)
    assert checkpoint.is_file()
    passes.clear()
    resumed = TEST(digit_model, *digits, attacks(), checkpoint)
    np.testing.assert_array_equal(resumed.right, whole.right)
    assert sum(passes) < 0.7 * cost
    assert not checkpoint.exists()
    assert list(checkpoint.parent.iterdir()) == []


def test_two_attacks_of_one_name_have_a_curve_each(digit_model, digits):
    found = TEST(digit_model, *digits, attacks())
    assert found.attacks == ("fgsm", "pgd", "pgd 2", "random")
    assert set(found.describe()["curves"]) == {"fgsm", "pgd", "pgd 2", "random", "worst"}
    assert not np.array_equal(found.right[1], found.right[2])


def test_what_another_test_left_is_refused(digit_model, digits, tmp_path):
    x, labels = digits
    checkpoint = tmp_path / "test.npz"
    with reporting_to(Stopper(1)), pytest.raises(Cancelled):
        TEST(digit_model, x, labels, attacks(), checkpoint)
    changed = x.clone()
    changed[7, 0, 3, 3] += 0.01
    for other in (
        lambda: TEST(digit_model, changed, labels, attacks(), checkpoint),
        lambda: TEST(digit_model, x, labels, attacks()[:2], checkpoint),
        lambda: TEST(digit_model, x, np.roll(labels, 1), attacks(), checkpoint),
    ):
        with pytest.raises(ValueError, match="left by another test; delete it"):
            other()


def test_a_damaged_file_counts_as_absent(digit_model, digits, tmp_path):
    checkpoint = tmp_path / "test.npz"
    checkpoint.write_bytes(b"PK\x03\x04 nothing")
    found = TEST(digit_model, *digits, attacks()[:1], checkpoint)
    np.testing.assert_array_equal(found.right, TEST(digit_model, *digits, attacks()[:1]).right)


def test_a_killed_test_goes_on(digit_model, digits, tmp_path):
    """Another process is killed while it works; this one finds its pieces."""
    checkpoint = tmp_path / "test.npz"
    torch.save(digits, tmp_path / "digits.pt")
    work = (
        "import sys, torch; from pathlib import Path; from seewhy import catalog, load\n"
        "from seewhy.attacks.robustness import RobustnessTest\n"
        "x, labels = torch.load(sys.argv[1], weights_only=False)\n"
        "test = RobustnessTest(epsilons=(0.05, 0.1), images=80)\n"
        "attacks = [catalog.attack('pgd')(steps=25, early_stop=False)]\n"
        "test(load('mnist-cnn'), x, labels, attacks, Path(sys.argv[2]))\n"
    )
    words = [sys.executable, "-c", work, str(tmp_path / "digits.pt"), str(checkpoint)]
    running = subprocess.Popen(words, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        while running.poll() is None and not checkpoint.exists():
            time.sleep(0.01)
        assert running.poll() is None, "it was over before it could be killed"
        running.send_signal(signal.SIGKILL)
    finally:
        running.kill()
        running.wait()
    with np.load(checkpoint) as file:
        assert 0 < file["done"].sum() < len(file["done"])
    attacks = [catalog.attack("pgd")(steps=25, early_stop=False)]
    passes = counting(digit_model)
    resumed = TEST(digit_model, *digits, attacks, checkpoint)
    assert sum(passes) < 80 + 80 * 26 + 3 * 80  # clean, the second epsilon of the attack, and chance
    np.testing.assert_array_equal(resumed.right, TEST(digit_model, *digits, attacks).right)
    assert not checkpoint.exists()
