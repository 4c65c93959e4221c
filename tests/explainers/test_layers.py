"""Which layer is looked at, and tokens as maps."""

from __future__ import annotations

import pytest
import torch

from seewhy.explainers.grad_cam import GradCam
from seewhy.explainers.layers import as_maps, default_layer
from seewhy.targets import ClassScore


def test_tokens_are_laid_row_by_row():
    tokens = torch.arange(12.0).reshape(1, 4, 3)
    maps = as_maps(tokens)
    assert maps.shape == (1, 3, 2, 2)
    assert maps[0, 0].tolist() == [[0, 3], [6, 9]]


def test_the_class_token_has_no_place():
    tokens = torch.cat([torch.full((2, 1, 3), -1.0), torch.arange(24.0).reshape(2, 4, 3)], 1)
    torch.testing.assert_close(as_maps(tokens), as_maps(tokens[:, 1:]))


def test_what_is_no_grid_has_no_maps():
    assert as_maps(torch.zeros(2, 7, 3)) is None
    assert as_maps(torch.zeros(2, 7)) is None


def test_a_transformers_default_is_what_the_last_attention_reads(transformer):
    assert default_layer(transformer) == "blocks.1.before"


def test_grad_cam_of_tokens_is_their_weighted_sum(transformer, colours):
    found = GradCam(layer="blocks.0").attribute(transformer, colours, ClassScore(1))
    scores, kept = transformer.activations(colours, ["blocks.0"])
    tokens = kept["blocks.0"]  # (N, 17, D)
    (gradients,) = torch.autograd.grad(scores[:, 1].sum(), tokens)
    alpha = gradients[:, 1:].mean(1)
    expected = torch.einsum("ntd,nd->nt", tokens[:, 1:].detach(), alpha).clamp(min=0).reshape(-1, 4, 4)
    torch.testing.assert_close(found.arrays["small_map"], expected)
    assert found.notes[0]["map_size"] == [4, 4]
    assert found.values.shape == (4, 20, 24)


def test_tokens_behind_the_last_attention_say_nothing_and_that_is_said(transformer, colours):
    found = GradCam(layer="norm").attribute(transformer, colours, ClassScore(1))
    assert not found.values.any()
    assert "another layer may" in found.notes[0]["warnings"][0]


def test_a_layer_that_is_no_grid_is_refused(transformer, colours):
    with pytest.raises(ValueError, match=r"or tokens \(N, T, D\) on a square grid, but 'head' gives \(4, 5\)"):
        GradCam(layer="head").attribute(transformer, colours, ClassScore(1))
