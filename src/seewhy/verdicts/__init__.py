"""Whether a map deserves belief: ground truth of our own, one figure for every map, and methods in order of it."""
