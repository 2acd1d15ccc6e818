"""Entries up, changes down, and the central record."""
