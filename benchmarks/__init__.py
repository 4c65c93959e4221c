"""Measurements, as ratios where there is something to compare with; run by `make bench`."""
