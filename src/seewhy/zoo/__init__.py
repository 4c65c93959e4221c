"""Networks of our own: their shapes, how they were trained, and the small weights that ship."""
