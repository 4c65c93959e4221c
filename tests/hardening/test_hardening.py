"""Hardening on little data: nonsense is no longer accepted, what is known stays known, and any stop is survived."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.hardening.bars import LABELS, QUICK, SIDE, Bars, network

from seewhy.attacks.rubbish_many import ManyRubbish
from seewhy.classifiers.function import FunctionClassifier
from seewhy.classifiers.pytorch import PyTorchClassifier
from seewhy.hardening.recipe import Hardening
from seewhy.hardening.results import in_words
from seewhy.hardening.training import checkpoint_of, harden
from seewhy.holes import Holes
from seewhy.progress import Cancelled, reporting_to
from seewhy.zoo.states import fill


@pytest.fixture(scope="module")
def holes(learnt, tmp_path_factory) -> Holes:
    """Rubbish that the model accepts, and one picture that was nudged."""
    made, kept = ManyRubbish(each=2, pixels=6, steps=20)(learnt), Holes(tmp_path_factory.mktemp("holes"))
    for image, target, sure in zip(made.images, made.targets, made.probabilities, strict=True):
        if sure >= 0.9:
            kept.keep(image, LABELS[target], sure, "bars-net", "nonsense", {})
    kept.keep(np.full((1, SIDE, SIDE), 0.5), "top", 0.6, "bars-net", "attack", {}, truth="middle", epsilon=0.1)
    kept.keep(np.full((1, SIDE, SIDE), 0.4), "top", 0.6, "other", "attack", {}, truth="no such class", epsilon=0.1)
    return kept


@pytest.fixture(scope="module")
def whole(learnt, holes, bars, tmp_path_factory):
    """A hardening that ran through."""
    out = tmp_path_factory.mktemp("whole") / "hardened.safetensors"
    return out, harden(learnt, holes, bars, QUICK, out)


def test_new_rubbish_is_accepted_less_and_bars_are_still_known(whole):
    _, found = whole
    assert found.before.accepted > 0.5
    assert found.after.accepted < found.before.accepted / 3
    assert found.before.accuracy > 0.95 and found.after.accuracy > 0.95
    assert found.after.kept["accepted"] < found.before.kept["accepted"] == found.before.kept["count"]
    assert found.before.nudges == {"count": 1, "right": found.before.nudges["right"]}


def test_the_figures_are_what_the_weights_do(whole, learnt, bars):
    out, found = whole
    module = network()
    fill(module, out, "bars-net")
    model = PyTorchClassifier(module.eval(), LABELS, (1, SIDE, SIDE), 0.2, 0.3)
    x = torch.from_numpy(bars.pixels("test")).float()[:, None] / 255
    assert int((model.scores(x).argmax(1).numpy() == bars.truth("test")).sum()) == found.after.right
    assert torch.equal(model.scores(x), found.model.scores(x))
    for one, standing in ((learnt, found.before), (model, found.after)):
        counted = QUICK.new_rubbish(one, _known(bars, one)).describe()
        assert counted == standing.describe()["rubbish"]


def _known(bars, model):
    from seewhy.hardening.measuring import resembling

    return resembling(bars, model)


def test_the_card_says_all_and_the_sentence_no_more(whole):
    out, found = whole
    card = json.loads(out.with_suffix(".json").read_text())
    assert card == found.describe()
    assert card["before"]["rubbish"]["all"]["made"] == 3 * 5 * QUICK.each - card["before"]["rubbish"]["all"]["alike"]
    assert set(card["after"]["rubbish"]) == {"pixels", "strokes", "smooth", "noise", "guided", "all"}
    assert card["accuracy"] == found.after.accuracy and card["recipe"]["epochs"] == 3 and len(card["history"]) == 3
    low, high = card["after"]["interval"]
    assert low <= card["accuracy"] <= high
    accepted = card["after"]["rubbish"]["all"]["accepted"]
    assert f"and {accepted} of {card['after']['rubbish']['all']['made']} now" in found.sentence
    assert card["before"]["robustness"]["epsilons"] == [0, 0.05, 0.1, 0.2]
    assert not checkpoint_of(out).exists()


def test_the_model_that_was_given_stays_as_it_was(learnt, holes, bars):
    before, mode = learnt.fingerprint, learnt.module.training
    torch.manual_seed(5)
    chance = torch.get_rng_state()
    harden(learnt, holes, bars, QUICK.model_copy(update={"epochs": 1, "steps": 2}))
    assert torch.equal(torch.get_rng_state(), chance)
    assert learnt.fingerprint == before and learnt.module.training == mode
    assert all(parameter.grad is None for parameter in learnt.module.parameters())


def test_rubbish_does_not_move_what_is_normalised_by_the_batch(whole, learnt):
    weights = load_file(whole[0])
    assert torch.equal(weights["1.running_mean"], learnt.module.state_dict()["1.running_mean"])


class Stop:
    """Says stop in the second round."""

    cancelled = False

    def progress(self, done: int, total: int | None, stage: str) -> None:
        self.cancelled = stage.startswith("hardening, round 2") and done == 3

    def partial(self, values: object) -> None: ...


def test_a_stopped_hardening_goes_on_and_ends_the_same(whole, learnt, holes, bars, tmp_path):
    out = tmp_path / "hardened.safetensors"
    with reporting_to(Stop()), pytest.raises(Cancelled):
        harden(learnt, holes, bars, QUICK, out)
    assert checkpoint_of(out).exists() and not out.exists()
    with pytest.raises(ValueError, match="of another model, data, holes or settings"):
        harden(learnt, holes, bars, QUICK.model_copy(update={"epochs": 4}), out)
    found = harden(learnt, holes, bars, QUICK, out)
    assert out.read_bytes() == whole[0].read_bytes()
    assert len(found.history) == 3 and found.before.rubbish == whole[1].before.rubbish
    assert not checkpoint_of(out).exists()


def test_a_damaged_checkpoint_is_said(learnt, holes, bars, tmp_path):
    checkpoint_of(tmp_path / "x.safetensors").write_bytes(b"half a file")
    with pytest.raises(ValueError, match="cannot be read"):
        harden(learnt, holes, bars, QUICK, tmp_path / "x.safetensors")


def test_another_seed_gives_other_weights(whole, learnt, holes, bars):
    other = harden(learnt, holes, bars, QUICK.model_copy(update={"seed": 1, "epochs": 1}))
    assert not torch.equal(other.model.module[0].weight, whole[1].model.module[0].weight)


def test_what_cannot_be_trained_is_refused_in_a_sentence(bars, holes, learnt):
    box = FunctionClassifier(lambda x: np.ones((len(x), 3)) / 3, LABELS, (1, SIDE, SIDE), name="box")
    with pytest.raises(TypeError, match="box cannot be hardened: it is a function model"):
        harden(box, holes, bars, QUICK)
    empty = PyTorchClassifier(torch.nn.Flatten(), [str(n) for n in range(100)], (1, SIDE, SIDE), name="empty")
    with pytest.raises(TypeError, match="it has no weights"):
        harden(empty, holes, bars, QUICK)
    strange = PyTorchClassifier(learnt.module, ["a", "b", "c"], (1, SIDE, SIDE), name="strange")
    with pytest.raises(ValueError, match="bars/train has no classes that strange knows"):
        harden(strange, holes, bars, QUICK)


def test_colour_and_pictures_of_another_size_are_taken_too(holes):
    module = network(3)
    model = PyTorchClassifier(module.eval(), LABELS, (3, SIDE, SIDE), 0.5, 0.25, name="colour")
    recipe = QUICK.model_copy(update={"epochs": 1, "steps": 2, "climbing": 3, "attacked": 4, "each": 1})
    found = harden(model, holes, Bars(), recipe)  # grey bars and holes, a model of colours
    assert found.after.tested == 90 and found.before.robustness["epsilons"][2] == pytest.approx(2 / 255)


def test_only_rubbish_or_only_nudges(learnt, bars, tmp_path):
    recipe = QUICK.model_copy(update={"epochs": 1, "steps": 2, "climbing": 3})
    for change in ({"rubbish": 0}, {"nudged": 0}, {"epsilon": 0.0}, {"attacked": 0}):
        found = harden(learnt, Holes(tmp_path / "none"), bars, recipe.model_copy(update=change))
        assert found.history[0]["loss"] > 0 and found.before.kept == {"count": 0, "accepted": 0}
    assert found.before.robustness == {}


def test_the_sentence_counts_times():
    def standing(accepted: int) -> dict:
        return {
            "accuracy": 0.9,
            "tested": 10,
            "rubbish": {"all": {"made": 20, "accepted": accepted, "share": accepted / 20}},
        }

    assert "10 of 20 before and 1 of 20 now, 10.0 times fewer; " in in_words(
        {"before": standing(10), "after": standing(1)}
    )
    assert "10 of 20 before and 0 of 20 now; it" in in_words({"before": standing(10), "after": standing(0)})
    assert "1 of 20 before and 2 of 20 now; it" in in_words({"before": standing(1), "after": standing(2)})


def test_a_recipe_refuses_what_is_not_possible():
    with pytest.raises(ValueError, match="epochs"):
        Hardening(epochs=0)
