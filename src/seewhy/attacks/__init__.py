"""Attacks: the smallest changes of a picture that change what the model says."""
