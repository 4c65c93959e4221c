"""Sets of labelled images, one file each; none knows a model."""
