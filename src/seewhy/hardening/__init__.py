"""Hardening: a trained model learns that rubbish is nothing and that nudges change nothing. Knows no workbench."""
