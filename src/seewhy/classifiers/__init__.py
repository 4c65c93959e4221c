"""Everything that scores images: one file a framework, and only that file knows it."""
