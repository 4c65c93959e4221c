"""Several pictures and several targets at once: the same answers, from fewer passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import seewhy
from seewhy import catalog
from seewhy.classifiers.base import Classifier
from seewhy.inference.sharing import shared, shared_passes
from seewhy.workbench import Workbench

SHARING = {
    "grad-cam": {}, "grad-cam-plus-plus": {}, "layer-cam": {}, "eigen-cam": {},
    "occlusion": {"patch": 5, "stride": 5}, "rise": {"masks": 60}, "lime": {"samples": 60},
    "kernel-shap": {"samples": 60},
}  # fmt: skip


class Counted:
    """Counts the pictures that a module is shown."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.pictures = 0
        self.handle = module.register_forward_hook(self._count)

    def _count(self, module: torch.nn.Module, inputs: object, output: torch.Tensor) -> None:
        self.pictures += len(output)


def small(name: str):
    fields = catalog.explainer(name).model_fields
    return catalog.explainer(name)(**{key: value for key, value in SHARING[name].items() if key in fields})


@pytest.mark.parametrize("name", SHARING)
def test_five_targets_are_answered_as_if_each_were_alone(residual, colours, name):
    method = small(name)
    together = method.many(residual, list(colours[:2].numpy()), targets=range(5))
    for row, image in enumerate(colours[:2].numpy()):
        for column in range(5):
            alone = method(residual, image, column)
            scale = max(float(np.abs(alone.values).max()), 1e-6)
            np.testing.assert_allclose(together[row][column].values, alone.values, atol=1e-5 * scale)
            assert together[row][column].target == alone.target
            assert together[row][column].score == pytest.approx(alone.score, rel=1e-5)


@pytest.mark.parametrize("name", SHARING)
def test_five_targets_need_the_passes_of_one(residual, colours, name):
    method, image = small(name), colours[0].numpy()
    counted = Counted(residual.module.stem[0])  # a hook, so that the model itself runs and not a copy
    method.many(residual, [image], targets=[1])
    alone = counted.pictures
    counted.pictures = 0
    method.many(residual, [image], targets=range(5))
    assert 0 < counted.pictures <= alone + 2


@pytest.mark.parametrize("name", ["grad-cam", "grad-cam-plus-plus", "layer-cam", "eigen-cam"])
def test_one_explanation_reads_its_layer_and_the_prediction_in_one_pass(residual, colours, name):
    method, image = small(name), colours[0].numpy()
    expected = residual.predict(image)
    residual.layers()  # looked at once, with a pass of its own
    counted = Counted(residual.module.stem[0])
    found = method(residual, image, "argmax")
    assert counted.pictures == 1
    np.testing.assert_allclose(found.prediction.logits, expected.logits, rtol=1e-6)


def test_pictures_that_predict_different_classes_each_get_their_own(residual, colours):
    rows = catalog.explainer("grad-cam")().many(residual, list(colours.numpy()))
    for one, image in zip(rows, colours.numpy(), strict=True):
        assert one[0].target["class"] == residual.predict(image).index


def test_a_comparison_shares_the_passes_of_its_rows(residual, colours, tmp_path):
    bench = Workbench(cache=tmp_path, models={"own": residual})
    counted = Counted(residual.module.stem[0])
    methods = [("grad-cam", {}), ("occlusion", {"patch": 5, "stride": 5})]
    bench.compare("own", "digits/test/3", methods, [0])
    alone = counted.pictures
    counted.pictures = 0
    Workbench(cache=tmp_path / "other", models={"own": residual}).compare("own", "digits/test/3", methods, range(5))
    assert counted.pictures <= alone + 2


def test_nothing_is_remembered_outside_the_block(residual, colours):
    asked = []

    def ask(model: Classifier, x: torch.Tensor) -> int:
        return shared("test", model, (), x, lambda: asked.append(1) or len(asked))

    with shared_passes():
        assert [ask(residual, colours), ask(residual, colours.clone()), ask(residual, colours + 1)] == [1, 1, 2]
        with shared_passes():
            assert ask(residual, colours) == 1
    assert [ask(residual, colours), ask(residual, colours)] == [3, 4]


def test_no_picture_and_no_target_are_refused():
    with pytest.raises(ValueError, match="at least one picture"):
        seewhy.explain_all("mnist-cnn", [])
    with pytest.raises(ValueError, match="at least one picture"):
        seewhy.explain_all("mnist-cnn", ["digits/test/3"], targets=[])
