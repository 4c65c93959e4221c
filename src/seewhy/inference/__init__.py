"""Many passes through a model, well batched; knows no method."""
