"""Measurements beside peers, each pair in one run: `python -m tests.bench [--only NAME]`. Nothing here is asserted."""
